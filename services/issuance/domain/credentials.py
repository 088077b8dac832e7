"""What a credential says: the same as the document, piece by piece, and nothing that the document does not. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from kit.clock import BANGKOK
from kit.contracts.claims import PersonClaim
from kit.contracts.definition import IssuanceStep, Section
from kit.contracts.text import Text
from services.issuance.domain.disclosures import ALGORITHM, RESERVED, concealed
from services.issuance.domain.form import FormSchema
from services.issuance.domain.public import path_of

TITLES: Mapping[str, Text] = {
    "number": Text(th="เลขที่", en="Number"),
    "title": Text(th="ประเภทเอกสาร", en="Document"),
    "agency": Text(th="รหัสหน่วยงาน", en="Agency code"),
    "agency_name": Text(th="หน่วยงานผู้ออก", en="Issued by"),
    "document": Text(th="รหัสเอกสาร (UUID)", en="Document id (UUID)"),
    "issued_on": Text(th="วันที่ออก", en="Issued on"),
    "valid_until": Text(th="ใช้ได้ถึงวันที่", en="Valid until"),
    "verify_url": Text(th="หน้าตรวจสอบเอกสาร", en="Verification page"),
    "holder_name": Text(th="ชื่อผู้รับเอกสาร", en="Name of the holder"),
    "holder_name_en": Text(th="ชื่อผู้รับเอกสาร (อังกฤษ)", en="Name of the holder (English)"),
}
"""The claims that every document has, each shown or not as its holder likes."""
SHOWN = "shown"
"""The claim below which stand the fields that the definition makes public: their names are the form's."""


@dataclass(frozen=True)
class Configuration:
    """One kind of document that an agency issues into wallets, whatever definition it comes from."""

    id: str
    title: Text
    fields: Mapping[str, Text] = field(default_factory=dict)


def configurations(sections: Iterable[Section]) -> dict[str, Configuration]:
    """The kinds of documents of an agency's definitions, by document type.

    Later versions name a kind and its fields; a field that they do not show any more is still known.
    """
    found: dict[str, Configuration] = {}
    for section in sorted(sections, key=_version):
        schema = FormSchema(section.form)
        for step in section.steps.values():
            if isinstance(step, IssuanceStep):
                known = found[step.document_type].fields if step.document_type in found else {}
                fields = {claim_name(each): schema.title(path_of(each)) for each in step.public_fields if path_of(each)}
                found[step.document_type] = Configuration(step.document_type, step.title, {**known, **fields})
    return found


def _version(section: Section) -> tuple[str, int]:
    name, _, version = section.definition.partition("@")
    return name, int(version)


def claim_name(field: str) -> str:
    """``/place/province`` as the name of a claim: ``place/province``; never one that means something in an SD-JWT."""
    name = "/".join(path_of(field))
    return f"{name}_" if name in RESERVED else name


def shown_claims(configuration: Configuration) -> Iterator[tuple[Sequence[str], Text]]:
    """The path of every claim that may be shown, and what people call it."""
    yield from (((name,), title) for name, title in TITLES.items())
    yield from (((SHOWN, name), title) for name, title in configuration.fields.items())


@dataclass(frozen=True)
class Said:
    """What a credential is made of: the document as it is registered, and who it is for."""

    document: UUID
    number: str
    title: Mapping[str, str]
    agency: str
    agency_name: Mapping[str, str]
    issued_at: datetime
    issued_on: date
    valid_until: date | None
    public: Sequence[Mapping[str, Any]]
    verify_url: str
    person: PersonClaim | None
    """As identity knows the holder at this moment; kept nowhere."""


def over_at(valid_until: date) -> datetime:
    """The first moment after a document's last day, which ends in Thailand."""
    return datetime.combine(valid_until + timedelta(days=1), time(), BANGKOK)


def holder_of(key: Mapping[str, str], thumbprint: str) -> dict[str, Any]:
    """Who may present the credential: whoever has the key (RFC 7800), named by its thumbprint (RFC 9278)."""
    return {"sub": f"urn:ietf:params:oauth:jwk-thumbprint:sha-256:{thumbprint}", "cnf": {"jwk": dict(key)}}


def credential_claims(said: Said, envelope: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The claims to sign, and the disclosures that open what they conceal.

    ``envelope`` has what is open: issuer, type, times, holder's key and status (SD-JWT VC section 3.2.2).
    """
    digests, disclosures = concealed(_told(said))
    shown, opened = concealed({claim_name(each["name"]): each["value"] for each in said.public})
    times = {"nbf": int(said.issued_at.timestamp())}
    if said.valid_until is not None:
        times["exp"] = int(over_at(said.valid_until).timestamp())
    claims = {**envelope, **times, "_sd_alg": ALGORITHM, "_sd": digests}
    if shown:
        claims[SHOWN] = {"_sd": shown}
    return claims, [*disclosures, *opened]


def _told(said: Said) -> dict[str, Any]:
    told = {
        "number": said.number,
        "title": dict(said.title),
        "agency": said.agency,
        "agency_name": dict(said.agency_name),
        "document": str(said.document),
        "issued_on": said.issued_on.isoformat(),
        "valid_until": said.valid_until.isoformat() if said.valid_until else None,
        "verify_url": said.verify_url,
        "holder_name": said.person.name_th if said.person else None,
        "holder_name_en": said.person.name_en if said.person else None,
    }
    return {name: value for name, value in told.items() if value is not None}
