"""What no schema would think of: bytes that are no text, values at the edges, headers that mean something."""

import base64
import copy
import random
from collections.abc import Iterator
from typing import Any

NASTY: tuple[Any, ...] = (
    None, True, 0, -1, 2**31, 2**63, 10**400, 1.5, 1e308, "", " ", "x" * 5000, "a\0b", "\ud800", "ก" * 300, "\u202e",
    [], {}, [[]], {"a": {}}, [None], "2026-13-45", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
    "../../etc/passwd", "'; DROP TABLE inbox; --", "${jndi:ldap://x}", "NaN", "-0", "1e999", "٣", "\ufeff",
)  # fmt: skip

DEEP = b"[" * 50_000 + b"]" * 50_000

BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b""),
    ("application/json", b"{"),
    ("application/json", b"null"),
    ("application/json", b"[]"),
    ("application/json", b'"text"'),
    ("application/json", b"NaN"),
    ("application/json", b'{"a": 1e999, "b": -Infinity}'),
    ("application/json", b'{"ids": ' + b"9" * 5000 + b"}"),
    ("application/json", b'{"a": "\xff\xfe"}'),
    ("application/json", b'{"\\ud800": "\\udfff"}'),
    ("application/json", b'{"a": "\\u0000"}'),
    ("application/json", b"\xef\xbb\xbf{}"),
    ("application/json", '{"a": "ก"}'.encode("utf-16")),
    ("application/json", DEEP),
    ("application/json; charset=utf-7", b"{}"),
    ("application/json; charset=no-such", b'{"a": "\xe0"}'),
    ("application/vnd.x+json", b"{}"),
    ("text/plain", b"{}"),
    ("", b"{}"),
    ("application/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
    ("application/x-www-form-urlencoded", b"grant_type=refresh_token&refresh_token=%FF%00&=&&a"),
    ("application/x-www-form-urlencoded", b"grant_type=authorization_code&code=%ED%A0%80&code_verifier=" + b"x" * 43),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=file\r\n\r\nabc\r\n--x--\r\n"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="\xff"\r\n\r\n'),
    ("multipart/form-data; boundary=", b"--\r\n\r\n"),
)

HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"Accept-Language", b"\xff\xfe"),
    (b"Accept-Language", b"th;q=x, en;q=1.0001, *;q=" + b"9" * 50),
    (b"Accept", b"application/x-nothing"),
    (b"If-Match", b'"\xe0\xb8\x81"'),
    (b"If-Match", b'W/"1", *, "' + b"1" * 400 + b'"'),
    (b"If-Match", b'"' + b"9" * 30 + b'"'),
    (b"If-None-Match", b"*" * 501),
    (b"If-None-Match", b'"", W/""'),
    (b"Idempotency-Key", b""),
    (b"Idempotency-Key", b"k" * 256),
    (b"Idempotency-Key", b"\xff"),
    (b"Idempotency-Key", b"k"),
    (b"Last-Event-ID", b"-1"),
    (b"Last-Event-ID", b"9" * 30),
    (b"Content-Length", b"9" * 30),
    (b"Content-Encoding", b"gzip"),
    (b"Expect", b"100-continue"),
    (b"Range", b"bytes=5-1"),
    (b"traceparent", b"00-zz-zz-01"),
    (b"traceparent", b"00-" + b"0" * 32 + b"-" + b"f" * 16 + b"-01"),
    (b"Cookie", b"a=\xff; =; $"),
    (b"X-Forwarded-For", b"\xff, ::1, x"),
    (b"X-HTTP-Method-Override", b"DELETE"),
    (b"Host", b"elsewhere.example"),
)

WORDS: tuple[str, ...] = (
    "", "%00", "%FF", "%ED%A0%80", "%20", "%2e%2e", "..%2f..", "-1", "0", "%D9%A3", "9" * 400, "x" * 3000,
    "%27%20OR%201=1", "null", "%E0%B8%81" * 100, "00000000-0000-0000-0000-000000000000", "%7B%7D", "a%0Ab", "%",
)  # fmt: skip
"""As they stand in an address, for a part of a path or a value of a query."""

CURSORS = tuple(
    base64.urlsafe_b64encode(each).decode()
    for each in (
        b"", b"\xff", b"2026-01-01T00:00:00+00:00 x", b"9999-12-31T23:59:59-23:59 " + b"0" * 32,
        b"0001-01-01T00:00:00+23:59 " + b"0" * 32, b"2026-01-01T00:00:00+00:00 " + b"0" * 32,
    )
)  # fmt: skip

CREDENTIALS: tuple[bytes, ...] = (
    b"", b"Bearer", b"Bearer ", b"Bearer a.b.c", b"Bearer \xff", b"Basic \xff", b"Basic Og==", b"Basic YTpi",
    b"Basic gIA6gIA=", b"Journey", b"Journey x", b"Journey x.y", b"Journey \xff.\xff", b"Digest x", b"\xff",
    b"Bearer eyJhbGciOiJub25lIn0.e30.", b"Bearer " + b"a" * 9000, b"Bearer eyJhbGciOiJIUzI1NiJ9.W10.x",
)  # fmt: skip


def places(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a JSON value, the whole first."""
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in items:
        yield from places(each, (*at, name))


def spoilt(value: Any, chance: random.Random) -> Any:
    """The value with one thing changed: replaced by something nasty, left out, or one too many."""
    value = copy.deepcopy(value)
    at = chance.choice(list(places(value)))
    if not at:
        return _with_one_more(value, chance) if isinstance(value, dict) else chance.choice(NASTY)
    holder = value
    for name in at[:-1]:
        holder = holder[name]
    if chance.random() < 0.25:
        del holder[at[-1]]
    else:
        holder[at[-1]] = chance.choice(NASTY)
    return value


def _with_one_more(value: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return value | {chance.choice(["x", "", "__proto__", "id", "state", "ก"]): chance.choice(NASTY)}
