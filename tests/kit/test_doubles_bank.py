"""The sandbox bank over real sockets: what a payer's app takes, what the biller hears, what is found."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from kit.clock import clock
from kit.local.doubles import NotDevelopmentError, running
from kit.local.doubles.bank import create_app
from kit.local.ports import free_port

KEY, SECRET = "key", "secret ความลับ"
# docs/law.md §7.1: vectors 4, 7 and 8, and a credit transfer (vector 1).
V4 = "00020101021130550016A0000006770101120115099999999999990021211122233344453037645802TH63043EE7"
V7 = (
    "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645405"
    "50.005802TH63042F1F"
)
V8 = (
    "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645407"
    "1000.005802TH6208070400006304996C"
)
TRANSFER = "00020101021129370016A0000006770101110113006681222333353037645802TH63041DCF"
BILLER, REF1, REF2 = "099400016550100", "REQ6900000001", "6911221234"


@dataclass
class Biller:
    """The payment service's end of the callback: keeps what it hears; answers as told."""

    heard: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    answer: Callable[[dict[str, Any]], JSONResponse] = lambda body: good(body)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/callback")
        async def callback(request: Request) -> JSONResponse:
            body = await request.json()
            self.heard.append((time.monotonic(), body))
            return self.answer(body)

        return app

    def wait(self, count: int) -> list[dict[str, Any]]:
        """What was heard once it is `count` calls; fails if it stays less for five seconds."""
        until = time.monotonic() + 5
        while len(self.heard) < count:
            assert time.monotonic() < until, f"heard {len(self.heard)} of {count}"
            time.sleep(0.01)
        return [body for _, body in self.heard]


def good(body: dict[str, Any]) -> JSONResponse:
    return JSONResponse(
        {
            "resCode": "00",
            "resDesc": "success",
            "transactionId": body["transactionId"],
            "confirmId": "c1",
        }
    )


@dataclass
class Bank:
    url: str
    http: httpx.Client

    def pay(self, **order: Any) -> httpx.Response:
        return self.http.post(f"{self.url}/_control/pay", json=order)

    def paid(self, **order: Any) -> list[dict[str, Any]]:
        answer = self.pay(**order)
        assert answer.status_code == 201, answer.text
        return answer.json()["payments"]

    def book(self) -> dict[str, Any]:
        return self.http.get(f"{self.url}/_control/book").raise_for_status().json()

    def token(self, key: str = KEY, secret: str = SECRET) -> httpx.Response:
        credentials = {"applicationKey": key, "applicationSecret": secret}
        return self.http.post(f"{self.url}/v1/oauth/token", json=credentials, headers=headers())

    def ask(self, token: str | None = None, **change: Any) -> httpx.Response:
        token = token or self.token().raise_for_status().json()["data"]["accessToken"]
        asked = {
            "eventCode": "00300100",
            "transactionDate": clock.local_date(clock.now()).isoformat(),
            "billerId": BILLER,
            "reference1": REF1,
        } | change
        params = {key: value for key, value in asked.items() if value is not None}
        url = f"{self.url}/v1/payment/billpayment/inquiry"
        return self.http.get(url, params=params, headers=headers() | {"Authorization": f"Bearer {token}"})

    def found(self, **change: Any) -> list[dict[str, Any]]:
        body = self.ask(**change).raise_for_status().json()
        assert body["status"] == {"code": 1000, "description": "Success"}
        return body["data"]


def headers() -> dict[str, str]:
    return {"resourceOwnerId": KEY, "requestUId": uuid4().hex}


@pytest.fixture
def biller() -> Biller:
    return Biller()


@contextmanager
def bank_of(**options: Any) -> Iterator[Bank]:
    quick = {"callback_seconds": 0.05, "late_seconds": 0.6, "retry_seconds": 0.2}
    app = create_app(key=KEY, secret=SECRET, **(quick | options))
    with running(app, free_port()) as url, httpx.Client(timeout=10) as http:
        yield Bank(url, http)


@pytest.fixture
def bank(biller, monkeypatch) -> Iterator[Bank]:
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    with (
        running(biller.app(), free_port()) as biller_url,
        bank_of(callback=f"{biller_url}/callback") as bank,
    ):
        yield bank


def test_refuses_to_be_built_outside_development(monkeypatch):
    for environment in ("production", "", "DEVELOPMENT"):
        monkeypatch.setenv("PAET_ENVIRONMENT", environment)
        with pytest.raises(NotDevelopmentError):
            create_app(key=KEY, secret=SECRET)


