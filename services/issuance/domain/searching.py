"""How the public register is searched: what is shown, in one spelling, and its character n-grams. Pure.

Thai has no spaces between words: any two or three characters in a row are kept, and a word is found wherever it stands
in a name. Only what the register shows is ever searched.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kit.contracts.text import Text
from kit.errors import FieldError, Unprocessable
from kit.thai import ascii_digits, normalise

SIZES = (2, 3)
_LONGEST = max(SIZES)
_APART = "\n"
"""Between two texts, so that no phrase is found across them."""


class SearchTooShort(Unprocessable):
    """No word of the search has two characters."""

    code = "search-too-short"
    title = Text(th="คำค้นต้องมีอย่างน้อยสองตัวอักษรติดกัน", en="A word of two characters or more is needed")


@dataclass(frozen=True)
class Search:
    """What must be found: each phrase in the text, each n-gram among those kept."""

    phrases: tuple[str, ...]
    grams: tuple[str, ...]


def search_of(typed: str) -> Search:
    """What somebody typed, by its words; SearchTooShort where there is nothing to look for."""
    phrases = tuple(dict.fromkeys(filter(None, (_spelt(each) for each in typed.split()))))
    grams = sorted({gram for phrase in phrases for word in phrase.split() for gram in _needed(word)})
    if not grams:
        raise SearchTooShort(errors=[FieldError("/q", "too-short", SearchTooShort.title, part="query")])
    return Search(phrases, tuple(grams))


def searched(number: str, title: Mapping[str, str], public: Sequence[Mapping[str, Any]]) -> str:
    """What of a document is searched: number, title in both languages, the values that the register shows."""
    texts = (number, title["th"], title["en"], *(each["value"] for each in public))
    return _APART.join(filter(None, map(_spelt, texts)))


def grams_of(text: str) -> list[str]:
    """The n-grams of every word of a searched text, each once; none has a space in it."""
    return sorted({gram for word in text.split() for size in SIZES for gram in _grams(word, size)})


def _spelt(text: str) -> str:
    """Words with one space between: Thai spelling and digits as one, without case; marks of punctuation part words."""
    plain = ascii_digits(normalise(text)).casefold()
    return " ".join("".join(each if unicodedata.category(each)[0] in "LMN" else " " for each in plain).split())


def _needed(word: str) -> Iterable[str]:
    return _grams(word, min(len(word), _LONGEST)) if len(word) >= min(SIZES) else ()


def _grams(word: str, size: int) -> Iterable[str]:
    return (word[start : start + size] for start in range(len(word) - size + 1))
