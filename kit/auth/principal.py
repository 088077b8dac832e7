"""Who is asking, once a token has been verified."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["citizen", "officer", "client", "service", "holder"]


@dataclass(frozen=True)
class Principal:
    """The one who asks.

    `subject`: a person's or client's id, a service's name, or, for a holder (someone who knows the secret of
    an anonymous journey), the journey's id. `roles` and `agency` (8 digits) are an officer's, `scopes` a
    client's; `ial` and `aal` are the levels of the sign-in (see `kit.auth.levels`), `session` its id.
    """

    kind: Kind
    subject: str
    roles: frozenset[str] = frozenset()
    agency: str | None = None
    ial: str | None = None
    aal: str | None = None
    session: str | None = None
    scopes: frozenset[str] = frozenset()
