"""Reads of receipts. How one stands is told by what ended it, and by nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from kit.auth import Principal
from kit.contracts import claims
from kit.rows import fetch
from services.payment import domain
from services.payment.domain import Correction, ReceiptState
from services.payment.models import Invoice, Receipt, ReceiptAct
from services.payment.queries.invoices import INVOICE, is_of
from services.payment.queries.invoices import invoice as invoice_with
from services.payment.queries.refunds import Share, shares

RECEIPT = ", ".join(f"receipt.{name}" for name in Receipt.model_fields)
ACT = ", ".join(f"receipt_act.{name}" for name in ReceiptAct.model_fields)
SHOWN = f"SELECT {RECEIPT}, {ACT} FROM receipt LEFT JOIN receipt_act ON receipt_act.receipt_id = receipt.id"  # noqa: S608 - our own columns
BY_ID = "receipt.id = $1"
BY_NUMBER = "receipt.book = $1 AND receipt.year = $2 AND receipt.running = $3"


@dataclass(frozen=True)
class ShownReceipt:
    """A receipt, and what ended it."""

    row: Receipt
    ended: ReceiptAct | None

    @property
    def state(self) -> ReceiptState:
        """How it stands."""
        if self.row.removed_on is not None:
            return ReceiptState.REMOVED
        return ReceiptState(self.ended.act) if self.ended else ReceiptState.ISSUED


@dataclass(frozen=True)
class ReceiptFacts:
    """What the books know of a receipt: the former one with its end, where it was issued in place of one."""

    receipt: Receipt
    invoice: Invoice
    shares: Sequence[Share]
    """The payments that made the fee, the last first."""
    former: ShownReceipt | None

    @property
    def correction(self) -> Correction:
        """What it says of the payer instead of what identity says."""
        act = self.former.ended if self.former else None
        return Correction(act.payer_name, act.payer_address, act.payer_postcode) if act else domain.NOTHING


async def receipts_of_journey(session: AsyncSession, journey: UUID, principal: Principal) -> Sequence[ShownReceipt]:
    """The receipts of a journey of this principal, oldest first, those that ended too."""
    rows = await fetch(session, f"{SHOWN} WHERE receipt.journey_id = $1 ORDER BY receipt.id", journey)
    return [each for each in map(_shown, rows) if is_of(each.row, principal)]


async def receipt_of(session: AsyncSession, name: UUID | str, principal: Principal) -> ShownReceipt:
    """One receipt by id or number, of its owner or of the officer's agency; ReceiptNotFound also for any other."""
    found = await _named(session, name)
    if found is None or not await _may_see(session, found.row, principal):
        raise domain.ReceiptNotFound
    return found


async def _may_see(session: AsyncSession, row: Receipt, principal: Principal) -> bool:
    if principal.kind != "officer":
        return is_of(row, principal)
    return (await invoice_with(session, row.invoice_id)).agency == principal.agency


async def _named(session: AsyncSession, name: UUID | str) -> ShownReceipt | None:
    if isinstance(name, UUID):
        rows = await fetch(session, f"{SHOWN} WHERE {BY_ID}", name)
    else:
        book, year, running = name.rsplit("-", 2)
        rows = await fetch(session, f"{SHOWN} WHERE {BY_NUMBER}", book, int(year), int(running))
    return _shown(rows[0]) if rows else None


async def invoice_of_receipt(session: AsyncSession, name: UUID | str, officer: Principal) -> tuple[UUID, UUID]:
    """The ids of a receipt of the officer's agency and of its invoice; ReceiptNotFound."""
    found = await receipt_of(session, name, officer)
    return found.row.id, found.row.invoice_id


async def facts_of_receipt(session: AsyncSession, receipt_id: UUID) -> ReceiptFacts:
    """A receipt, which exists, with its invoice, its payments, and the receipt in whose place it was issued."""
    shown = await _named(session, receipt_id)
    assert shown is not None  # noqa: S101 - the caller has seen it
    row = shown.row
    [bill] = await fetch(session, f"SELECT {INVOICE} FROM invoice WHERE id = $1", row.invoice_id)  # noqa: S608 - our own columns
    invoice = Invoice(**bill)
    former = await _named(session, row.replaces) if row.replaces else None
    return ReceiptFacts(row, invoice, await shares(session, invoice), former)


async def act_on(session: AsyncSession, receipt_id: UUID) -> ReceiptAct | None:
    """What ended a receipt."""
    found = await fetch(session, f"SELECT {ACT} FROM receipt_act WHERE receipt_id = $1", receipt_id)  # noqa: S608 - our own columns
    return ReceiptAct(**found[0]) if found else None


async def receipt_claims(session: AsyncSession, journeys: Sequence[UUID]) -> Mapping[UUID, claims.ReceiptClaim]:
    """Claim ``receipts``: the standing ones; every journey asked about has an answer, be it an empty one."""
    found: dict[UUID, list[claims.Receipt]] = {journey: [] for journey in journeys}
    standing = f"{SHOWN} WHERE receipt.journey_id = ANY($1::uuid[]) AND receipt_act.receipt_id IS NULL"
    for each in map(_shown, await fetch(session, f"{standing} ORDER BY receipt.id", list(journeys))):
        row = each.row
        claim = claims.Receipt(number=row.number, amount_satang=row.amount, paid_at=row.issued_at, step=row.step)
        found[row.journey_id].append(claim)
    return {journey: claims.ReceiptClaim(journey=journey, receipts=rows) for journey, rows in found.items()}


def _shown(row: Mapping[str, Any]) -> ShownReceipt:
    receipt = Receipt(**{name: row[name] for name in Receipt.model_fields})
    if row["receipt_id"] is None:
        return ShownReceipt(receipt, None)
    return ShownReceipt(receipt, ReceiptAct(**{name: row[name] for name in ReceiptAct.model_fields}))
