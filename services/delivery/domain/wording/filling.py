"""Words with places in braces: read strictly, filled in one pass, nothing in them is ever run."""

import re
from collections.abc import Iterable, Mapping

_PLACE = re.compile(r"\{([a-z][a-z_]{0,39})\}")


def places_of(words: str) -> frozenset[str]:
    """The names in braces."""
    return frozenset(_PLACE.findall(words))


def is_plain(words: str) -> bool:
    """Whether every brace belongs to a name: no attributes, indexes, conversions or formats."""
    return not set(_PLACE.sub("", words)) & set("{}")


def fill(words: str, values: Mapping[str, str]) -> str:
    """Put the values in; what stands in a value is never read as a place. KeyError for a place without one."""
    return _PLACE.sub(lambda place: values[place[1]], words)


def in_english(values: Mapping[str, str]) -> dict[str, str]:
    """``…_en`` values take the place of their namesakes."""
    return {**values, **{name.removesuffix("_en"): value for name, value in values.items() if name.endswith("_en")}}


def missing(words: str, needed: Iterable[str]) -> list[str]:
    """What must stand in braces and does not."""
    return sorted(set(needed) - places_of(words))
