"""The bank's unsigned payment confirmation to the biller, and its retries (docs/law.md §7.2)."""

import asyncio
from typing import Any

import httpx

from kit.clock import clock
from kit.local.doubles.bank.book import Book, Payment

RETRIES = 3


def confirmation(payment: Payment) -> dict[str, str]:
    """Write the body that the bank posts."""
    return {
        "payeeProxyId": payment.biller,
        "payeeProxyType": "BILLERID",
        "payeeAccountNumber": "0000000000",
        "payeeName": "SANDBOX AGENCY",
        "payerProxyId": "",
        "payerProxyType": "",
        "payerAccountNumber": "0000000001",
        "payerName": "ทดสอบ ผู้จ่ายเงิน",
        "sendingBankCode": "014",
        "receivingBankCode": "014",
        "amount": payment.baht,
        "transactionId": payment.transaction_id,
        "transactionDateandTime": payment.paid_at,
        "billPaymentRef1": payment.ref1,
        "billPaymentRef2": payment.ref2,
        "billPaymentRef3": payment.ref3,
        "currencyCode": "764",
        "channelCode": "PMH",
        "transactionType": "Domestic Transfers",
        "merchantId": "",
    }


class Caller:
    """Calls one biller address: three retries, then it gives up (the real bank then writes an e-mail)."""

    def __init__(self, url: str | None, book: Book, retry_seconds: float) -> None:
        self._url = url
        self._book = book
        self._retry_seconds = retry_seconds
        self._client = httpx.AsyncClient(timeout=10)
        self._calls: set[asyncio.Task[None]] = set()

    def schedule(self, payment: Payment, after: float) -> None:
        """Confirm a payment in `after` seconds. Calls under way are lost when the bank stops."""
        if self._url is None:
            return
        call = asyncio.create_task(self._confirm(self._url, payment, after))
        self._calls.add(call)
        call.add_done_callback(self._done)

    async def close(self) -> None:
        """Stop all calls."""
        for call in self._calls:
            call.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)
        await self._client.aclose()

    def _done(self, call: asyncio.Task[None]) -> None:
        self._calls.discard(call)
        if not call.cancelled():
            call.result()  # an error here is a fault of the double: let the event loop report it

    async def _confirm(self, url: str, payment: Payment, after: float) -> None:
        await asyncio.sleep(after)
        for attempt in range(1, RETRIES + 2):
            if await self._attempt(url, payment, attempt):
                return
            await asyncio.sleep(self._retry_seconds)

    async def _attempt(self, url: str, payment: Payment, attempt: int) -> bool:
        try:
            answer = await self._client.post(url, json=confirmation(payment))
            accepted, said = is_accepted(answer, payment), f"{answer.status_code} {answer.text[:500]}"
        except httpx.HTTPError as failed:
            accepted, said = False, repr(failed)
        self._book.note(payment, attempt, clock.now(), accepted=accepted, answer=said)
        return accepted


def is_accepted(answer: httpx.Response, payment: Payment) -> bool:
    """Tell whether the biller answered as demanded: resCode, resDesc, our transactionId, a confirmId."""
    try:
        body: Any = answer.json()
    except ValueError:
        return False
    return (
        answer.status_code == 200
        and isinstance(body, dict)
        and body.get("resCode") == "00"
        and body.get("resDesc") == "success"
        and body.get("transactionId") == payment.transaction_id
        and bool(body.get("confirmId"))
    )
