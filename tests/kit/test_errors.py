import pytest

from kit import errors
from kit.contracts.text import Text
from kit.errors import (
    Conflict,
    FieldError,
    NotFound,
    Problem,
    TooManyRequests,
    Unavailable,
    Unprocessable,
    language_of,
    problem_body,
)

WORDS = Text(th="คดีปิดแล้ว", en="The case is closed")


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        (None, "th"),
        ("", "th"),
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("th-TH,th;q=0.9,en;q=0.8", "th"),
        ("en;q=0.5, th;q=0.7", "th"),
        ("th;q=0.5, en;q=0.7", "en"),
        ("en, th", "en"),
        ("th;q=0, en;q=0.1", "en"),
        ("en;q=0", "th"),
        ("de, fr;q=0.9", "th"),
        ("de, en;q=0.2", "en"),
        ("*", "th"),
        ("EN", "en"),
        ("en;q=abc", "th"),
        ("en;q=9", "th"),
        ("x" * 10_000, "th"),
        (",;,q=,;;", "th"),
    ],
)
def test_language_is_the_one_the_reader_prefers(accept_language, language):
    assert language_of(accept_language) == language


def test_text_needs_both_languages():
    with pytest.raises(ValueError, match="en"):
        Text(th="ก", en="  ")
    assert (WORDS.in_language("th"), WORDS.in_language("en")) == (WORDS.th, WORDS.en)


@pytest.mark.req("G1", part="problems have stable types and two languages")
def test_body_has_the_members_of_rfc_9457_in_one_language():
    problem = Unprocessable(
        WORDS,
        errors=[FieldError("/name/0", "required", WORDS), FieldError("/limit", "too-long", WORDS, "query")],
    )
    assert problem_body(problem, "en", "/v1/cases/1") == {
        "type": "urn:paet:problem:unprocessable",
        "title": Unprocessable.title.en,
        "status": 422,
        "detail": "The case is closed",
        "instance": "/v1/cases/1",
        "errors": [
            {"in": "body", "pointer": "/name/0", "code": "required", "detail": "The case is closed"},
            {"in": "query", "pointer": "/limit", "code": "too-long", "detail": "The case is closed"},
        ],
    }
    assert problem_body(problem, "th", "/")["title"] == Unprocessable.title.th


def test_extensions_become_members_and_text_among_them_is_translated():
    body = problem_body(Conflict(version=3, why=WORDS), "th", "/")
    assert (body["version"], body["why"]) == (3, "คดีปิดแล้ว")
    assert "detail" not in body
    assert "errors" not in body


@pytest.mark.parametrize("name", ["type", "title", "status", "instance"])
def test_extension_may_not_shadow_a_standard_member(name):
    with pytest.raises(TypeError, match=name):
        Conflict(**{name: "x"})


@pytest.mark.parametrize("members", [{"code": "Not Kebab"}, {"code": "case_closed"}, {"code": ""}, {"status": 200}])
def test_problem_with_an_unusable_code_or_status_is_refused_when_it_is_defined(members):
    with pytest.raises(TypeError, match="kebab-case"):
        type("Faulty", (Conflict,), members)


def test_every_shipped_problem_has_its_own_type():
    shipped = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, Problem)]
    public = [each for each in shipped if not each.__name__.startswith("_")]
    assert len({each.code for each in public}) == len(public) >= 14
    assert len({each.status for each in public}) == len(public)


def test_problem_says_nothing_of_its_detail_in_a_log():
    problem = NotFound(WORDS, person="3100100000022")
    assert str(problem) == "404 not-found"
    assert repr(problem) == "NotFound('not-found')"


@pytest.mark.parametrize("kind", [Unavailable, TooManyRequests])
def test_what_passes_says_when_to_come_again(kind):
    assert kind().headers == {"Retry-After": "5"}
    assert kind(WORDS, retry_after=2).headers == {"Retry-After": "2"}
