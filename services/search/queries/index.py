"""The full-text index: in memory, rebuilt from the catalogue at every start."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from kit.contracts.text import Text
from services.search.domain import Entry
from services.search.queries.segmentation import asked_words, grams_of, is_thai_word, words_of
from services.search.queries.synonyms import expansions, topic_name

WRITER_BYTES = 15_000_000
MOST_WORDS = 24
MOST_PHRASES = 12
FIELDS = {"title": 4.0, "keywords": 4.0, "summary": 2.0, "body": 1.0}
SYNONYM, MISTYPED, GRAMS = 0.8, 0.5, 0.3
ENOUGH_GRAMS = 0.6
"""Of a mistyped word's grams, what must be found again."""


@dataclass(frozen=True)
class Found:
    """Ids, the best first, and how many there are beyond the limit."""

    ids: tuple[str, ...]
    total: int


class Index:
    """Tantivy over words that were cut before; every field has Thai and English in it."""

    def __init__(self) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        builder.add_text_field("topics", tokenizer_name="whitespace")
        for name in (*FIELDS, "grams"):
            builder.add_text_field(name, tokenizer_name="whitespace")
        self._schema = builder.build()
        self._index = tantivy.Index(self._schema)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add entries, each in place of the one with its id; visible when this returns."""
        with self._index.writer(WRITER_BYTES, 1) as writer:
            for entry in entries:
                writer.delete_documents_by_term("id", entry.id)
                writer.add_document(tantivy.Document(**_document(entry)))
            writer.commit()
        self._index.reload()

    def find(self, question: str, topic: str | None = None, limit: int = 10) -> Found:
        """The services that answer a question best; none when nothing in it is known."""
        searcher = self._index.searcher()
        query = self._query(question, searcher)
        if topic is not None:
            chosen = Query.const_score_query(Query.term_query(self._schema, "topics", topic), 0.0)
            query = Query.boolean_query([(Occur.Must, query), (Occur.Must, chosen)])
        result = searcher.search(query, limit)
        ids = tuple(str(searcher.doc(address)["id"][0]) for _, address in result.hits)
        return Found(ids, result.count)  # type: ignore[attr-defined]

    def _query(self, question: str, searcher: tantivy.Searcher) -> Query:
        words = asked_words(question)[:MOST_WORDS]
        parts = [self._word(word, searcher) for word in words]
        parts += [self._phrase(phrase) for phrase in expansions(question)[:MOST_PHRASES]]
        parts += self._grams(question)
        return Query.boolean_query([(Occur.Should, part) for part in parts])

    def _word(self, word: str, searcher: tantivy.Searcher) -> Query:
        """A word in any field; one that stands nowhere may be mistyped."""
        if len(word) < 4 or is_thai_word(word) or any(searcher.doc_freq(name, word) for name in FIELDS):
            return self._exact(word)
        distance = 1 if len(word) < 8 else 2
        near = [
            Query.boost_query(Query.fuzzy_term_query(self._schema, name, word, distance), boost)
            for name, boost in FIELDS.items()
        ]
        return Query.boost_query(Query.disjunction_max_query(near), MISTYPED)

    def _exact(self, word: str) -> Query:
        exact = [Query.boost_query(Query.term_query(self._schema, name, word), boost) for name, boost in FIELDS.items()]
        return Query.disjunction_max_query(exact)

    def _phrase(self, phrase: str) -> Query:
        """All words of another phrase for the same thing."""
        words = [(Occur.Must, self._exact(word)) for word in words_of(phrase)]
        return Query.boost_query(Query.boolean_query(words), SYNONYM)

    def _grams(self, question: str) -> list[Query]:
        grams = list(dict.fromkeys(grams_of(question)))
        if len(grams) < 3:
            return []
        clauses = [(Occur.Should, Query.term_query(self._schema, "grams", gram)) for gram in grams]
        enough = max(2, round(len(grams) * ENOUGH_GRAMS))
        query = Query.boolean_query(clauses, minimum_number_should_match=enough)
        return [Query.boost_query(query, GRAMS)]


def _document(entry: Entry) -> dict[str, str]:
    manual, section = entry.manual, entry.section
    names = _said([section.title, *map(topic_name, entry.topics)])
    keywords = [*entry.keywords, *entry.topics]
    body = _said(
        [
            manual.criteria, manual.responsible_unit, section.agency_name,
            *(step.title for step in manual.steps), *(document.name for document in manual.documents),
            *(fee.item for fee in manual.fees), *(source.law for source in manual.laws),
        ]
    )  # fmt: skip
    return {
        "id": entry.id,
        "topics": " ".join(entry.topics),
        "title": _joined([section.title.th, section.title.en]),
        "keywords": _joined([*keywords, *names]),
        "summary": _joined(_said([manual.summary])),
        "body": _joined(body),
        "grams": " ".join(dict.fromkeys(grams_of("\n".join([*names, *entry.keywords])))),
    }


def _said(texts: Sequence[Text]) -> list[str]:
    return [words for text in texts for words in (text.th, text.en)]


def _joined(texts: Iterable[str]) -> str:
    return " ".join(word for text in texts for word in words_of(text))
