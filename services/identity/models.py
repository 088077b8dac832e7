"""Tables of identity. Personal data lie sealed (AES-256-GCM); what is searched lies as a keyed hash."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, DateTime, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Base(SQLModel, registry=registry()):
    """Registry of this service's own tables."""


def moment(*, nullable: bool = False) -> Any:
    """A point in time, stored with its zone."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=nullable)


def sealed(**options: Any) -> Any:
    """Bytes: sealed by the vault, or a hash."""
    return Field(sa_type=LargeBinary, **options)


def words() -> Any:
    """A list of words."""
    return Field(sa_type=ARRAY(Text))


class Person(Base, table=True):
    """A natural person, known by the 13-digit number of the civil registration."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pid_hash: bytes = sealed(unique=True)
    pid: bytes = sealed()
    profile: bytes = sealed()
    """Sealed JSON: ``name_th``, ``name_en``, ``birthdate``, ``address``, as the provider last told them."""
    created_at: datetime = moment()
    proved_at: datetime = moment()


class Officer(Base, table=True):
    """A person's office: agency and roles. One active record per person."""

    __table_args__ = (
        Index("officer_active", "pid_hash", unique=True, postgresql_where=text("is_active")),
        Index("officer_agency", "agency"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    pid_hash: bytes = sealed()
    pid: bytes = sealed()
    agency: str
    roles: list[str] = words()
    is_active: bool = True
    created_at: datetime = moment()
    changed_at: datetime = moment()
    changed_by: UUID | None = None
    """The administrator's officer id; None for the command line."""


class Client(Base, table=True):
    """A partner agency's or a system's program, with a secret of its own."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(unique=True)
    agency: str
    scopes: list[str] = words()
    secret_hash: bytes = sealed()
    """scrypt: 16 bytes of salt, 32 of hash."""
    created_at: datetime = moment()
    created_by: UUID | None = None


class SignIn(Base, table=True):
    """One sign-in under way: from the request to the one-time code. Gone a while after it ran out."""

    __tablename__ = "sign_in"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    state_hash: bytes = sealed(unique=True)
    purpose: str
    provider: str
    nonce: str
    verifier: str
    challenge: str
    """The client's own PKCE challenge (S256), to which the one-time code is bound."""
    ial: str | None = None
    aal: str | None = None
    expires_at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    answered_at: datetime | None = moment(nullable=True)
    code_hash: bytes | None = Field(default=None, sa_type=LargeBinary, unique=True, nullable=True)
    code_expires_at: datetime | None = moment(nullable=True)
    spent_at: datetime | None = moment(nullable=True)
    session_id: UUID | None = None


class PersonSession(Base, table=True):
    """A signed-in person's session with the levels it was opened at."""

    __tablename__ = "session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    kind: str
    person_id: UUID = Field(foreign_key="person.id", index=True)
    officer_id: UUID | None = Field(default=None, foreign_key="officer.id", index=True)
    provider: str
    ial: str
    aal: str
    authenticated_at: datetime = moment()
    started_at: datetime | None = moment(nullable=True)
    """When the one-time code was changed for tokens; None until then."""
    used_at: datetime | None = moment(nullable=True)
    ended_at: datetime | None = moment(nullable=True)
    end_reason: str | None = None


class RefreshToken(Base, table=True):
    """One link of a session's chain of refresh tokens; only the last one is unspent."""

    __tablename__ = "refresh_token"

    hash: bytes = sealed(primary_key=True)
    session_id: UUID = Field(foreign_key="session.id", index=True)
    issued_at: datetime = moment()
    spent_at: datetime | None = moment(nullable=True)


class SigningKey(Base, table=True):
    """A key that signs access tokens, from `active_from` until a newer one does."""

    __tablename__ = "signing_key"

    kid: str = Field(primary_key=True)
    private: bytes = sealed()
    active_from: datetime = moment()
    created_at: datetime = moment()


class Authentication(Base, table=True):
    """The access log of sign-ins (docs/law.md §4.5): append only, kept at least 90 days."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime = Field(sa_type=DateTime(timezone=True), index=True)
    result: str
    """``verified``, ``denied``, or the code of the problem."""
    purpose: str
    provider: str
    scopes: list[str] = words()
    method: str | None = None
    ial: str | None = None
    aal: str | None = None
    authenticated_at: datetime | None = moment(nullable=True)
    subject_hash: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    pid_hash: bytes | None = Field(default=None, sa_type=LargeBinary, nullable=True)
    session_id: UUID | None = None


class Erasure(Base, table=True):
    """A person's wish that their data be erased (PDPA s.33)."""

    __table_args__ = (Index("erasure_person", "person_id", "requested_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    idempotency: bytes = sealed(unique=True)
    """SHA-256 of the person and their ``Idempotency-Key``."""
    requested_at: datetime = moment()
    answer_by: datetime = moment()


class ErasureAnswer(Base, table=True):
    """What one service erased and what it keeps: counts by class and reason, as its fact told them."""

    __tablename__ = "erasure_answer"

    erasure_id: UUID = Field(foreign_key="erasure.id", primary_key=True)
    service: str = Field(primary_key=True)
    records: list[dict[str, Any]] = Field(sa_column=Column(JSONB, nullable=False))
    answered_at: datetime = moment()


METADATA = Base.metadata
