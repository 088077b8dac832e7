"""The ladder of channels without any server: what is to be done next."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.clock import BANGKOK
from kit.contracts.definition import DeliveryStep, section_for
from kit.contracts.journey import Process
from services.delivery import domain
from services.delivery.domain import End, GiveUp, Quiet, Rung, Send, Sending, Try, Wait
from tests.bundles import DELIVERY, REQUEST, bundle

pytestmark = pytest.mark.req("D3", part="order, times, quiet hours")
NIGHT = Quiet(time(20), time(8))
NOON = datetime(2026, 11, 24, 12, tzinfo=BANGKOK).astimezone(UTC)
LADDER = [Rung("line", timedelta(hours=1)), Rung("sms", timedelta(hours=4)), Rung("email")]


def act(tries, now=NOON, *, is_read=False, quiet=None, forgets=None):
    return domain.next_act(LADDER, tries, now, is_read=is_read, quiet=quiet or {}, forgets=forgets or {})


def at(hour, minute=0, day=24):
    return datetime(2026, 11, day, hour, minute, tzinfo=BANGKOK).astimezone(UTC)


def test_the_first_rung_is_tried_at_once():
    assert act({}) == Send(0, LADDER[0])


def test_what_was_taken_is_waited_for_and_then_the_next_is_tried():
    sent = {"line": Try(Sending.SENT, NOON, NOON + timedelta(hours=1))}
    assert act(sent) == Wait(NOON + timedelta(hours=1))
    assert act(sent, NOON + timedelta(hours=1)) == Send(1, LADDER[1])


@pytest.mark.parametrize("state", [Sending.FAILED, Sending.SKIPPED])
def test_what_will_not_be_received_leads_on_at_once(state):
    assert act({"line": Try(state, NOON, None)}) == Send(1, LADDER[1])


@pytest.mark.parametrize("is_read", [True, False])
def test_proof_ends_it(is_read):
    proved = {"line": Try(Sending.SENT, NOON, NOON), "sms": Try(Sending.PROVED, NOON, None)}
    assert act(proved, is_read=is_read) == End("proved")
    assert act({}, is_read=True) == End("read")


def test_there_is_an_end():
    tries = {each.channel: Try(Sending.FAILED, NOON, None) for each in LADDER}
    assert act(tries) == End("end")
    assert act(tries | {"email": Try(Sending.SENT, NOON, None)}) == End("end")


def test_a_channel_that_takes_nothing_in_its_time_is_given_up():
    tries = {"line": Try(Sending.SENDING, NOON, NOON + timedelta(minutes=2))}
    assert act(tries) == Wait(NOON + timedelta(minutes=2))
    assert act(tries, NOON + timedelta(minutes=2)) == Send(0, LADDER[0])
    assert act(tries, NOON + timedelta(hours=1)) == GiveUp(LADDER[0], "unreachable")
    last = {each.channel: Try(Sending.FAILED, NOON, None) for each in LADDER[:2]}
    last["email"] = Try(Sending.SENDING, NOON, None)
    assert act(last, NOON + timedelta(days=4, hours=23)) == Send(2, LADDER[2])
    assert act(last, NOON + timedelta(days=5)) == GiveUp(LADDER[2], "unreachable")


@pytest.mark.req("D6", part="a key is not used after it may be forgotten")
def test_a_key_that_may_be_forgotten_is_not_used_again():
    ladder = [Rung("line")]
    tries = {"line": Try(Sending.SENDING, NOON, None)}
    forgets, later = {"line": timedelta(hours=23)}, [NOON + timedelta(hours=hours) for hours in (22, 23)]
    acts = [domain.next_act(ladder, tries, now, is_read=False, quiet={}, forgets=forgets) for now in later]
    assert acts == [Send(0, ladder[0]), GiveUp(ladder[0], "answer-lost")]


def test_in_the_night_nobody_is_woken_and_mail_goes_on():
    quiet = {"line": NIGHT, "sms": NIGHT}
    assert act({}, at(20), quiet=quiet) == Wait(at(8, day=25))
    assert act({}, at(7, 59), quiet=quiet) == Wait(at(8))
    assert act({}, at(8), quiet=quiet) == Send(0, LADDER[0])
    failed = {name: Try(Sending.FAILED, NOON, None) for name in ("line", "sms")}
    assert act(failed, at(23), quiet=quiet) == Send(2, LADDER[2])
    assert act({"line": Try(Sending.SENDING, at(19, 59), at(20, 1))}, at(20), quiet=quiet) == Wait(at(20, 59))


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_quiet_ends_within_a_day_and_is_then_over(begin, end, moment):
    whole = {"second": 0, "microsecond": 0}
    quiet, now = Quiet(begin.replace(**whole), end.replace(**whole)), moment.replace(tzinfo=UTC)
    over = quiet.ends_at(now)
    if over is not None:
        assert now < over <= now + timedelta(days=1)
        assert quiet.ends_at(over) is None
    elif quiet.begin != quiet.end:
        local = now.astimezone(BANGKOK).time()
        assert not (quiet.begin <= local < quiet.end)


@given(st.integers(1, 500), st.uuids(), st.none() | st.timedeltas(timedelta(), timedelta(days=30)))
def test_pauses_grow_up_to_a_bound_and_respect_what_was_asked(attempts, key, asked):
    pause = domain.pause_after(attempts, key.int, asked)
    assert pause >= domain.pause_after(1, key.int)
    assert pause >= min(asked or timedelta(), timedelta(days=1))
    assert domain.pause_after(attempts, key.int) <= domain.pause_after(attempts + 1, key.int) <= timedelta(minutes=36)


TRIES = st.dictionaries(
    st.sampled_from([each.channel for each in LADDER]),
    st.builds(
        Try, st.sampled_from(Sending), st.sampled_from([NOON, None]),
        st.sampled_from([None, NOON, NOON + timedelta(minutes=5)]),
    ),
)  # fmt: skip


@settings(max_examples=200)
@given(TRIES, st.integers(0, 200), st.booleans())
def test_no_rung_is_climbed_before_the_ones_below_it_are_over(tries, hours, is_read):
    done = act(tries, NOON + timedelta(hours=hours), is_read=is_read, quiet={"line": NIGHT, "sms": NIGHT})
    over = {Sending.SENT, Sending.FAILED, Sending.SKIPPED}
    if isinstance(done, Send):
        assert all(tries[each.channel].state in over for each in LADDER[: done.index])
        assert not is_read
        assert Sending.PROVED not in {each.state for each in tries.values()}


def test_a_ladder_is_of_a_kind_of_notice_and_without_one_there_is_a_mail():
    step = DeliveryStep(
        id="delivery", process="delivery",
        ladder=[{"channel": "sms", "within": "PT4H"}, {"channel": "post", "notices": ["refused"]}],
    )  # fmt: skip
    assert domain.ladder_of(step, "granted") == [Rung("sms", timedelta(hours=4))]
    whole = domain.ladder_of(step, "refused")
    assert [each.channel for each in whole] == ["sms", "post"]
    assert domain.read_ladder(domain.write_ladder(whole)) == whole
    plain = DeliveryStep(id="delivery", process="delivery")
    assert domain.ladder_of(plain, "granted") == [Rung("email")]
    assert domain.ladder_of(plain.model_copy(update={"channels": ("inbox",)}), "granted") == []


@pytest.mark.parametrize(
    ("ladder", "where"),
    [
        ([{"channel": "sms"}, {"channel": "email"}], "/ladder/0/within"),
        ([{"channel": "sms", "within": "PT1H"}, {"channel": "sms"}], "/ladder/1/channel"),
        ([{"channel": "sms", "notices": ["issued", "nonsense"]}], "/ladder/0/notices/1"),
    ],
)
def test_a_ladder_with_a_fault_is_not_published(ladder, where):
    faulty = section_for(bundle(REQUEST, DELIVERY | {"ladder": ladder}), Process.DELIVERY)
    (fault,) = domain.check_section(faulty)
    assert fault.path == f"/steps/delivery{where}"


@given(st.sampled_from(["email", "sms", "line", "post"]), st.text(min_size=1, max_size=60))
def test_a_masked_address_is_no_address(channel, address):
    assert len(domain.masked(channel, address)) < 60
    assert address not in domain.masked(channel, address) or len(address) <= 5 or set(address) <= set("*.@")
    assert domain.address_hash("k", channel, address) != domain.address_hash("l", channel, address)


def test_addresses_are_masked_so_that_one_recognises_ones_own():
    assert domain.masked("email", "somchai@example.co.th") == "s***@e***.th"
    assert domain.masked("sms", "+66812345678") == "***5678"
    assert domain.masked("post", "สมชาย ใจดี\n1/2 ถนนสุขุมวิท 10110") == "*** 10110"
    assert domain.masked("line", "U" + "0" * 32) == "U***"
