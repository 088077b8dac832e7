"""Bodies of requests and answers."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator, model_validator

from kit.auth import AAL, IAL, Principal
from kit.contracts.codes import AgencyCode
from kit.contracts.events import ERASURE_ANSWERS
from kit.contracts.retention import Kept
from kit.contracts.text import Text
from kit.errors import InvalidFieldError
from services.identity.domain import Role, Scope, checked_pid, ends_at
from services.identity.models import Client
from services.identity.queries import ErasureSeen, Myself, OfficerSeen

Pkce = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""base64url of a SHA-256 (RFC 7636 §4.2)."""
Secret = Annotated[str, Field(max_length=512)]

_ACR = re.compile(r"urn:paet:(ial|aal):([0-9.]{1,3})")
NOT_A_LEVEL = Text(th="ไม่รู้จักระดับนี้", en="Not a level; such as urn:paet:ial:2.3 urn:paet:aal:2.1")
_LEVELS = {"ial": IAL, "aal": ("2", *AAL)}


class Body(BaseModel):
    """Strict about unknown keys."""

    model_config = ConfigDict(extra="forbid")


class SignInBody(Body):
    """Begin a sign-in. `code_challenge` is the client's own (S256); `acr_values` as a step-up problem names them."""

    purpose: Annotated[Literal["citizen", "officer"], Field(alias="as")]
    provider: Annotated[str, Field(max_length=30)]
    code_challenge: Pkce
    acr_values: Annotated[str | None, Field(max_length=100)] = None

    @field_validator("acr_values")
    @classmethod
    def _are_levels(cls, value: str | None) -> str | None:
        for word in (value or "").split():
            found = _ACR.fullmatch(word)
            if found is None or found[2] not in _LEVELS[found[1]]:
                raise InvalidFieldError(
                    "acr", Text(th="ไม่รู้จักระดับนี้", en="Not a level: urn:paet:ial:2.3 urn:paet:aal:2.1")
                )
        return value

    def level(self, kind: Literal["ial", "aal"]) -> str | None:
        """The level asked of that kind."""
        found = [match[2] for match in _ACR.finditer(self.acr_values or "") if match[1] == kind]
        return found[0] if found else None


class SignInStarted(BaseModel):
    """Where to send the browser."""

    authorization_url: str


class CodeAnswer(BaseModel):
    """The one-time code; worth something only with the code_verifier of whoever began the sign-in."""

    code: str


class TokenForm(BaseModel):
    """A token request (RFC 6749 §4.1.3, §4.4.2, §6), form-encoded."""

    grant_type: Literal["authorization_code", "refresh_token", "client_credentials"]
    code: Secret | None = None
    code_verifier: Annotated[str | None, Field(pattern=r"^[A-Za-z0-9._~-]{43,128}$")] = None
    refresh_token: Secret | None = None
    client_id: Secret | None = None
    client_secret: Secret | None = None

    @model_validator(mode="after")
    def _has_what_the_grant_needs(self) -> Self:
        needs = {"authorization_code": ("code", "code_verifier"), "refresh_token": ("refresh_token",)}
        if missing := [name for name in needs.get(self.grant_type, ()) if not getattr(self, name)]:
            names = ", ".join(missing)
            raise InvalidFieldError("missing", Text(th=f"ต้องมี {names}", en=f"Required: {names}"))
        return self