def test_a_payment_is_booked_confirmed_and_found(bank, biller):
    payment = bank.paid(qr=V7)[0]
    assert (payment["biller"], payment["ref1"], payment["ref2"], payment["amount"]) == (
        BILLER, REF1, REF2, 5000,
    )  # fmt: skip
    body = biller.wait(1)[0]
    assert body["amount"] == "50.00"
    assert body["transactionId"] == payment["transaction_id"]
    assert (body["billPaymentRef1"], body["billPaymentRef2"], body["payeeProxyId"]) == (REF1, REF2, BILLER)
    assert (body["currencyCode"], body["payeeProxyType"]) == ("764", "BILLERID")
    assert datetime.fromisoformat(body["transactionDateandTime"]).utcoffset() == timedelta(hours=7)
    found = bank.found()
    assert [entry["transactionId"] for entry in found] == [payment["transaction_id"]]
    assert (found[0]["amount"], found[0]["reverseFlag"], found[0]["eventCode"]) == ("50.00", "N", "00300100")
    assert accepted(bank, 1) == [True]


def accepted(bank: Bank, count: int) -> list[bool]:
    """Whether each of `count` calls was accepted; the bank notes it just after the biller answered."""
    until = time.monotonic() + 5
    while len(calls := bank.book()["callbacks"]) < count:
        assert time.monotonic() < until, calls
        time.sleep(0.01)
    return [call["accepted"] for call in calls]


def test_a_typed_bill_and_an_open_qr_need_an_amount(bank):
    assert bank.pay(qr=V4).status_code == 422
    assert bank.paid(qr=V4, amount=1)[0]["amount"] == 1
    assert bank.pay(biller=BILLER, ref1=REF1).status_code == 422
    assert bank.paid(biller=BILLER, ref1=REF1, ref2=REF2, amount=5000)[0]["ref2"] == REF2


@pytest.mark.parametrize(
    "order",
    [{"qr": V7, "amount": 4999}, {"qr": V7, "mode": "explode"}, {"qr": V7[:-1] + "0"}, {"qr": TRANSFER}, {}],
)
def test_what_no_app_would_pay_is_refused_and_not_booked(bank, order):
    answer = bank.pay(**order)
    assert answer.status_code == 422
    assert answer.json()["status"]["description"]
    assert bank.book() == {"payments": [], "callbacks": []}


def test_silent_books_and_never_calls(bank, biller):
    bank.paid(qr=V7, mode="silent")
    time.sleep(0.3)
    assert (len(bank.found()), biller.heard) == (1, [])


def test_late_calls_late(bank, biller):
    before = time.monotonic()
    bank.paid(qr=V7, mode="late")
    assert len(bank.found()) == 1
    biller.wait(1)
    assert biller.heard[0][0] - before >= 0.6


def test_duplicate_is_one_payment_told_three_times_twice_at_once(bank, biller):
    payment = bank.paid(qr=V7, mode="duplicate")[0]
    bodies = biller.wait(3)
    assert {body["transactionId"] for body in bodies} == {payment["transaction_id"]}
    first, second, third = (at for at, _ in biller.heard)
    assert second - first < third - second
    assert len(bank.found()) == 1


@pytest.mark.parametrize(("typed", "booked"), [(None, 5100), (4900, 4900), (5000, 5100)])
def test_wrong_amount(bank, biller, typed, booked):
    bank.paid(qr=V7, mode="wrong-amount", amount=typed)
    assert biller.wait(1)[0]["amount"] == f"{booked / 100:.2f}" == bank.found()[0]["amount"]


def test_wrong_ref(bank, biller):
    bank.paid(qr=V7, mode="wrong-ref")
    assert biller.wait(1)[0]["billPaymentRef1"] == f"WRONG{REF1}"
    assert bank.found() == []
    assert len(bank.found(reference1=f"WRONG{REF1}")) == 1


def test_twice_is_two_payments(bank, biller):
    paid = {payment["transaction_id"] for payment in bank.paid(qr=V7, mode="twice")}
    assert len(paid) == 2
    assert {body["transactionId"] for body in biller.wait(2)} == paid
    assert {entry["transactionId"] for entry in bank.found()} == paid


def test_callback_before_booked(bank, biller):
    token = bank.token().json()["data"]["accessToken"]
    bank.paid(qr=V7, mode="callback-before-booked", seconds=1.5)
    biller.wait(1)
    assert bank.ask(token=token).json()["data"] == []
    time.sleep(1.5)
    assert len(bank.ask(token=token).json()["data"]) == 1


def test_forged_is_told_but_nowhere_in_the_book(bank, biller):
    bank.paid(qr=V7, mode="forged")
    assert biller.wait(1)[0]["billPaymentRef1"] == REF1
    assert bank.found() == []
    assert bank.book()["payments"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        lambda body: JSONResponse({"resCode": "99"}),
        lambda body: JSONResponse({"resCode": "00", "resDesc": "success", "transactionId": "x", "confirmId": "c"}),
        lambda body: JSONResponse({"resCode": "00", "resDesc": "success", "transactionId": body["transactionId"]}),
        lambda body: JSONResponse({"detail": "no"}, 500),
        lambda body: JSONResponse(["00"]),
    ],
)
def test_a_wrong_answer_is_retried_three_times_and_no_more(bank, biller, wrong):
    biller.answer = wrong
    bank.paid(qr=V7)
    biller.wait(4)
    assert accepted(bank, 4) == [False] * 4
    gaps = [later[0] - earlier[0] for earlier, later in zip(biller.heard, biller.heard[1:], strict=False)]
    assert min(gaps) >= 0.2
    time.sleep(0.4)
    assert len(biller.heard) == 4


