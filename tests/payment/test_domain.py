"""Verdicts and faults, without any server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from services.payment import domain
from services.payment.domain import InvoiceState, PaymentState
from tests.bundles import RECEIPT, licence_bundle


@given(st.sampled_from(InvoiceState), st.integers(1, 10**9), st.integers(1, 10**9), st.floats(0, 0.999))
def test_no_satang_is_lost_or_made_by_a_verdict(state, due, amount, part):
    before = int(due * part)
    verdict = domain.judge(state, due, amount, before)
    assert verdict.applied + verdict.excess + verdict.held == amount
    assert verdict.applied in (0, due - before)
    assert before + verdict.held <= due
    assert (verdict.excess > 0) == (verdict.reason is not None)
    lines = [{"revenue_code": "fee", "amount": due}]
    assert sum(entry.amount for entry in domain.booking(verdict, lines, "card", before)) == 0


@pytest.mark.parametrize(
    ("state", "amount", "expected"),
    [
        (InvoiceState.OPEN, 100, PaymentState.APPLIED),
        (InvoiceState.OPEN, 99, PaymentState.UNDERPAID),
        (InvoiceState.OPEN, 101, PaymentState.OVERPAID),
        (InvoiceState.PAID, 100, PaymentState.DUPLICATE),
        (InvoiceState.VOID, 100, PaymentState.LATE),
        (InvoiceState.EXPIRED, 100, PaymentState.LATE),
    ],
)
def test_every_payment_ends_in_a_defined_state(state, amount, expected):
    assert domain.judge(state, 100, amount).state is expected


def test_codes_of_an_address_that_do_not_fit_each_other_are_faults():
    address = RECEIPT["address"] | {"district_code": "1102", "subdistrict_code": "100106"}
    plan = [
        each | {"receipt": RECEIPT | {"address": address}} if each["process"] == "payment" else each
        for each in licence_bundle().definition.model_dump(mode="json", exclude_unset=True)["plan"]
    ]
    found = domain.check_section(section_for(licence_bundle(plan=plan), Process.PAYMENT))
    where = "/steps/licence-fee/receipt/address"
    assert [each.path for each in found] == [f"{where}/subdistrict_code", f"{where}/district_code"]
    assert domain.check_section(section_for(licence_bundle(), Process.PAYMENT)) == []
