"""Fees and verdicts, without any server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from services.payment import domain
from services.payment.domain import InvoiceState, PaymentState
from tests.bundles import PAYMENT, REQUEST, bundle, licence_bundle, text


def settings_of(step):
    return section_for(bundle(REQUEST, step), Process.PAYMENT).steps[step["id"]]


@pytest.mark.req("P1", part="fixed and range")
@pytest.mark.parametrize(("area", "amount"), [(1, 100_000), (200, 100_000), (200.5, 300_000), (201, 300_000)])
def test_a_range_fee_takes_the_first_band_that_reaches_the_number(area, amount):
    lines = domain.fee_lines(settings_of(PAYMENT), {"area": area})
    assert [line.amount for line in lines] == [amount]


@pytest.mark.req("P1", part="fixed and range")
def test_several_fees_are_several_lines():
    fixed = {
        "kind": "fixed", "item": text("ค่าคำขอ", "Application fee"), "revenue_code": "application-fee",
        "amount": 2000, "source": PAYMENT["fees"][0]["source"],
    }  # fmt: skip
    lines = domain.fee_lines(settings_of(PAYMENT | {"fees": [fixed, *PAYMENT["fees"]]}), {"area": 10})
    assert [line.amount for line in lines] == [2000, 100_000]


@pytest.mark.parametrize("form", [{}, {"area": "120"}, {"area": True}, {"area": None}, {"area": {"a": 1}}])
def test_a_form_without_the_number_has_no_fee(form):
    with pytest.raises(domain.FeeUndecidable):
        domain.fee_lines(settings_of(PAYMENT), form)


@given(st.sampled_from(InvoiceState), st.integers(1, 10**9), st.integers(1, 10**9))
def test_no_satang_is_lost_or_made_by_a_verdict(state, due, amount):
    verdict = domain.judge(state, due, amount)
    assert verdict.applied + verdict.excess == amount
    assert verdict.applied in (0, due)
    assert (verdict.excess > 0) == (verdict.reason is not None)
    lines = [{"revenue_code": "fee", "amount": due}]
    assert sum(entry.amount for entry in domain.booking(verdict, lines)) == 0


@pytest.mark.parametrize(
    ("state", "amount", "expected"),
    [
        (InvoiceState.OPEN, 100, PaymentState.APPLIED),
        (InvoiceState.OPEN, 99, PaymentState.UNDERPAID),
        (InvoiceState.OPEN, 101, PaymentState.OVERPAID),
        (InvoiceState.PAID, 100, PaymentState.DUPLICATE),
        (InvoiceState.VOID, 100, PaymentState.LATE),
    ],
)
def test_every_payment_ends_in_a_defined_state(state, amount, expected):
    assert domain.judge(state, 100, amount).state is expected


def test_a_section_without_an_open_last_band_is_faulty():
    closed = PAYMENT["fees"][0] | {"bands": [{"up_to": 300, "amount": 1}, {"up_to": 200, "amount": 2}]}
    section = section_for(bundle(REQUEST, PAYMENT | {"fees": [closed]}), Process.PAYMENT)
    faults = domain.check_section(section)
    assert {fault.path for fault in faults} == {"/steps/licence-fee/fees/0/bands"}
    assert domain.check_section(section_for(licence_bundle(), Process.PAYMENT)) == []
