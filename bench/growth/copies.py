"""What a copy of a finished journey's row is made of, column by column.

A copy differs in what is unique: every id becomes another id, the same one in all databases, numbers run on, times
lie spread over the past year. Every 500th is left waiting at review, approval and the till, so that queues have
something.
"""

from collections.abc import Sequence

PEOPLE = 5
"""One person for so many journeys."""
WAITING = 500
"""One journey of so many waits in the queues."""
SHORT = 100
"""Characters kept of an old text that nothing reads any more: the rows and their indexes are all there."""
WHOLE = 10_000
"""So many of the newest journeys keep such texts whole."""
BEHIND = 1_000
"""Running numbers left to the journeys that were really walked before."""

TABLES: dict[str, tuple[str, ...]] = {
    "gateway": ("journey", "progress", "timeline", "inbox", "tombstone"),
    "request": ("application", "outbox", "inbox", "tombstone"),
    "review": ("cases", "case_acts", "outbox", "inbox"),
    "approval": ("decisions", "outbox", "inbox"),
    "payment": ("invoice", "payment", "receipt", "ledgerentry", "outbox", "inbox", "due_work"),
    "issuance": ("document", "number", "outbox", "inbox"),
    "delivery": ("delivery", "notice", "outbox", "inbox"),
    "identity": ("person", "session", "refresh_token", "authentication"),
}
OF_A_PERSON = frozenset({"person", "person_id"})

_WAITS = f"n % {WAITING} = 0"
_RUNNING = f"regexp_replace({{0}}, '[0-9]{{{{6}}}}$', lpad((n + {BEHIND})::text, 7, '0'))"
_LONG = "substr(md5({0}::text || n::text) || md5(n::text || {0}::text), 1, length({0}))"
OWN = {
    ("gateway", "progress", "is_ended"): f"NOT {_WAITS}",
    ("request", "application", "number"): _RUNNING,
    ("review", "cases", "application_number"): _RUNNING,
    ("review", "cases", "state"): f"CASE WHEN {_WAITS} THEN 'waiting' ELSE {{0}} END",
    ("review", "cases", "clock_stopped_at"): f"CASE WHEN {_WAITS} THEN NULL ELSE {{0}} - shift END",
    ("approval", "decisions", "state"): f"CASE WHEN {_WAITS} THEN 'waiting' ELSE {{0}} END",
    ("payment", "invoice", "state"): f"CASE WHEN {_WAITS} THEN 'open' ELSE {{0}} END",
    ("payment", "invoice", "reference1"): "upper(" + _LONG + ")",
    ("payment", "payment", "transaction_id"): _LONG,
    ("payment", "due_work", "due_at"): "now() + interval '17 days 1 hour' - shift",
    ("payment", "due_work", "key"): "(head || key__tail)::uuid::text",
    ("issuance", "document", "application_number"): _RUNNING,
    ("issuance", "document", "token"): _LONG,
    ("issuance", "document", "sha256"): _LONG,
    ("issuance", "document", "stored_as"): "{0} || n",
}
SHORTENED = {"outbox": ("body",), "notice": ("body_th", "body_en"), "decisions": ("content",)}
"""Long texts of old journeys, read by nothing that is measured; their slips are left out too."""
_HEX = "md5({0}::text)"
Columns = Sequence[tuple[str, str]]


def statement(service: str, table: str, columns: Columns, count: int) -> str:
    """Inserts the copies ``$1 … $2`` of the rows of ``bench.<table>``, of ``count`` in all.

    ``head`` is the time in a version 7 id, ``own`` and ``owner`` the random beginning of one in identity and of a
    person's elsewhere; the tail of an id is made once for each row of the template.
    """
    names = ", ".join(name for name, _ in columns)
    values = ", ".join(expression(service, table, name, kind, count) for name, kind in columns)
    ids = [name for name, kind in columns if kind == "uuid"] + (["key"] if table == "due_work" else [])
    tails = "".join(f", '7' || substr({_HEX.format(name)}, 1, 3) || '8' || substr({_HEX.format(name)}, 4, 15)"
                    f" AS {name}__tail" for name in ids)  # fmt: skip
    recent = f"WHERE n > {count} - {count} * 17 / 365" if table == "due_work" else ""
    return (
        f"WITH template AS MATERIALIZED (SELECT *{tails} FROM bench.{table}), copy AS MATERIALIZED ("
        f"SELECT n, '0' || to_hex(1700000000000 + n) AS head, substr(md5(n::text), 1, 12) AS own,"
        f" substr(md5((n % {max(count // PEOPLE, 1)} + 1)::text), 1, 12) AS owner,"
        f" make_interval(days => (({count} - n) * 365::bigint / {count})::int) AS shift"
        f" FROM generate_series($1::int, $2::int) AS n)"
        # Journey by journey, as they would have come.
        f" INSERT INTO {table} ({names}) SELECT {values} FROM copy,"
        f" LATERAL (SELECT * FROM template WHERE n > 0 OFFSET 0) AS each {recent}"
    )


def expression(service: str, table: str, column: str, kind: str, count: int) -> str:
    """The value of a column: ``n`` is the copy's number, ``shift`` how long before now it was."""
    if (service, table, column) in OWN:
        return OWN[service, table, column].format(column)
    if column in SHORTENED.get(table, ()) or column == "slip":
        short = "'{}'" if column == "slip" else f"left({column}, {SHORT})"
        return f"CASE WHEN n > {count - WHOLE} OR {_WAITS} THEN {column} ELSE {short} END"
    if kind == "uuid":
        return f"({_head(service, column)} || {column}__tail)::uuid"
    by_kind = {
        "timestamp with time zone": f"{column} - shift",
        "date": f"{column} - extract(day from shift)::int",
        "bytea": _bytes(column),
    }
    return by_kind.get(kind, f"n + {BEHIND}" if column == "running" else column)


def _head(service: str, column: str) -> str:
    if service == "identity":
        return "own"
    return "owner" if column in OF_A_PERSON else "head"


def _bytes(column: str) -> str:
    if column.endswith("hash") or column == "idempotency":
        return f"decode(md5({column}::text || n) || md5(n || {column}::text), 'hex')"
    return column
