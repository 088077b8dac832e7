"""Fee rules: what each kind gives, when it holds, and what never happens whatever the rules and the form."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from services.payment import domain
from tests.bundles import AGENCY, PAYMENT, REQUEST, SOURCE, bundle, licence_bundle, text

DAY = date(2026, 11, 24)
BANDS = [{"up_to": 50, "amount": 50_000}, {"up_to": 200, "amount": 100_000}, {"amount": 300_000}]


def rule(kind, **fields):
    """A rule of that kind, whose revenue is its kind's unless said otherwise."""
    revenue = {} if kind == "exemption" else {"revenue_code": fields.pop("code", kind.replace("_", "-"))}
    return {"kind": kind, "item": text("รายการ", "Item"), "source": SOURCE, **revenue, **fields}


def fixed(amount=100_000, **fields):
    return rule("fixed", amount=amount, **fields)


def settings_of(*fees):
    step = PAYMENT | {"fees": list(fees)}
    return section_for(bundle(REQUEST, step), Process.PAYMENT).steps[step["id"]]


def lines_of(*fees, form=None, day=DAY, agency=AGENCY):
    return domain.fee_lines(settings_of(*fees), domain.Case(form or {}, day, agency))


def amounts(*fees, **case):
    return [line.amount for line in lines_of(*fees, **case)]


def faults_of(*fees):
    section = section_for(bundle(REQUEST, PAYMENT | {"fees": list(fees)}), Process.PAYMENT)
    return {fault.path.removeprefix("/steps/licence-fee/fees") for fault in domain.check_section(section)}


def pointer_of(refusal):
    return [each.pointer for each in refusal.value.errors]


@pytest.mark.req("P1")
@pytest.mark.parametrize(
    ("area", "amount"), [(1, 50_000), (50, 50_000), (50.5, 100_000), (200, 100_000), (201, 300_000)]
)
def test_a_range_fee_takes_the_first_band_that_reaches_the_number(area, amount):
    assert amounts(rule("range", field="/area", bands=BANDS), form={"area": area}) == [amount]


@pytest.mark.req("P1")
@pytest.mark.parametrize(
    ("heads", "fields", "amount"),
    [
        (0, {}, 0),
        (1, {}, 1_050),
        (10, {"per": 4}, 3_150),  # a unit begun counts whole
        (0.1, {}, 1_050),
        (3, {"least": 5_000}, 5_000),
        (100, {"most": 20_000}, 20_000),
        (-4, {}, 0),
    ],
)
def test_a_fee_per_unit_counts_the_units_begun_within_its_bounds(heads, fields, amount):
    fee = rule("per_unit", field="/heads", amount=1_050, unit=text("คน", "persons"), **fields)
    assert amounts(fee, form={"heads": heads}) == [amount]


@pytest.mark.req("P1")
@pytest.mark.parametrize(
    ("value", "percent", "amount"),
    [(1_000, 2, 2_000), (0.25, 2, 1), (0.24, 2, 0), (1_000_000.01, "0.01", 10_000), (33.33, "33.33", 1_111)],
)
def test_a_percentage_of_an_amount_is_exact_to_the_satang(value, percent, amount):
    assert amounts(rule("percentage", field="/value", percent=percent), form={"value": value}) == [amount]


@pytest.mark.req("P1")
def test_of_several_trades_the_highest_is_charged_in_full_and_of_the_others_half():
    rates = [
        {"trade": "laundry", "item": text("ซักรีด", "Laundry"), "bands": [{"amount": 50_001}]},
        {"trade": "spa", "item": text("สปา", "Spa"), "bands": BANDS},
    ]
    fee = rule("trades", field="/trades", rates=rates, others_percent=50)
    trades = [{"trade": "laundry"}, {"trade": "spa", "measure": 120}, {"trade": "laundry"}]
    lines = lines_of(fee, form={"trades": trades})
    assert [line.amount for line in lines] == [25_001, 100_000, 25_001]
    assert [line.item.en for line in lines] == ["Laundry", "Spa", "Laundry"]
    assert "in full" in lines[1].because.en
    for unknown in ({"trade": "casino"}, {"trade": ["spa"]}, {}, "spa", None):
        with pytest.raises(domain.FeeUndecidable) as refusal:
            lines_of(fee, form={"trades": [{"trade": "laundry"}, unknown]})
        assert pointer_of(refusal) == ["/trades/1/trade"]
    with pytest.raises(domain.FeeUndecidable) as refusal:
        lines_of(fee, form={"trades": [{"trade": "spa"}]})
    assert pointer_of(refusal) == ["/trades/0/measure"]


