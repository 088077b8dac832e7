"""Words, synonyms and the index: everyday and mistyped questions find the right service first."""

import importlib.util
import random
import sys
from pathlib import Path

import pytest

from services.search.queries import Index, expansions, normalised, topic_name, words_of
from services.search.queries.segmentation import asked_words, grams_of, is_thai_word
from tests.search.conftest import SERVICES, entry


@pytest.fixture(scope="module")
def index():
    index = Index()
    index.put(entry(*each) for each in SERVICES)
    return index


@pytest.mark.parametrize(
    ("typed", "compared"),
    [
        ("น\u0e4d\u0e32", "นำ"),
        ("ใบ\u200bอนุญาต", "ใบอนุญาต"),
        ("เเผงลอย", "แผงลอย"),
        ("ปี ๒๕๖๙", "ปี 2569"),
        ("ID Card", "id card"),
        ("cafe\u0301", "café"),
    ],
)
def test_spellings_of_the_same_are_the_same(typed, compared):
    assert normalised(typed) == compared


def test_the_dictionary_knows_its_words_and_nothing_between_them():
    """Every word, and every word with a letter more or less: as a set of the words would have it."""
    folder = next(iter(importlib.util.find_spec("pythainlp").submodule_search_locations))
    words = (Path(folder) / "corpus" / "words_th.txt").read_text(encoding="utf-8").split()
    known = set(words)
    assert [word for word in words if not is_thai_word(word)] == []
    others = {"", "\uffff", "!", *(word[:-1] for word in words), *(f"{word}ก" for word in words[::10])}
    assert {word for word in others if is_thai_word(word)} == others & known


def test_thai_is_cut_into_words_and_english_loses_its_plural():
    assert words_of("หนังสือรับรองการแจ้งจัดตั้งสถานที่จำหน่ายอาหาร") == [
        "หนังสือรับรอง", "การ", "แจ้ง", "จัดตั้ง", "สถานที่", "จำหน่าย", "อาหาร",
    ]  # fmt: skip
    assert words_of("Licences, taxes & companies (ปี 2569)") == ["licence", "tax", "company", "ปี", "2569"]


def test_empty_words_are_dropped_from_a_question_unless_it_has_no_others():
    assert asked_words("อยากเปิดร้านอาหารต้องทำยังไงครับ") == ["เปิด", "ร้านอาหาร"]
    assert asked_words("how do I get a licence") == ["licence"]
    assert asked_words("การ") == ["การ"]
    assert asked_words("!!! ...") == []


def test_short_words_have_grams_of_their_own():
    assert grams_of("abcd ก") == ["abc", "bcd", "ก"]


def test_a_synonym_is_meant_only_where_its_word_stands():
    assert "บัตรประจำตัวประชาชน" in expansions("ทำบัตรประชาชนหาย")
    assert "บัตรประชาชน" in expansions("lost my ID card")
    assert expansions("สามารถ") == []  # ends like รถ, a vehicle
    assert expansions("หมายเหตุ") == []  # begins like หมา, a dog
    assert expansions("scarcity") == []  # has car in it


def test_a_topic_without_a_name_is_called_by_its_code():
    assert topic_name("food").en == "Food and restaurants"
    assert topic_name("no-such-topic").th == "no-such-topic"


@pytest.mark.req("S1", part="everyday words, typing errors, segmented Thai, English; no p99 claim yet")
@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("ใบอนุญาตจัดตั้งสถานที่จำหน่ายอาหาร", "food-licence"),
        ("อยากเปิดร้านอาหารต้องทำยังไง", "food-licence"),
        ("เปิดคาเฟ่", "food-licence"),
        ("restaurant licence", "food-licence"),
        ("resturant", "food-licence"),
        ("ร้านอาหาน", "food-licence"),
        ("ใบขับขี่", "driving-licence"),
        ("ใบขับขึ่", "driving-licence"),
        ("drivng license", "driving-licence"),
        ("ทำบัตรประชาชนหาย", "identity-card"),
        ("แจ้งเกิดลูก", "birth"),
        ("ใบอนุญาติก่อสร้าง", "building"),
        ("how can I build a house", "building"),
        ("คนแก่ได้เงินเท่าไหร่", "elderly"),
        ("ขายเหล้า", "liquor"),
        ("ข้อมูลข่าวสาร", "information"),
        ("โรงแรท", "hotel"),
        ("hotels", "hotel"),
        ("ติดป้ายหน้าร้าน", "signboard"),
        ("signbord", "signboard"),
        ("ร้องทุกข์", "complaint"),
    ],
)
def test_the_right_service_comes_first(index, question, expected):
    assert index.find(question).ids[:1] == (expected,)


@pytest.mark.parametrize(
    "question", ["", "   ", "!!!", "zzzz", "อวกาศ", "passport", "หมายเหตุ", "\x00", "AND OR NOT ()"]
)
def test_what_nobody_offers_finds_nothing(index, question):
    found = index.find(question)
    assert (found.ids, found.total) == ((), 0)


def test_a_topic_narrows_the_answer(index):
    assert index.find("licence").total > 1
    assert index.find("licence", "excise").ids == ("liquor",)
    assert index.find("licence", "no-such-topic").ids == ()


def test_the_limit_leaves_the_total_alone(index):
    found = index.find("licence", limit=2)
    assert len(found.ids) == 2
    assert found.total > 2


def test_an_entry_takes_the_place_of_its_older_version():
    index = Index()
    index.put([entry("one", "แจ้งเกิด", "Birth", ["identity"])])
    index.put([entry("one", "แจ้งตาย", "Death", ["identity"]), entry("two", "โรงแรม", "Hotel", ["travel"])])
    assert index.find("birth").ids == ()
    assert index.find("death").ids == ("one",)
    assert index.find("hotel").ids == ("two",)


def test_no_question_breaks_the_index(index):
    chosen = random.Random(8)
    letters = (
        [chr(code) for code in range(0x0E00, 0x0E5C)] + list("abc 12\"'\\*?:^~()[]{}\n\t-+/") + ["😀", "\u200b", "ﷺ"]
    )
    for _ in range(300):
        index.find("".join(chosen.choice(letters) for _ in range(chosen.randint(0, 200))))


def test_the_package_that_writes_to_the_disk_is_not_imported():
    words_of("ใบอนุญาต")
    assert "services.search.queries" in sys.modules
    owned = [
        name
        for name, module in sys.modules.items()
        if name.startswith("services.search") and hasattr(module, "pythainlp")
    ]
    assert owned == []
