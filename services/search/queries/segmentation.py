"""From text to words: Thai is cut by dictionary, English loses its endings; both as people type them."""

import importlib.util
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import nlpo3

from kit.memory import give_back
from kit.thai import ascii_digits, normalise

DICTIONARY = "thai"
LANGUAGE = Path(__file__).parents[1] / "language"
MOST_CHARACTERS = 20_000

_WORD = re.compile(r"[\u0e01-\u0e4e]+|[^\W_\u0e00-\u0e7f]+")
_LATIN = re.compile(r"[a-z]+")
_ENDINGS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ss", "ss"), ("s", ""))


def normalised(text: str) -> str:
    """The text as it is compared: one spelling, Arabic digits, lower case."""
    return ascii_digits(normalise(text[:MOST_CHARACTERS])).lower()


def words_of(text: str) -> list[str]:
    """The words of a text in order, as they stand in the index."""
    return [word for run in _WORD.findall(normalised(text)) for word in _cut(run)]


def asked_words(text: str) -> list[str]:
    """The words of a question, without those that say nothing; all of them when nothing else is left."""
    words = list(dict.fromkeys(words_of(text)))
    return [word for word in words if word not in _empty_words()] or words


@cache
def _empty_words() -> frozenset[str]:
    return frozenset(json.loads((LANGUAGE / "empty_words.json").read_text(encoding="utf-8")))


def grams_of(text: str) -> list[str]:
    """Runs of three characters: what a mistyped word still shares with the right one."""
    runs = _WORD.findall(normalised(text))
    return [run[at : at + 3] for run in runs for at in range(max(1, len(run) - 2))]


def _cut(run: str) -> list[str]:
    if _LATIN.fullmatch(run):
        return [_stem(run)]
    if "\u0e00" <= run[0] <= "\u0e7f":
        _dictionary()
        return [word.strip() for word in nlpo3.segment(run, DICTIONARY) if word.strip()]
    return [run]


def _stem(word: str) -> str:
    """The word without its plural ending."""
    if len(word) <= 3:
        return word
    return next((word.removesuffix(ending) + put for ending, put in _ENDINGS if word.endswith(ending)), word)


def is_thai_word(word: str) -> bool:
    """Whether the dictionary has it: then it is no mistyped other word."""
    return word in _dictionary()


class _Words:
    """Sorted words in one text: 1.5 MiB, where a set of as many strings takes ten for good."""

    def __init__(self, words: Iterable[str]) -> None:
        self._text = "\n".join(["", *sorted(words), ""])

    def __contains__(self, word: str) -> bool:
        low, high = 0, len(self._text) - 1  # two breaks between lines; what is looked for stands between them
        while low < high:
            start = self._text.rfind("\n", low, (low + high) // 2 + 1)
            end = self._text.index("\n", start + 1)
            found = self._text[start + 1 : end]
            if found == word:
                return True
            low, high = (end, high) if found < word else (low, start)
        return False


@cache
def _dictionary() -> _Words:
    """Load pythainlp's list of words; the package itself is never imported, since that writes to the disk."""
    found = importlib.util.find_spec("pythainlp")
    folders = found.submodule_search_locations if found is not None else None
    path = Path(next(iter(folders or ["."]))) / "corpus" / "words_th.txt"
    if not path.is_file():
        raise RuntimeError("the Thai word list of pythainlp is not installed")
    nlpo3.load_dict(str(path), DICTIONARY)
    words = _Words(path.read_text(encoding="utf-8").split())
    give_back()  # what loading has freed: 13 MiB
    return words
