"""What the receipts of a payment step say besides the payment itself: who receives, where, and how they are numbered.

The codes of an address are those of the standard for e-receipts, ขมธอ. 3-2560: province, district and subdistrict by
มอก. 1099.
"""

from typing import Annotated, Literal

from pydantic import Field

from kit.contracts.definition.base import Model, Source
from kit.contracts.text import Text


class PostalAddress(Model):
    """Where an agency is: as it is printed, and by codes; a subdistrict's code begins with its district's."""

    text: Text
    building_number: Annotated[str, Field(min_length=1, max_length=16)]
    street: Annotated[str, Field(min_length=1, max_length=70)] | None = None
    subdistrict_code: Annotated[str, Field(pattern=r"^[0-9]{6}$")]
    district_code: Annotated[str, Field(pattern=r"^[0-9]{4}$")]
    province_code: Annotated[str, Field(pattern=r"^[0-9]{2}$")]
    postcode: Annotated[str, Field(pattern=r"^[0-9]{5}$")]


class Receiver(Model):
    """Who receives the money for the agency."""

    name: Text
    position: Text


class ReceiptIssuer(Model):
    """The agency as its receipts show it; without an address a receipt is not all of the standard.

    ``tax_id`` is by default that in the biller id, ``branch`` the head office.
    """

    tax_id: Annotated[str, Field(pattern=r"^[0-9]{13}$")] | None = None
    branch: Annotated[str, Field(pattern=r"^[0-9]{5}$")] | None = None
    address: PostalAddress | None = None
    receiver: Receiver | None = None
    oid: Annotated[str, Field(pattern=r"^[0-2](\.[0-9]+)+$")] | None = None
    source: Source


class ReceiptTerms(ReceiptIssuer):
    """Of one payment step; what it leaves out is as the installation says of the agency.

    ``year`` is that of the numbers: the calendar's, or the fiscal one, from 1 October and named by its end.
    """

    year: Literal["calendar", "fiscal"] = "calendar"
