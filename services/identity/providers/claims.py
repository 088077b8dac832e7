"""From a provider's claims to a proof, read defensively: forms differ and parts may lack (§4.3 [K])."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kit.auth.levels import IAL
from kit.clock import clock
from services.identity.domain import (
    IdentityIncomplete,
    Proof,
    birthdate_of,
    checked_pid,
    name_of,
    text_of_address,
)
from services.identity.settings import ProviderSettings

LOWEST_IAL = IAL[0]


def proof_of(settings: ProviderSettings, claims: Mapping[str, Any]) -> Proof:
    """Read the claims; IdentityIncomplete without a valid 13-digit number or without a name."""
    pid = claims.get("pid")
    checked = checked_pid(str(pid)) if isinstance(pid, str | int) else None
    if checked is None:
        raise IdentityIncomplete("pid")
    name_th, name_en = name_of(claims), name_of(claims, "_en")
    if not (name_th or name_en):
        raise IdentityIncomplete("name")
    return Proof(
        provider=settings.name,
        subject=str(claims["sub"]),
        pid=checked,
        name_th=name_th or str(name_en),
        name_en=name_en,
        birthdate=birthdate_of(claims.get("birthdate"), clock.local_date(clock.now())),
        address=text_of_address(claims.get("address")),
        ial=_ial(settings, claims),
        aal=settings.aal,
        method=_method(settings, claims),
        authenticated_at=_authenticated_at(claims),
    )


def _ial(settings: ProviderSettings, claims: Mapping[str, Any]) -> str:
    """The level told, never above what is believed of this provider; the lowest when none is told."""
    if settings.ial_claim is None:
        return settings.ial
    told = str(claims.get(settings.ial_claim, LOWEST_IAL))
    if told not in IAL:
        told = LOWEST_IAL
    return min(told, settings.ial, key=IAL.index)


def _method(settings: ProviderSettings, claims: Mapping[str, Any]) -> str:
    told = claims.get("amr")
    if isinstance(told, list) and told and all(isinstance(each, str) for each in told):
        return " ".join(told)[:60]
    return settings.method


def _authenticated_at(claims: Mapping[str, Any]) -> datetime:
    now = clock.now()
    try:
        return min(datetime.fromtimestamp(float(claims.get("auth_time", claims["iat"])), UTC), now)
    except (ValueError, OverflowError, OSError):
        return now
