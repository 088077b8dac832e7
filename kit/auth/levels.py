"""Levels of identity (IAL) and authenticator (AAL) assurance: an order, and what is said when one is too low.

Source: มรด. 1-2:2564 and ETDA's levels; the split into decimals 2.1/2.2 for AAL is [K] (not verified), so
definitions name the level they need and this table only orders them.
"""

from kit.auth.principal import Principal
from kit.contracts.text import Text
from kit.errors import Forbidden

IAL = ("1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "3")
AAL = ("1", "2.1", "2.2", "3")
AAL_ALIASES = {"2": "2.1"}


def ial_meets(have: str | None, need: str | None) -> bool:
    """Tell whether the identity level reaches the needed one; ValueError when the need is no level."""
    return _meets(IAL, have, need)


def aal_meets(have: str | None, need: str | None) -> bool:
    """Tell whether the authenticator level reaches the needed one; ValueError when the need is no level."""
    return _meets(AAL, AAL_ALIASES.get(have or "", have), AAL_ALIASES.get(need or "", need))


def _meets(order: tuple[str, ...], have: str | None, need: str | None) -> bool:
    if need is None:
        return True
    needed = order.index(need)
    return have in order and order.index(have) >= needed


class StepUpRequired(Forbidden):
    """Signed in, but at too low a level: sign in again asking for `acr_values` (after RFC 9470)."""

    code = "step-up-required"
    title = Text(th="ต้องยืนยันตัวตนในระดับที่สูงขึ้น", en="A higher level of assurance is required")

    def __init__(self, ial: str | None = None, aal: str | None = None) -> None:
        levels = {"ial": ial, "aal": aal}
        acr_values = " ".join(f"urn:paet:{name}:{level}" for name, level in levels.items() if level)
        named = ", ".join(f"{name.upper()} {level}" for name, level in levels.items() if level)
        challenge = f'Bearer error="insufficient_user_authentication", acr_values="{acr_values}"'
        super().__init__(
            Text(
                th=f"โปรดเข้าสู่ระบบอีกครั้งด้วยระดับ {named} แล้วดำเนินการต่อ",
                en=f"Please sign in again at {named} and then go on",
            ),
            headers={"WWW-Authenticate": challenge},
            required_ial=ial,
            required_aal=aal,
            acr_values=acr_values,
        )


def require_levels(principal: Principal, ial: str | None, aal: str | None) -> None:
    """Raise StepUpRequired unless the principal's sign-in reaches both levels (None needs nothing)."""
    if not (ial_meets(principal.ial, ial) and aal_meets(principal.aal, aal)):
        raise StepUpRequired(ial, aal)
