"""Facts of issuance about documents that were issued; they are told on the journey of the document, after its end."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from kit.contracts.codes import Code
from kit.contracts.events.base import Fact


class Suspended(Fact):
    """The document may not be used up to and including a day, or until further notice."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "suspended"
    document: UUID
    until: date | None


class Reinstated(Fact):
    """The suspension has ended: the document may be used again."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "reinstated"
    document: UUID


class Revoked(Fact):
    """The document is withdrawn for good, by an order with its reasons (APA39 s.37)."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "revoked"
    document: UUID


class Replaced(Fact):
    """Another document stands in its place: a substitute (ใบแทน), one with corrected data, or one of a new period."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "replaced"
    document: UUID
    by: UUID
    kind: Code


class Expiring(Fact):
    """The document will end: told once for each lead that its definition names."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "expiring"
    document: UUID
    expires_on: date


class LicenceExpired(Fact):
    """The last day of the document is past."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "expired"
    document: UUID
    expired_on: date


class SubstituteRefused(Fact):
    """The holder's wish for a substitute (ใบแทน) of the document is refused, by an order with its reasons."""

    source: ClassVar[str] = "issuance"
    name: ClassVar[str] = "substitute_refused"
    document: UUID
    wish: UUID
