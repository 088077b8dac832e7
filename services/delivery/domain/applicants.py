"""What delivery knows of an applicant."""

from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field

from kit.contracts.claims import Claim


class Applicant(Claim):
    """What delivery must know of an application at each notice, of all that the claim says.

    Filing fixes it for good, so it is kept. The address itself is not: it is asked when a mail leaves.
    """

    person: UUID | None
    number: str
    has_address: Annotated[bool, BeforeValidator(bool), Field(validation_alias="email")]
