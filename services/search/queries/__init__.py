"""Reads of search: the catalogue in memory, its index, the words of questions."""

from services.search.queries.catalogue import Catalogue, keep_fresh
from services.search.queries.index import Found, Index
from services.search.queries.segmentation import normalised, words_of
from services.search.queries.synonyms import expansions, topic_name

__all__ = [
    "Catalogue",
    "Found",
    "Index",
    "expansions",
    "keep_fresh",
    "normalised",
    "topic_name",
    "words_of",
]
