"""How does the worker read a group's calendar? It opens the sealed link, fetches, has the bytes read in a confined child, and tells what came of it."""

from __future__ import annotations

from coordinator.calendars.fetching import Fetcher
from coordinator.calendars.parent import read_confined
from coordinator.domain.busy import CalendarRefused, Fault
from coordinator.services.busy import Due, NotRead, Read, open_link


class CalendarJobs:
    """The long step of the job, by the way out that this process has."""

    def __init__(self, fetcher: Fetcher, secret_key: bytes) -> None:
        self._fetcher = fetcher
        self._secret_key = secret_key

    async def read(self, due: Due) -> Read | NotRead:
        """What came of it. Raises ReaderFailed when the child was killed: then it is tried again."""
        url = open_link(due.kept, self._secret_key)
        if url is None:
            return NotRead(due, Fault.KEY_LOST)
        try:
            fetched = await self._fetcher.fetch(url, due.marks)
            busy = None if fetched.data is None else await read_confined(fetched.data, due.kept.group_zone_id, due.within)
        except CalendarRefused as refused:
            return NotRead(due, refused.fault)
        return Read(due, busy, fetched.marks)
