"""How do pages say how well the network is? The same sentence for everyone; what each check found is for stewards."""

from __future__ import annotations

from coordinator.i18n import N_, Language
from coordinator.services.health import Check, Health, Level

LEVELS = {
    Level.OK: N_("The network is well: pages, rooms and calendars do their work."),
    Level.DEGRADED: N_("Rooms and calendars do their work. Something behind them needs the steward’s attention."),
    Level.FAILING: N_("Something is broken: what changes now may be late. Rooms that are open go on counting."),
}
CHECKS = {
    Check.DATABASE: N_("Database"),
    Check.SCHEMA: N_("Tables"),
    Check.CANARY: N_("News to open pages"),
    Check.WORKERS: N_("Work at set times"),
    Check.REDIS: N_("Quick hints"),
    Check.JOBS: N_("Planned work"),
}
FINDINGS = {
    (Check.DATABASE, Level.OK): N_("It answers."),
    (Check.DATABASE, Level.FAILING): N_("It does not answer. Whoever runs the server must look at it now."),
    (Check.SCHEMA, Level.OK): N_("They fit this version of Chorus."),
    (Check.SCHEMA, Level.FAILING): N_("They do not fit this version of Chorus. Restart it with “chorus serve”, which renews them."),
    (Check.CANARY, Level.OK): N_("They arrive."),
    (Check.CANARY, Level.FAILING): N_("None has arrived for a minute. Open rooms count on, but do not hear of changes."),
    (Check.WORKERS, Level.OK): N_("Both helpers are at work."),
    (Check.WORKERS, Level.DEGRADED): N_("A helper has been silent. Decisions and reminders wait until it is back."),
    (Check.REDIS, Level.OK): N_("They travel at once."),
    (Check.REDIS, Level.DEGRADED): N_("They do not travel. Everything goes on, a second later."),
    (Check.JOBS, Level.OK): N_("Nothing is late."),
    (Check.JOBS, Level.DEGRADED): N_("Something is late or was given up."),
}


def health_words(health: Health, language: Language) -> str:
    """How well the network is, in one sentence or two."""
    return language.gettext(LEVELS[health.level])


def check_words(check: Check, level: Level, language: Language) -> tuple[str, str]:
    """What was looked at, and what was found."""
    return language.gettext(CHECKS[check]), language.gettext(FINDINGS[check, level])


def rules_words(health: Health, language: Language) -> str:
    """That this process has older zone rules than moments were read under, or that its two copies differ; empty when all is well."""
    if health.is_behind:
        return language.gettext(
            "Times here are computed with the zone rules %(rules)s, while this network’s moments were read under %(newest)s. "
            "Whoever runs the server must start it anew, or renew its rules with “chorus zones update”.",
            rules=health.rules_version,
            newest=health.read_under,
        )
    if health.tzdata_version in ("", health.rules_version):
        return ""
    return language.gettext(
        "Times here are computed with the zone rules %(rules)s, while another part of the server carries %(other)s. "
        "Whoever runs the server can renew both with “chorus zones update”.",
        rules=health.rules_version,
        other=health.tzdata_version,
    )