class TokenAnswer(BaseModel):
    """Tokens (RFC 6749 §5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a kind, no secret
    expires_in: int
    refresh_token: str | None = None


class SessionView(BaseModel):
    """The session: it ends at `ends_at` unless it is used before."""

    id: UUID
    provider: str
    started_at: datetime
    ends_at: datetime


class Me(BaseModel):
    """The one who asks."""

    kind: Literal["citizen", "officer"]
    subject: UUID
    name_th: str
    name_en: str | None
    pid_masked: str
    ial: str
    aal: str
    agency: str | None
    roles: list[str]
    session: SessionView

    @classmethod
    def of(cls, principal: Principal, myself: Myself) -> Self:
        """What the token and the session say."""
        opened, person = myself.session, myself.person
        started = opened.started_at or opened.authenticated_at
        view = SessionView(
            id=opened.id,
            provider=opened.provider,
            started_at=started,
            ends_at=ends_at(opened.aal, started, opened.used_at or started),
        )
        return cls.model_validate(
            {
                "kind": principal.kind,
                "subject": principal.subject,
                "roles": sorted(principal.roles),
                "agency": principal.agency,
                "ial": opened.ial,
                "aal": opened.aal,
                "session": view,
                **person.model_dump(include={"name_th", "name_en", "pid_masked"}),
            }
        )


class NewOfficer(Body):
    """Register a person as an officer."""

    pid: Annotated[str, Field(max_length=20)]
    agency: AgencyCode
    roles: Annotated[list[Role], Field(min_length=1, max_length=5)]

    @field_validator("pid")
    @classmethod
    def _checks(cls, value: str) -> str:
        pid = checked_pid(value)
        if pid is None:
            raise InvalidFieldError("pid", Text(th="เลขประจำตัวประชาชนไม่ถูกต้อง", en="Not a valid 13-digit number"))
        return pid


class OfficerChange(Body):
    """Change roles, or end (false) or resume (true) the office; what is absent stays."""

    roles: Annotated[list[Role] | None, Field(min_length=1, max_length=5)] = None
    is_active: StrictBool | None = None


class OfficerView(BaseModel):
    """An officer."""

    id: UUID
    agency: str
    roles: list[str]
    is_active: bool
    pid_masked: str
    name_th: str | None
    name_en: str | None
    created_at: datetime
    changed_at: datetime

    @classmethod
    def of(cls, seen: OfficerSeen) -> Self:
        """The record with what is known of the person."""
        names = {"pid_masked": seen.pid_masked, "name_th": seen.name_th, "name_en": seen.name_en}
        return cls.model_validate(seen.officer.model_dump(exclude={"pid", "pid_hash", "changed_by"}) | names)


class NewClient(Body):
    """Register a partner's or a system's program."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}$")]
    agency: AgencyCode
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=2)]


class ClientView(BaseModel):
    """A client, without its secret."""

    client_id: UUID
    name: str
    agency: str
    scopes: list[str]
    created_at: datetime

    @classmethod
    def of(cls, client: Client) -> Self:
        """Everything but the secret."""
        return cls(client_id=client.id, **client.model_dump(include={"name", "agency", "scopes", "created_at"}))


class ClientCreated(ClientView):
    """A new client; `client_secret` is shown this once."""

    client_secret: str


class ServiceAnswer(BaseModel):
    """What one service did: so many records erased or kept, by class and reason; no time while it has not answered."""

    service: str
    answered_at: datetime | None
    records: list[Kept]


NOT_ASKED = ("request", "review", "approval", "gateway", "identity")


class ErasureView(BaseModel):
    """A request for erasure, until when it is answered, and each service's answer as it comes in."""

    id: UUID
    requested_at: datetime
    answer_by: datetime
    is_answered: bool
    """By every service that answers."""
    services: list[ServiceAnswer]
    not_asked: list[str]
    """Services whose records an erasure does not reach: they keep them."""

    @classmethod
    def of(cls, seen: ErasureSeen) -> Self:
        """The view of a row and its answers."""
        given = {each.service: each for each in seen.answers}
        services = [
            ServiceAnswer(service=name, answered_at=answer.answered_at, records=answer.records)
            if (answer := given.get(name))
            else ServiceAnswer(service=name, answered_at=None, records=[])
            for name in (fact.source for fact in ERASURE_ANSWERS)
        ]
        row = seen.erasure
        return cls(
            id=row.id, requested_at=row.requested_at, answer_by=row.answer_by, services=services,
            is_answered=all(each.answered_at for each in services), not_asked=list(NOT_ASKED),
        )  # fmt: skip
