"""What a document says: the data that its template gets, which is also what lies in it as XML. Pure.

A template gets what it names and nothing else: fields of the form, of the person, and the reasons of the decision
are handed over only when their name stands in its text. So whatever is not printed is not in the file either.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from kit.clock import local_date
from kit.contracts.claims import ApplicationClaim, CaseClaim, DecisionClaim, PersonClaim, Receipt
from kit.contracts.definition import IssuanceStep, Section
from kit.contracts.text import Text
from kit.thai import amount_in_words, normalise
from services.issuance.domain.form import FormSchema
from services.issuance.domain.states import NotGranted

_WHOLE_FORM = re.compile(r"\.form(?![A-Za-z0-9_-])\s*(?:[^.\s]|$|\.\s*(?:keys|values|pairs)\b)")
PERSON = ("name", "name_en", "pid_masked", "pid", "birthdate", "address")
REASONS = ("rule", "facts", "law", "considerations")
Named = Callable[[str], bool]


@dataclass(frozen=True)
class Decision:
    """The favourable decision a document rests on, of approval or, where the plan has none, of review."""

    id: UUID
    by: Literal["approval", "review"]
    digest: str
    """SHA-256, lower hex: of the signed decision, or of the reviewer's act as canonical JSON."""
    decided_at: datetime
    authority: Text | None
    rule: str | None
    facts: str
    law: str
    considerations: str

    @classmethod
    def of_approval(cls, claim: DecisionClaim) -> "Decision":
        """From approval's claim; NotGranted when it is a refusal."""
        if claim.result != "granted":
            raise NotGranted
        return cls(
            claim.decision, "approval", claim.digest.lower(), claim.decided_at,
            Text(th=claim.authority_th, en=claim.authority_en), claim.rule_th, claim.facts, claim.law,
            claim.considerations,
        )  # fmt: skip

    @classmethod
    def of_review(cls, claim: CaseClaim) -> "Decision":
        """From review's claim; NotGranted when it is a refusal."""
        if claim.result != "recommended":
            raise NotGranted
        return cls(
            claim.case, "review", act_digest(claim), claim.decided_at, None, claim.rule, claim.facts, claim.law,
            claim.considerations,
        )  # fmt: skip


def act_digest(claim: CaseClaim) -> str:
    """SHA-256 of a reviewer's act: these members as JSON, keys sorted, no blanks, UTF-8."""
    members = {"journey", "case", "reviewer", "rule", "result", "facts", "law", "considerations", "decided_at"}
    act = claim.model_dump(mode="json", include=members)
    return hashlib.sha256(
        json.dumps(act, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()


@dataclass(frozen=True)
class Basis:
    """What the other services say of a journey, on which its document rests."""

    application: ApplicationClaim
    person: PersonClaim | None
    decision: Decision
    receipts: tuple[Receipt, ...]


@dataclass(frozen=True)
class Registered:
    """What the register gives a document before it is made."""

    number: str
    uuid: UUID
    oid: str
    issued_on: date
    valid_until: date | None
    verify_url: str
    version: int = 1


def data_of(section: Section, settings: IssuanceStep, template: str, entry: Registered, basis: Basis) -> dict[str, Any]:
    """The ``data`` of a template; docs/templates.md lists it. Text in one spelling, days as Thai calendar days."""
    named = mentions(template)
    data = {
        "number": entry.number,
        "uuid": str(entry.uuid),
        "oid": entry.oid,
        "version": entry.version,
        "title": settings.title.model_dump(),
        "agency": {"code": section.agency, **section.agency_name.model_dump()},
        "service": {"id": section.definition, **section.title.model_dump()},
        "issued_on": entry.issued_on.isoformat(),
        "valid_until": entry.valid_until.isoformat() if entry.valid_until else None,
        "verify_url": entry.verify_url,
        "signer": settings.signer.model_dump(),
        "signer_position": settings.signer_position.model_dump(),
        "application": {
            "number": basis.application.number,
            "submitted_on": local_date(basis.application.submitted_at).isoformat(),
        },
        "person": _person(basis.person, named),
        "form": chosen_form(FormSchema(section.form), template, basis.application.form),
        "decision": _decision(basis.decision, named),
        "receipts": [_receipt(each) for each in basis.receipts],
    }
    return in_one_spelling(data)


def in_one_spelling(data: dict[str, Any]) -> dict[str, Any]:
    """The same data with every text as `kit.thai.normalise` writes it."""
    spelt: dict[str, Any] = _spelt(data)
    return spelt


def chosen_form(schema: FormSchema, template: str, form: Any) -> Any:
    """What a template gets of a form: the fields that it names, None where one was left out."""
    filled = schema.filled(form)
    return filled if _WHOLE_FORM.search(template) else _chosen(filled, mentions(template), is_root=True)


def _person(person: PersonClaim | None, named: Named) -> dict[str, Any]:
    if person is None:
        return {}
    known = {
        "name": person.name_th, "name_en": person.name_en, "pid_masked": person.pid_masked, "pid": person.pid,
        "birthdate": person.birthdate, "address": person.address,
    }  # fmt: skip
    return {name: known[name] for name in PERSON if named(name)}


def _decision(decision: Decision, named: Named) -> dict[str, Any]:
    return {
        "id": str(decision.id),
        "by": decision.by,
        "digest": decision.digest,
        "decided_on": local_date(decision.decided_at).isoformat(),
        "authority": decision.authority.model_dump() if decision.authority else None,
    } | {name: getattr(decision, name) for name in REASONS if named(name)}


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "number": receipt.number,
        "paid_on": local_date(receipt.paid_at).isoformat(),
        "amount": receipt.amount_satang,
        "amount_words": amount_in_words(receipt.amount_satang),
    }


def mentions(template: str) -> Named:
    """Tell whether a name stands in a template."""

    def named(name: str) -> bool:
        return re.search(rf"(?<![A-Za-z0-9_-]){re.escape(name)}(?![A-Za-z0-9_-])", template) is not None

    return named


def _chosen(value: Any, named: Named, *, is_root: bool = False) -> Any:
    """Only what is named; a group of which no field is named is printed as a whole."""
    if isinstance(value, list):
        return [_chosen(each, named) for each in value]
    if not isinstance(value, Mapping):
        return value
    chosen = {key: _chosen(each, named) for key, each in value.items() if named(key)}
    return chosen if chosen or is_root else dict(value)


def _spelt(value: Any) -> Any:
    if isinstance(value, str):
        return normalise(value)
    if isinstance(value, list):
        return [_spelt(each) for each in value]
    if isinstance(value, dict):
        return {key: _spelt(each) for key, each in value.items()}
    return value
