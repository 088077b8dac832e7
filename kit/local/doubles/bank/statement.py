"""The bank's statement of a day as a file (docs/statements.md), with the faults that such files have."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from kit.local.doubles.bank.book import Payment
from kit.local.doubles.misbehaviour import Misbehaviour

COLUMNS = ("value_at", "biller_id", "reference1", "reference2", "amount", "transaction_id", "channel")
MODES = {
    "statement-missing-line": "a line of the statement is left out (`match`: of this transaction)",
    "statement-doubled-line": "a line of the statement stands there twice",
    "statement-wrong-amount": "a line of the statement has one baht more than was paid",
}


def router_of(faults: Misbehaviour) -> APIRouter:
    """`GET /_control/statement.csv`: what was paid on one Bangkok day, as the bank's book has it."""
    router = APIRouter(tags=["control"])

    @router.get("/_control/statement.csv")
    async def statement(
        request: Request, day: date, biller: Annotated[str | None, Query(pattern=r"^[0-9]{15}$")] = None
    ) -> Response:
        """The statement of a day, of one biller or of all."""
        payments = request.app.state.bank.book.of_day(day, biller)
        return Response(_file(payments, faults), media_type="text/csv")

    return router


def _file(payments: list[Payment], faults: Misbehaviour) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for payment in payments:
        writer.writerows(_lines(payment, faults))
    return out.getvalue()


def _lines(payment: Payment, faults: Misbehaviour) -> Iterator[tuple[str, ...]]:
    about = payment.transaction_id
    if faults.take("statement-missing-line", about):
        return
    amount = payment.amount + (100 if faults.take("statement-wrong-amount", about) else 0)
    baht = f"{amount // 100}.{amount % 100:02d}"
    line = (payment.paid_at, payment.biller, payment.ref1, payment.ref2, baht, about, "PMH")
    yield line
    if faults.take("statement-doubled-line", about):
        yield line