@pytest.mark.req("P1")
@pytest.mark.parametrize(
    ("last", "fields", "expected"),
    [
        ("2026-11-24", {}, []),  # the last day is in time
        ("2026-11-23", {}, [20_000]),
        ("2024-01-01", {}, [20_000]),
        ("2026-11-23", {"each": "month"}, [20_000]),
        ("2026-10-23", {"each": "month"}, [40_000]),
        ("2024-01-01", {"each": "month", "most_percent": 100}, [100_000]),
        ("2026-01-31", {"of": ["other"]}, [400]),
    ],
)
def test_who_comes_late_pays_a_part_of_what_stands_above(last, fields, expected):
    late = rule("late", field="/expired_on", percent=20, **fields)
    above = [fixed(100_000), fixed(2_000, code="other")] if "of" in fields else [fixed(100_000)]
    assert amounts(*above, late, form={"expired_on": last})[len(above) :] == expected


@pytest.mark.req("P1")
def test_an_exemption_takes_off_what_stands_above_by_revenue():
    free = rule("exemption", percent=50, of=["fixed"])
    lines = lines_of(fixed(100_001), fixed(2_000, code="other"), free)
    assert [(line.revenue_code, line.amount) for line in lines] == [
        ("fixed", 100_001), ("other", 2_000), ("fixed", -50_001),
    ]  # fmt: skip
    assert sum(amounts(fixed(100_001), rule("exemption", percent=100), rule("exemption", percent=100))) == 0


@pytest.mark.req("P1")
def test_a_rule_holds_from_its_first_to_its_last_day():
    old = fixed(1_000, valid_until="2026-11-23")
    new = fixed(2_000, valid_from="2026-11-24", valid_until="2026-11-24")
    assert amounts(old, new, day=date(2026, 11, 23)) == [1_000]
    assert amounts(old, new, day=date(2026, 11, 24)) == [2_000]
    with pytest.raises(domain.FeeUndecidable):
        amounts(old, new, day=date(2026, 11, 25))


@pytest.mark.req("P1")
def test_each_agency_has_its_own_ordinance():
    ours, theirs = fixed(1_000, agencies=[AGENCY]), fixed(2_000, agencies=["12007000"])
    assert amounts(ours, theirs) == [1_000]
    assert amounts(ours, theirs, agency="12007000") == [2_000]
    with pytest.raises(domain.FeeUndecidable):
        amounts(ours, theirs, agency="12008000")


@pytest.mark.req("P1")
def test_every_line_says_how_it_comes_about_and_by_which_law():
    fee = rule("per_unit", field="/heads", amount=123_456_789, unit=text("คน", "persons"))
    (line,) = lines_of(fee, form={"heads": 2})
    assert line.because.en == "2 persons × 1,234,567.89 baht"
    assert line.because.th == "2 คน × 1,234,567.89 บาท"
    assert line.law.th == SOURCE["law"]["th"]


