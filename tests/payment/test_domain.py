"""Verdicts and faults, without any server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.payment import domain
from services.payment.domain import InvoiceState, PaymentState


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
