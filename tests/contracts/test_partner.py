"""What an agreement with a partner must say; `tests/gateway/test_partners.py` proves what it does."""

import pytest
import yaml
from pydantic import ValidationError

from gateway.partners.__main__ import AGREEMENTS
from kit.contracts.events import CATALOGUE, Voided
from kit.contracts.partner import Agreement


def changed(**members):
    return yaml.safe_load((AGREEMENTS / "dbd.yaml").read_text(encoding="utf-8")) | members


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"facts": [{"type": "paet.payment.invoiced.v1", "fields": ["invoice"]}]}, "amount_satang"),
        ({"facts": [{"type": "paet.issuance.issued.v1", "fields": ["slip", "outcome", "person"]}]}, "differ in person"),
        ({"facts": [{"type": "paet.issuance.unheard.v1", "fields": []}]}, "no fact"),
        ({"facts": [{"type": "paet.issuance.voided.v1", "fields": ["document", "reason"]}] * 2}, "twice"),
        ({"facts": []}, "at least 1"),
        ({"agencies": ["*"]}, "pattern"),
        ({"agencies": []}, "at least 1"),
        ({"name": "rd.>"}, "pattern"),
    ],
)
def test_an_agreement_that_is_none_is_refused(members, reason):
    with pytest.raises(ValidationError, match=reason):
        Agreement.model_validate(changed(**members))


def test_a_second_version_of_a_fact_is_read_only_when_agreed(monkeypatch):
    # Registered like any fact, under a name of its own so that nothing else meets it.
    second = type("VoidedAgain", (Voided,), {"__module__": __name__, "version": 2})
    monkeypatch.setitem(CATALOGUE, "paet.issuance.voided.v2", second)
    with pytest.raises(ValidationError, match=r"voided\.v2"):
        Agreement.model_validate(changed())