@pytest.mark.parametrize("value", [None, "120", True, {"a": 1}, [], float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["range", "per_unit", "percentage"])
def test_a_form_without_the_number_has_no_fee_and_its_field_is_named(kind, value):
    more = {
        "range": {"bands": BANDS},
        "per_unit": {"amount": 1, "unit": text("คน", "persons")},
        "percentage": {"percent": 1},
    }
    with pytest.raises(domain.FeeUndecidable) as refusal:
        lines_of(rule(kind, field="/shop/area", **more[kind]), form={"shop": {"area": value}})
    assert pointer_of(refusal) == ["/shop/area"]


def test_a_number_beyond_all_reason_has_no_fee():
    fee = rule("per_unit", field="/heads", amount=1_050, unit=text("คน", "persons"))
    with pytest.raises(domain.FeeUndecidable):
        lines_of(fee, form={"heads": 1e300})


@pytest.mark.parametrize("value", [None, "24/11/2569", 20261124, "2026-02-30"])
def test_a_form_without_the_day_has_no_fee(value):
    with pytest.raises(domain.FeeUndecidable) as refusal:
        lines_of(fixed(), rule("late", field="/expired_on", percent=20), form={"expired_on": value})
    assert pointer_of(refusal) == ["/expired_on"]


@pytest.mark.parametrize(
    ("fees", "paths"),
    [
        ([], {""}),
        ([rule("exemption", percent=10)], {"", "/0/of"}),
        ([fixed(), rule("exemption", percent=10, of=["else"])], {"/1/of"}),
        ([fixed(valid_from="2026-02-01", valid_until="2026-01-31")], {"/0/valid_until"}),
        ([rule("range", field="/a", bands=[{"up_to": 300, "amount": 1}, {"up_to": 200, "amount": 2}])], {"/0/bands"}),
        ([rule("trades", field="/a", rates=[], others_percent=50)], {"/0/rates"}),
        ([rule("percentage", field="/a", percent=1, least=5, most=4)], {"/0/most"}),
    ],
)
def test_rules_that_cannot_decide_every_case_are_faults(fees, paths):
    assert faults_of(*fees) == paths


def test_the_rules_of_the_sample_have_no_fault():
    assert domain.check_section(section_for(licence_bundle(), Process.PAYMENT)) == []


NUMBERS = st.one_of(st.integers(0, 10**4), st.floats(0, 10**4, allow_nan=False).map(lambda each: round(each, 2)))
PERCENT = st.decimals("0.01", "100", places=2).map(str)
AMOUNTS = st.integers(0, 10**6)
CHARGES = st.one_of(
    st.builds(fixed, AMOUNTS, code=st.sampled_from(["a", "b"])),
    st.builds(lambda amount, per: rule("per_unit", field="/n", amount=amount, per=per, unit=text("ก", "u")),
              AMOUNTS, st.integers(1, 50)),
    st.builds(lambda percent: rule("percentage", field="/n", percent=percent), PERCENT),
    st.builds(lambda steps: rule("range", field="/n", bands=[
        *({"up_to": 100 * place, "amount": sum(steps[:place])} for place in range(1, len(steps))),
        {"amount": sum(steps)},
    ]), st.lists(AMOUNTS, min_size=1, max_size=4)),
)  # fmt: skip
LATE = st.builds(
    lambda percent, each, most: rule("late", field="/until", percent=percent, each=each, most_percent=most),
    PERCENT, st.sampled_from(["once", "month"]), st.none() | PERCENT,
)  # fmt: skip
EXEMPTIONS = st.builds(lambda percent: rule("exemption", percent=percent), PERCENT)
RULES = st.tuples(CHARGES, st.lists(st.one_of(CHARGES, LATE, EXEMPTIONS), max_size=6)).map(
    lambda each: [each[0], *each[1]]
)
UNTIL = st.integers(-2_000, 2_000).map(lambda days: (DAY + timedelta(days)).isoformat())


@pytest.mark.req("P1")
@given(RULES, NUMBERS, UNTIL)
def test_no_revenue_is_ever_below_zero_and_the_booking_balances(fees, number, until):
    lines = lines_of(*fees, form={"n": number, "until": until})
    assert all(isinstance(line.amount, int) for line in lines)
    by_revenue = {}
    for line in lines:
        by_revenue[line.revenue_code] = by_revenue.get(line.revenue_code, 0) + line.amount
    assert all(amount >= 0 for amount in by_revenue.values())
    due = sum(line.amount for line in lines)
    verdict = domain.judge(domain.InvoiceState.OPEN, due, due)
    booked = domain.booking(verdict, [line.as_json() for line in lines])
    assert sum(entry.amount for entry in booked) == 0


@pytest.mark.req("P1")
@given(st.lists(CHARGES, min_size=1, max_size=5), NUMBERS, NUMBERS)
def test_more_never_costs_less_where_bands_rise(fees, one, other):
    smaller, larger = sorted((one, other))
    assert sum(amounts(*fees, form={"n": smaller})) <= sum(amounts(*fees, form={"n": larger}))