def test_retries_end_when_the_biller_answers_well(bank, biller):
    biller.answer = lambda body: good(body) if len(biller.heard) == 2 else JSONResponse({}, 503)
    bank.paid(qr=V7)
    assert accepted(bank, 2) == [False, True]
    time.sleep(0.4)
    assert len(biller.heard) == 2


def test_a_biller_that_is_down_is_retried(monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    with bank_of(callback=f"http://127.0.0.1:{free_port()}/callback", retry_seconds=0) as bank:
        bank.paid(qr=V7)
        assert accepted(bank, 4) == [False] * 4
        assert "ConnectError" in bank.book()["callbacks"][0]["answer"]


def test_the_book_survives_a_restart(monkeypatch, tmp_path):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    for count in (1, 2):
        with bank_of(book=tmp_path / "new" / "book.sqlite") as bank:
            bank.paid(qr=V7)
            assert len(bank.found()) == count


def test_inquiry_filters(bank):
    bank.paid(qr=V7, mode="silent")
    bank.paid(qr=V8, mode="silent")
    bank.paid(biller=BILLER, ref1=REF1, amount=5000, mode="silent")
    tomorrow = clock.local_date(clock.now() + timedelta(days=1)).isoformat()
    assert len(bank.found()) == 3
    assert len(bank.found(reference2=REF2)) == 2
    assert len(bank.found(amount="50.00")) == 2
    assert len(bank.found(amount="50", reference2=REF2)) == 1
    assert bank.found(amount="50.01") == []
    assert bank.found(transactionDate=tomorrow) == []
    assert bank.found(billerId="0" * 15) == []
    assert bank.found(reference1="REQ6900000002") == []


def test_the_day_of_a_payment_is_bangkoks(bank):
    with clock.freeze(datetime(2026, 11, 22, 16, 59, tzinfo=UTC)) as advance:
        bank.paid(qr=V7, mode="silent")
        advance(timedelta(minutes=2))
        bank.paid(qr=V7, mode="silent")
    assert [len(bank.found(transactionDate=f"2026-11-{day}")) for day in (21, 22, 23)] == [0, 1, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"eventCode": "00300104"},
        {"eventCode": None},
        {"transactionDate": "22/11/2569"},
        {"transactionDate": None},
        {"billerId": "1"},
        {"reference1": None},
        {"reference1": "a"},
        {"amount": "1.005"},
    ],
)
def test_a_wrong_inquiry_is_400_with_a_status(bank, change):
    answer = bank.ask(**change)
    assert answer.status_code == 400
    assert answer.json()["status"]["code"] in (1101, 1102)
    assert answer.json()["status"]["description"]


def test_an_unpaid_bill_may_be_404(monkeypatch):
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    with bank_of(unpaid_is_404=True) as bank:
        assert bank.ask().status_code == 404
        bank.paid(qr=V7)
        assert len(bank.found()) == 1


def test_tokens(bank):
    data = bank.token().json()["data"]
    assert (data["tokenType"], data["expiresIn"]) == ("Bearer", 1800)
    assert bank.token(secret="wrong").status_code == 401
    assert bank.token(key="wrong").status_code == 401
    assert bank.ask(token="wrong").status_code == 401
    url = f"{bank.url}/v1/oauth/token"
    body = {"applicationKey": KEY, "applicationSecret": SECRET}
    assert bank.http.post(url, json=body).status_code == 400
    assert bank.http.post(url, json={}, headers=headers()).json()["status"]["code"] == 1101


def test_outage_and_slowness(bank):
    token = bank.token().json()["data"]["accessToken"]
    control = f"{bank.url}/_control/misbehave"
    bank.http.post(control, json={"mode": "outage"}).raise_for_status()
    assert bank.token().status_code == 503
    assert bank.ask(token=token).json() == {"status": {"code": 5101, "description": "service unavailable"}}
    bank.http.delete(control).raise_for_status()
    bank.http.post(control, json={"mode": "slow", "seconds": 0.3, "times": 1}).raise_for_status()
    assert bank.ask(token=token).elapsed.total_seconds() >= 0.3
    assert bank.ask(token=token).status_code == 200


def test_every_mode_is_told(bank):
    assert set(bank.http.get(f"{bank.url}/_control/modes").json()) == {
        "ok", "silent", "late", "duplicate", "wrong-amount", "wrong-ref", "twice", "callback-before-booked",
        "forged",
    }  # fmt: skip
