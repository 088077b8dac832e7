"""What delivery knows of an applicant."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import model_validator

from kit.contracts.claims import Claim

ADDRESSES = ("email", "phone", "line_user", "postal_address")


class Applicant(Claim):
    """What delivery must know of an application at each notice, of all that the claim says.

    Filing fixes it, so it is kept; a correction may change whether there is an address, and is asked of anew. The
    addresses are not kept: they are asked when something leaves.
    """

    person: UUID | None
    number: str
    has_address: bool

    @model_validator(mode="before")
    @classmethod
    def _has_any(cls, claim: Any) -> Any:
        if isinstance(claim, Mapping):
            return {**claim, "has_address": any(claim.get(name) for name in ADDRESSES)}
        return claim
