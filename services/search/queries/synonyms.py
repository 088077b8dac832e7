"""Everyday words for official ones, and the names of topics; both are data beside the code."""

import json
from functools import cache

from kit.contracts.text import Text
from services.search.queries.segmentation import LANGUAGE, normalised, words_of

LONG = 8


def expansions(question: str) -> list[str]:
    """The other phrases for what a question says: of every group that has a phrase in it, the rest."""
    asked = _Asked(question)
    groups = [group for group in _groups() if any(asked.says(phrase) for phrase in group)]
    return [phrase for group in groups for phrase in group if not asked.says(phrase)]


class _Asked:
    """A question, and whether it has a phrase in it."""

    def __init__(self, question: str) -> None:
        self._words = f" {' '.join(words_of(question))} "
        self._joined = normalised(question).replace(" ", "")

    def says(self, phrase: str) -> bool:
        """By words; a long Thai phrase by its letters too, for its neighbours may change where it is cut."""
        if f" {' '.join(words_of(phrase))} " in self._words:
            return True
        return not phrase.isascii() and len(phrase) >= LONG and phrase.replace(" ", "") in self._joined


@cache
def _groups() -> tuple[tuple[str, ...], ...]:
    groups: list[list[str]] = json.loads((LANGUAGE / "synonyms.json").read_text(encoding="utf-8"))
    return tuple(tuple(normalised(phrase) for phrase in group) for group in groups)


def topic_name(topic: str) -> Text:
    """What people call a topic; the code itself when nobody named it."""
    return _topics().get(topic) or Text(th=topic, en=topic)


@cache
def _topics() -> dict[str, Text]:
    names: dict[str, dict[str, str]] = json.loads((LANGUAGE / "topics.json").read_text(encoding="utf-8"))
    return {topic: Text.model_validate(name) for topic, name in names.items()}
