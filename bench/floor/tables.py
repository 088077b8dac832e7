"""Tables of the floor: as many, as wide and with as many indexes as the real ones, without their meaning."""

from bench.floor.profile import COUNTERS, JOURNEY, SIZES

OUTBOX = """
CREATE TABLE outbox (seq bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, id uuid NOT NULL UNIQUE,
    address text NOT NULL, body text NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), sent_at timestamptz);
CREATE INDEX outbox_unsent ON outbox (seq) WHERE sent_at IS NULL;
CREATE TABLE inbox (id uuid PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE due_work (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, kind text NOT NULL, journey_id uuid NOT NULL,
    payload text NOT NULL DEFAULT '{}', due_at timestamptz NOT NULL, UNIQUE (kind, journey_id));
CREATE INDEX due_work_due ON due_work (due_at);
"""
TIMELINE = """
CREATE TABLE progress (journey_id uuid PRIMARY KEY, last_seq int NOT NULL);
CREATE TABLE timeline (journey_id uuid, seq int, event_id uuid NOT NULL UNIQUE, type text NOT NULL, body text NOT NULL,
    PRIMARY KEY (journey_id, seq));
"""

INSERT_INBOX = "INSERT INTO inbox (id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING id"
INSERT_OUTBOX = "INSERT INTO outbox (id, address, body) VALUES ($1, $2, $3)"
SENT_AT_ONCE = 256
UNSENT = f"SELECT seq, id, address, body FROM outbox WHERE sent_at IS NULL ORDER BY seq LIMIT {SENT_AT_ONCE}"
MARK_SENT = "UPDATE outbox SET sent_at = now() WHERE seq = ANY($1::bigint[])"
PLAN_WORK = "INSERT INTO due_work (kind, journey_id, due_at) VALUES ($1, $2, now() + $3 * interval '1 hour')"
TAKE_WORK = """
SELECT id, kind, journey_id FROM due_work WHERE due_at <= now() ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""
DROP_WORK = "DELETE FROM due_work WHERE id = ANY($1::bigint[])"
CANCEL_WORK = "DELETE FROM due_work WHERE kind = $1 AND journey_id = $2"
PROJECT = """
WITH told AS (
    SELECT *, row_number() OVER (PARTITION BY journey_id ORDER BY place) AS within
    FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS t (journey_id, event_id, type, place)
), counted AS (
    INSERT INTO progress AS known (journey_id, last_seq)
    SELECT journey_id, count(*) FROM told GROUP BY journey_id ORDER BY journey_id
    ON CONFLICT (journey_id) DO UPDATE SET last_seq = known.last_seq + excluded.last_seq
    RETURNING journey_id, last_seq)
INSERT INTO timeline (journey_id, seq, event_id, type, body)
SELECT journey_id, last_seq - max(within) OVER (PARTITION BY journey_id) + within, event_id, type, $4
FROM told JOIN counted USING (journey_id)
"""

_TEXT = '{"th": "ตัวอย่าง", "en": "an example of what is kept", "source": "platform", "mark": "D"}, '


def tables_of(service: str) -> set[str]:
    """The service's own tables that a journey writes to."""
    writes = {write[1:] for each in JOURNEY if each.service == service for write in each.writes}
    return writes - {"due_work"}


def schema_of(service: str) -> str:
    """The statements that make the service's tables."""
    own = "".join(_table(name) for name in sorted(tables_of(service)))
    return OUTBOX + (TIMELINE if service == "gateway" else "") + own


def _table(name: str) -> str:
    if name in COUNTERS:
        return f"CREATE TABLE {name} (key int PRIMARY KEY, last int NOT NULL); INSERT INTO {name} VALUES (1, 0);\n"
    _, indexes = SIZES[name]
    made = "".join(f"CREATE INDEX {name}_{each} ON {name} (journey_id);\n" for each in range(2, indexes + 1))
    return (
        f"CREATE TABLE {name} (id uuid PRIMARY KEY, journey_id uuid NOT NULL, state int NOT NULL DEFAULT 0,"
        f" body text NOT NULL);\n{made}"
    )


def insert(name: str) -> str:
    """The statement for ``(id, journey id, body)``."""
    return f"INSERT INTO {name} (id, journey_id, body) VALUES ($1, $2, $3)"


def update(name: str) -> str:
    """The statement for ``(journey id,)``; none for a counter."""
    if name in COUNTERS:
        return f"UPDATE {name} SET last = last + 1 WHERE key = 1"
    return f"UPDATE {name} SET state = state + 1 WHERE journey_id = $1"


def body_of(name: str) -> str:
    """Text that makes a row as wide as the real one."""
    size, _ = SIZES[name]
    return text_of(size - 60)


def text_of(size: int) -> str:
    """Words of the size, in bytes."""
    return (_TEXT * (size // len(_TEXT) + 1)).encode()[: max(size, 0)].decode(errors="ignore")
