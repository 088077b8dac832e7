"""Tables of what is issued into wallets: offers, the tokens they are exchanged for, credentials and their status."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, ForeignKeyConstraint, Identity, Index, UniqueConstraint
from sqlmodel import Field
from uuid_utils.compat import uuid7

from services.issuance.models.base import Base, moment, structure


class CredentialOffer(Base, table=True):
    """An offer to a wallet, good once and for minutes; neither its code nor the transaction code is kept."""

    __tablename__ = "credential_offer"
    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        UniqueConstraint("code_digest"),
        Index("credential_offer_document", "document_id"),
        Index("credential_offer_expires", "expires_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID
    code_digest: str
    tx_digest: str
    wrong: int = 0
    """How often another transaction code was typed."""
    created_at: datetime = Field(sa_column=moment())
    expires_at: datetime = Field(sa_column=moment())
    spent_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    """When it was exchanged for a token, typed wrong too often, or replaced by another offer."""


class CredentialGrant(Base, table=True):
    """An access token for one credential of one document."""

    __tablename__ = "credential_grant"
    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        UniqueConstraint("token_digest"),
        Index("credential_grant_expires", "expires_at"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID
    token_digest: str
    expires_at: datetime = Field(sa_column=moment())
    transaction_digest: str | None = None
    """Of the transaction under which the wallet asks again: the document was not made yet."""
    holder_key: dict[str, Any] | None = Field(default=None, sa_column=structure(nullable=True))
    """The public key that was proven then."""
    credential_id: UUID | None = None


class SpentNonce(Base, table=True):
    """A nonce that a proof was accepted with: it counts once."""

    __tablename__ = "spent_nonce"
    __table_args__ = (Index("spent_nonce_expires", "expires_at"),)

    digest: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_column=moment())


class StatusList(Base, table=True):
    """A status list of an agency, and its token as it was signed last."""

    __tablename__ = "status_list"
    __table_args__ = (UniqueConstraint("agency", "running"),)

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    agency: str
    running: int
    given: int = 0
    """Places that are given; locked while one is."""
    token: str | None = None
    as_of: date | None = None
    """The Thai calendar day of which the token speaks."""
    expires_at: datetime | None = Field(default=None, sa_column=moment(nullable=True))


class Credential(Base, table=True):
    """A credential in somebody's wallet: which document it is of, and its place in a status list, given for ever.

    Of the wallet only the thumbprint of the holder's key is kept, and what it told of the credential's fate.
    """

    __table_args__ = (
        ForeignKeyConstraint(["document_id"], ["document.id"]),
        ForeignKeyConstraint(["list_id"], ["status_list.id"]),
        UniqueConstraint("list_id", "place"),
        Index("credential_document", "document_id"),
    )

    id: UUID = Field(default_factory=uuid7, primary_key=True)
    document_id: UUID
    list_id: UUID
    place: int
    holder: str
    issued_at: datetime = Field(sa_column=moment())
    fate: str | None = None


class StatusChange(Base, table=True):
    """Something has changed in a list since its token was signed: written by the database itself, for whoever acts."""

    __tablename__ = "status_change"
    __table_args__ = (Index("status_change_list", "list_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    list_id: UUID
