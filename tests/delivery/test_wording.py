"""Every kind of notice in both languages, whoever words it; templates are read strictly."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.contracts import events
from kit.contracts.text import Text
from services.delivery import consumers, domain
from services.delivery.domain import KINDS, Wording
from services.delivery.domain.wording import PLACES, fill, is_plain, places_of
from services.delivery.domain.wording.defects import DEFECTS
from services.delivery.domain.wording.journey import JOURNEY
from services.delivery.domain.wording.licences import LICENCES
from services.delivery.domain.wording.money import MONEY

pytestmark = pytest.mark.req("D5", part="every kind in both languages")

NAMES = st.sampled_from(sorted(PLACES))
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="{}"), max_size=20)


TURNS = {
    events.Submitted: "received", events.DefectRecorded: "defect", events.Overdue: "overdue",
    events.Granted: "granted", events.Refused: "refused", events.ReviewRefused: "refused",
    events.Returned: "returned", events.StruckOff: "struck_off", events.Invoiced: "pay",
    events.Issued: "issued", events.Expiring: "licence_expiring",
}  # fmt: skip
ENDS = {*events.NEGATIVE_ENDS, events.Issued}
"""Told by the hand-over to delivery, whatever its fact."""


@pytest.mark.req("D5")
def test_every_turn_of_a_journey_has_words_in_both_languages_and_somebody_who_tells_it():
    told = {each.fact for each in consumers.REACTIONS}
    assert {fact for fact in TURNS if fact not in ENDS} <= told
    assert consumers.HANDOVER.even_when_closed
    for kind in TURNS.values():
        subject, body = domain.say(kind, {name: f"<{name}>" for name in KINDS[kind].allowed})
        assert subject.th != subject.en
        assert body.th != body.en
        assert all(f"<{name}>" in body.th and f"<{name}>" in body.en for name in KINDS[kind].needed)


def test_no_kind_is_worded_twice():
    assert len(KINDS) == len(JOURNEY) + len(DEFECTS) + len(MONEY) + len(LICENCES)


def words(th: str, en: str | None = None) -> Text:
    return Text(th=th, en=en or th)


@pytest.mark.parametrize("code", KINDS)
def test_every_notice_speaks_thai_and_english_and_everything_in_it_is_printable(code):
    subject, body = domain.preview(KINDS[code], KINDS[code].shipped)
    for said in (subject, body):
        assert said.th != said.en
        assert any("\u0e00" <= each <= "\u0e7f" for each in said.th)
        for text in (said.th, said.en):
            assert text.replace("\n", "").isprintable()
            assert not set(text) & set("{}")


@pytest.mark.parametrize("code", KINDS)
def test_the_shipped_words_are_what_a_template_must_be(code):
    domain.check(KINDS[code], KINDS[code].shipped)


@pytest.mark.parametrize("code", [code for code, kind in KINDS.items() if kind.needed])
def test_what_law_wants_told_cannot_be_left_out(code):
    kind = KINDS[code]
    for name in kind.needed:
        body = kind.shipped.body.en.replace(f"{{{name}}}", "…")
        with pytest.raises(domain.TemplateFaulty) as faulty:
            domain.check(kind, Wording(kind.shipped.subject, words(kind.shipped.body.th, body)))
        assert [(each.pointer, each.code) for each in faulty.value.errors] == [("/body/en", "place-missing")]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("{secret}", "place-unknown"),
        ("{facts}", "place-unknown"),  # of another kind
        ("{number.__class__}", "braces"),
        ("{number[0]}", "braces"),
        ("{number!r}", "braces"),
        ("{number:>9999999}", "braces"),
        ("{0}", "braces"),
        ("{}", "braces"),
        ("{{number}}", "braces"),
        ("number}", "braces"),
        ("{Number}", "braces"),
    ],
)
def test_what_is_no_place_is_refused_naming_the_field(said, code):
    shipped = KINDS["granted"].shipped
    for wording, part in (
        (Wording(words(said), shipped.body), "subject"),
        (Wording(shipped.subject, words(said)), "body"),
    ):
        with pytest.raises(domain.TemplateFaulty) as faulty:
            domain.check(KINDS["granted"], wording)
        assert [(each.pointer, each.code) for each in faulty.value.errors] == [
            (f"/{part}/th", code),
            (f"/{part}/en", code),
        ]


@pytest.mark.parametrize("said", ["one\ntwo", "one\ttwo", "one\u2028two", "\x00", "bell\x07"])
def test_a_subject_is_one_line(said):
    shipped = KINDS["granted"].shipped
    with pytest.raises(domain.TemplateFaulty):
        domain.check(KINDS["granted"], Wording(words(said), shipped.body))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(WORDS, NAMES), max_size=6), st.dictionaries(NAMES, st.text(max_size=30)))
def test_what_a_value_says_is_never_read_as_a_place(pieces, said):
    """One pass: an officer who writes ``{appeal}`` into the facts has written seven letters in braces."""
    values = dict.fromkeys(PLACES, "{appeal}{number}{0}") | said
    template = "".join(f"{text}{{{name}}}" for text, name in pieces)
    assert is_plain(template)
    assert places_of(template) == {name for _, name in pieces}
    assert fill(template, values) == "".join(text + values[name] for text, name in pieces)


def test_english_words_take_the_place_of_thai_ones():
    _, body = domain.say("received", {"title": "ใบอนุญาต", "title_en": "Licence", "number": "1"})
    assert "Licence" in body.en
    assert "ใบอนุญาต" in body.th
    assert "ใบอนุญาต" not in body.en


def test_a_reason_that_is_not_known_is_still_said():
    assert domain.refund_reason("overpaid").en == "too much was paid"
    assert domain.refund_reason("withdrawn") == domain.refund_reason("something-new")
