"""The document of a receipt: composed and sealed when it is fetched first, and kept; the first is everybody's.

Whoever fetches next gets the same bytes, so that a lost copy is the same document again. A process that dies between
number and document leaves nothing behind: the next who fetches makes it.
"""

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kit.app import Kit
from kit.claims import PERSON, Missing
from kit.clock import clock, local_date
from kit.contracts.definition import PaymentStep, ReceiptIssuer, Section
from kit.documents import Composer, DocumentProperties, SealError, TemplateError
from kit.documents.seals import Seals
from kit.errors import FieldError
from kit.storage import Files
from kit.telemetry import log
from kit.thai import amount_in_words
from services.payment import domain, queries
from services.payment.domain import Correction, Former, Issuer, Payer, Purpose, Received, Statement
from services.payment.domain.receipt_xml import FILE_NAME
from services.payment.queries import ReceiptFacts
from services.payment.settings import Settings

TEMPLATE = Path(__file__).parents[1] / "templates" / "receipt.typ"
VERSION = "1"
PRINTED = ("tax_id", "branch", "address", "receiver", "oid")
TAX_ID_DIGITS = 13
"""A biller id begins with the biller's tax id (docs/law.md §7.1)."""


@dataclass(frozen=True)
class Document:
    """A file as it is kept."""

    file_name: str
    pdf: bytes

    @property
    def etag(self) -> str:
        """By its SHA-256."""
        return f'"{hashlib.sha256(self.pdf).hexdigest()}"'


async def receipt_document(kit: Kit, facts: ReceiptFacts) -> Document:
    """The sealed PDF/A-3 of a receipt. NoLongerKept, PayerUnknown, ReceiptNotMade."""
    queries.retained.check_kept(facts.receipt)
    section = await kit.section(facts.invoice.definition)
    name = domain.receipt_name(facts.invoice.agency, facts.receipt.id)
    file_name = _statement(kit, facts, section, Payer(None)).file_name

    async def make() -> bytes:
        return await _made(kit, _statement(kit, facts, section, await _payer(kit, facts)))

    return Document(file_name, await kit.resource(Files).once(name, make))


async def check_printable(kit: Kit, reason: str | None, corrected: Correction) -> None:
    """Refuse what no font can show, by its field; Unprintable."""
    told = {"/reason": reason, "/payer/name": corrected.name, "/payer/address/line": corrected.address}
    compose = kit.resource(Composer)
    faults = [
        FieldError(pointer, "unprintable", domain.Unprintable.title)
        for pointer, text in told.items()
        if text and await asyncio.to_thread(compose.unprintable, text)
    ]
    if faults:
        raise domain.Unprintable(errors=faults)


async def _payer(kit: Kit, facts: ReceiptFacts) -> Payer:
    """What identity says of the payer, and over it what a cashier corrected; nobody where the journey is anonymous."""
    said = facts.correction
    person = facts.receipt.person_id
    if person is None:
        return Payer(said.name, address=said.address, postcode=said.postcode)
    try:
        claim = await PERSON.one(kit, person)
    except Missing as missing:
        raise domain.PayerUnknown from missing
    return Payer(said.name or claim.name_th, claim.pid, claim.pid_masked, said.address, said.postcode)


def _statement(kit: Kit, facts: ReceiptFacts, section: Section, payer: Payer) -> Statement:
    receipt, invoice = facts.receipt, facts.invoice
    received = [
        Received(each.payment.provider, each.payment.transaction_id, each.payment.paid_at, each.amount)
        for each in reversed(facts.shares)
    ]
    return Statement(
        id=receipt.id, number=receipt.number, book=receipt.book, year=receipt.year, running=receipt.running,
        issued_at=receipt.issued_at, definition=invoice.definition, title=section.title,
        application_number=invoice.number, issuer=_issuer(kit, facts, section), payer=payer, lines=invoice.lines,
        amount=receipt.amount, received=received, former=_former(facts),
    )  # fmt: skip


def _issuer(kit: Kit, facts: ReceiptFacts, section: Section) -> Issuer:
    """The agency as the step says, else as the installation does."""
    step: PaymentStep = section.settings(facts.receipt.step)
    issuers: Mapping[str, ReceiptIssuer] = kit.resource(Settings).receipt_issuers
    told: dict[str, Any] = {}
    for said in (issuers.get(section.agency), step.receipt):
        told |= {name: value for name in PRINTED if said and (value := getattr(said, name)) is not None}
    tax_id: Any = facts.invoice.biller_id[:TAX_ID_DIGITS]
    oid = domain.oid_of(told.pop("oid", None), section.agency)
    return Issuer(section.agency, section.agency_name, oid=oid, **({"tax_id": tax_id} | told))


def _former(facts: ReceiptFacts) -> Former | None:
    former = facts.former
    if former is None or former.ended is None:
        return None
    return Former(former.row.number, former.row.issued_at, Purpose(former.ended.purpose), former.ended.reason)


async def _made(kit: Kit, said: Statement) -> bytes:
    try:
        seal = await kit.resource(Seals).of(said.issuer.code, said.issuer.name)
        pdf = await kit.resource(Composer).compose_async(
            _template(),
            _data(said),
            attachment_xml=domain.receipt_xml(said),
            attachment_name=FILE_NAME,
            title=f"ใบเสร็จรับเงิน {said.number}",
            author=said.issuer.name.th,
            timestamp=said.issued_at,
            properties=DocumentProperties(said.file_name, VERSION, said.number, said.issuer.oid),
        )
        return await seal.seal_async(pdf, at=clock.now(), reason=f"ใบเสร็จรับเงินเลขที่ {said.number}")
    except (TemplateError, SealError) as error:
        log.error("receipt cannot be made", receipt=str(said.id), reason=str(error))
        raise domain.ReceiptNotMade from error


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


def _data(said: Statement) -> dict[str, Any]:
    """What the template prints: days as Thai calendar days, money in satang and in words."""
    issuer, payer = said.issuer, said.payer
    return {
        "agency": issuer.name.th,
        "address": issuer.address.text.th if issuer.address else None,
        "tax_id": issuer.tax_id,
        "book": said.book,
        "number": said.number,
        "serial": f"{said.running:06d}/{said.year}",
        "issued_on": local_date(said.issued_at).isoformat(),
        "title": said.title.th,
        "application": said.application_number,
        "payer": payer.name or f"ผู้ยื่นคำขอเลขที่ {said.application_number}",
        "payer_number": payer.pid_masked,
        "payer_address": payer.address and f"{payer.address} {payer.postcode}",
        "lines": [{"item": each["item"]["th"], "law": _law(each), "amount": each["amount"]} for each in said.charges],
        "allowances": [{"item": why, "amount": amount} for why, amount in said.allowances],
        "amount": said.amount,
        "amount_words": amount_in_words(said.amount),
        "received": [
            {"method": each.method, "transaction": each.transaction_id, "amount": each.amount,
             "paid_on": local_date(each.paid_at).isoformat()}
            for each in said.received
        ],
        "receiver": issuer.receiver.name.th if issuer.receiver else None,
        "position": issuer.receiver.position.th if issuer.receiver else None,
        "former": said.former and {"number": said.former.number, "why": said.former.why,
                                   "issued_on": local_date(said.former.issued_at).isoformat()},
    }  # fmt: skip


def _law(line: Any) -> str | None:
    law = line.get("law")
    return law["th"] if law else None
