"""How are roles and duties called, and what may somebody do who holds one?"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from coordinator.domain.access import Role
from coordinator.domain.rota import Duty
from coordinator.i18n import N_, Language

ROLE_NAMES: Mapping[Role, str] = MappingProxyType(
    {
        Role.PUBLIC: N_("Everybody"),
        Role.STEWARD: N_("Steward"),
        Role.CUSTODIAN: N_("Custodian"),
        Role.LAPSED: N_("Custodian whose time has run out"),
        Role.MEMBER: N_("Member"),
        Role.WITNESS: N_("Witness from another group"),
        Role.ROOM: N_("Room"),
        Role.REMOTE: N_("Remote control of a meeting"),
    }
)
DUTY_NAMES: Mapping[Duty, str] = MappingProxyType(
    {
        Duty.CUSTODIAN: N_("Custodian"),
        Duty.FACILITATOR: N_("Facilitator"),
        Duty.NOTE_TAKER: N_("Note-taker"),
        Duty.SPOKESPERSON: N_("Spokesperson"),
        Duty.RESEARCHER: N_("Mirror research"),
    }
)


def role_words(role: Role, language: Language) -> str:
    """The name of a role."""
    return language.gettext(ROLE_NAMES[role])


def duty_words(duty: Duty, language: Language) -> str:
    """The name of a duty."""
    return language.gettext(DUTY_NAMES[duty])
