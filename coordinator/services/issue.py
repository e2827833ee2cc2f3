"""How does a capability come into being? A secret made here, shown once, kept as a hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from coordinator.domain.link import LinkDraft, LinkRole
from coordinator.store.database import Work
from coordinator.store.ids import hash_code, hash_secret, new_code, new_row_id, new_secret, subkey
from coordinator.store.links import insert_link

CODE_PURPOSE = "short codes of links"


@dataclass(frozen=True, slots=True)
class MadeLink:
    """A new link with what only its holder will know. Show `secret` and `code` once; nothing can bring them back."""

    id: str
    role: LinkRole
    group_id: str | None
    secret: str
    code: str | None
    expires_at: datetime | None

    @property
    def path(self) -> str:
        """Where the link leads: the secret stands in the fragment, which no server and no log ever sees."""
        return f"/enter#{self.secret}"


def code_hash(code: str, secret_key: bytes) -> str:
    """How a short code is kept: hashed with a key that the database does not hold."""
    return hash_code(code, subkey(secret_key, CODE_PURPOSE))


async def issue_link(
    work: Work, draft: LinkDraft, group_id: str | None, *, secret_key: bytes = b"", rota_id: str | None = None
) -> MadeLink:
    """Stores a link that has been allowed. One that ends by itself gets a short code, for which `secret_key` is needed."""
    code = new_code() if draft.is_short_lived else None
    made = MadeLink(new_row_id(), draft.role, group_id, new_secret(), code, draft.expires_at(work.now))
    await insert_link(
        work.conn,
        {
            "id": made.id,
            "role": draft.role,
            "group_id": group_id,
            "meeting_id": draft.meeting_id,
            "rota_id": rota_id,
            "secret_hash": hash_secret(made.secret),
            "code_hash": None if code is None else code_hash(code, secret_key),
            "code_expires_at": None if code is None else made.expires_at,
            "label": draft.label,
            "language": draft.language,
            "created_at": work.now,
            "expires_at": made.expires_at,
        },
    )
    return made
