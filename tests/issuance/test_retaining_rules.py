"""What is said of every licence and every column: how long it is kept, and whether it goes."""

from datetime import date, timedelta
from uuid import uuid4

import pytest

from kit.contracts.retention import Reason, reason_to_keep
from services.issuance.domain.retaining import EMPTIED, GONE, STAYS, UNTOUCHED, Licence, is_past
from services.issuance.models import METADATA

pytestmark = pytest.mark.req("Y4", part="licences")


def test_it_is_kept_on_its_last_day_while_one_is_made_and_for_ever_without_an_end():
    today = date(2037, 1, 1)
    ended, making, endless = (
        Licence(uuid4(), uuid4(), (), True, is_open, end)
        for is_open, end in ((False, date(2027, 1, 1)), (True, date(2000, 1, 1)), (False, None))
    )
    day_after = today + timedelta(days=1)
    assert reason_to_keep(today, today, is_open=False, is_held=False) is Reason.KEPT_BY_LAW
    assert reason_to_keep(today, day_after, is_open=False, is_held=False) is None
    assert reason_to_keep(today, day_after, is_open=False, is_held=True) is Reason.LEGAL_HOLD
    assert reason_to_keep(today, day_after, is_open=True, is_held=False) is Reason.IN_USE
    assert reason_to_keep(None, date.max, is_open=False, is_held=False) is Reason.KEPT_BY_LAW
    whether = [is_past(each, lambda *_: today, day) for each in (ended, making) for day in (today, day_after)]
    assert whether == [False, True, False, False]
    assert not is_past(endless, lambda _class, day: day, date.max)


def test_of_every_column_it_is_said_whether_it_goes():
    said = {name: STAYS[name] | EMPTIED[name].keys() for name in STAYS}
    assert said == {name: set(METADATA.tables[name].columns.keys()) for name in STAYS}
    assert {*STAYS, *GONE, *UNTOUCHED} == set(METADATA.tables)
    assert not any(STAYS[name] & EMPTIED[name].keys() for name in STAYS)
