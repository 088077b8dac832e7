"""Who may change whom among officers and clients: an administrator within the own agency, the platform's in all."""

from typing import Literal

from services.identity.domain.problems import AgencyNotYours, OwnRecord

PLATFORM = "platform"
Role = Literal["reviewer", "supervisor", "approver", "cashier", "counter", "publisher", "administrator"]
Scope = Literal["definitions.publish", "events.read"]
ROLES: tuple[Role, ...] = ("reviewer", "supervisor", "approver", "cashier", "counter", "publisher", "administrator")
SCOPES: tuple[Scope, ...] = ("definitions.publish", "events.read")


def is_within(own_agency: str | None, agency: str) -> bool:
    """Tell whether an officer of `own_agency` may deal with `agency`."""
    return own_agency in (agency, PLATFORM)


def check_may_create(own_agency: str | None, agency: str) -> None:
    """Raise AgencyNotYours unless the administrator may act for the agency."""
    if not is_within(own_agency, agency):
        raise AgencyNotYours()


def check_may_change(own_id: str, officer_id: str) -> None:
    """Raise OwnRecord when somebody would change the own record."""
    if own_id == officer_id:
        raise OwnRecord()
