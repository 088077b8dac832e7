import json
import pytest
from tests.gateway.test_proxy import forwarding, echo, JOURNEY  # noqa
from tests.bundles import information_bundle

def hdr(**k): return k

CASES = {
 "query utf8": ("GET", "/v1/search?q=%FF%FE", {}, None),
 "raw query": ("GET", b"/v1/search?q=\xff\xfe", {}, None),
 "long query": ("GET", "/v1/search?q=" + "a"*70000, {}, None),
 "accept-language": ("GET", "/v1/search?q=a", {"accept-language": b"\xe0\xb8\x81"}, None),
 "if-none-match": ("GET", "/v1/search?q=a", {"if-none-match": b"\xff"}, None),
 "ctl header": ("GET", "/v1/search?q=a", {"if-none-match": b"a\tb\x7f"}, None),
 "ct": ("POST", "/v1/token", {"content-type": b"\xff"}, b"x"),
 "auth": ("POST", "/v1/token", {"authorization": b"Basic \xff"}, b"x"),
 "auth2": ("GET", "/v1/me", {"authorization": b"Bearer \xff"}, None),
 "auth3": ("GET", "/v1/journeys", {"authorization": b"Journey PT-0000-0000-0000.\xff"+b"0"*31}, None),
 "path": ("GET", "/v1/services/%FF", {}, None),
 "path2": ("GET", "/v1/services/a%2Fb", {}, None),
 "path3": ("GET", "/v1/services/a%0d%0ab", {}, None),
 "path4": ("GET", "/v1/journeys/%E0%B8%81", {}, None),
 "sur": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, rb'{"definition":"\ud800","\ud801":1}'),
 "sur key": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, rb'{"definition":"abc","\ud801":1}'),
 "nan": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, rb'{"definition":NaN}'),
 "huge": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, b'{"definition":'+b"9"*5000+b'}'),
 "deep": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, b'{"definition":'+b"["*100000+b"]"*100000+b'}'),
 "deep900": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, b'{"definition":'+b"["*900+b"]"*900+b'}'),
 "utf8": ("POST", "/v1/journeys", {"idempotency-key": "a"*40, "content-type":"application/json"}, b'{"definition":"\xff"}'),
 "key": ("POST", "/v1/journeys", {"idempotency-key": b"\xff"*40, "content-type":"application/json"}, b'{"definition":"abc"}'),
 "lastid": ("GET", f"/v1/journeys/{JOURNEY}/events", {"last-event-id": "9"*5000, "authorization":"CIT"}, None),
 "inm": ("GET", f"/v1/journeys/{JOURNEY}", {"if-none-match": b"\xff", "authorization":"CIT"}, None),
 "before": ("GET", "/v1/journeys?before=x&limit=99999999999999999999999", {"authorization":"CIT"}, None),
 "version": ("GET", "/v1/definitions/abc/99999999999999999999999", {}, None),
 "pub sur": ("POST", "/v1/definitions", {"content-type":"application/json","authorization":"PUB"}, rb'{"definition":{"\ud800":1,"id":"\ud800"},"files":{"\ud800":"\ud800"}}'),
 "pub deep": ("POST", "/v1/definitions", {"content-type":"application/json","authorization":"PUB"}, b'{"definition":{"plan":'+b"["*900+b"]"*900+b'}}'),
 "pub nan": ("POST", "/v1/definitions", {"content-type":"application/json","authorization":"PUB"}, b'{"definition":{"version":NaN, "id":Infinity}}'),
 "pub huge": ("POST", "/v1/definitions", {"content-type":"application/json","authorization":"PUB"}, b'{"definition":{"version":'+b"9"*4000+b'}}'),
 "pub form": ("POST", "/v1/definitions", {"content-type":"text/plain","authorization":"PUB"}, b'x'),
 "cal": ("PUT", "/v1/calendar/0001-01-01", {"content-type":"application/json","authorization":"ADM"}, b'{"is_workday":true}'),
 "cal2": ("PUT", "/v1/calendar/9999-12-31", {"content-type":"application/json","authorization":"ADM"}, b'{"is_workday":false}'),
 "cal3": ("PUT", "/v1/calendar/99999999999999999", {"content-type":"application/json","authorization":"ADM"}, b'{"is_workday":false}'),
 "method": ("FOO", "/v1/journeys", {}, None),
 "trailing": ("GET", "//evil.example/v1/journeys/", {}, None),
 "slash": ("GET", "/v1/search/", {}, None),
 "host": ("GET", "/v1/search/", {"host": b"evil.example"}, None),
}

@pytest.mark.parametrize("name", CASES)
async def test_x(forwarding, name, capsys):
    method, path, headers, body = CASES[name]
    g = forwarding
    who = {"CIT": g.citizen(), "PUB": g.officer("publisher"), "ADM": g.officer("administrator")}
    h = []
    for k, v in headers.items():
        if isinstance(v, str) and v in who: v = who[v]["Authorization"]
        h.append((k.encode(), v if isinstance(v, bytes) else v.encode()))
    import httpx
    url = "http://test" 
    if isinstance(path, bytes):
        req = g.client.build_request(method, "/", headers=h, content=body)
        req.url = req.url.copy_with(raw_path=path)
    elif len(path) > 60000:
        req = g.client.build_request(method, "/", headers=h, content=body)
        from httpx._urlparse import ParseResult
        class U:
            def __init__(s,u): s.u=u
            def __getattr__(s,n): return getattr(s.u,n)
            raw_path = path.encode(); 
            @property
            def query(s): return path.partition("?")[2].encode()
            @property
            def path(s): return path.partition("?")[0]
        u=U(req.url); req.url = u
    else:
        req = g.client.build_request(method, path, headers=h, content=body)
    a = await g.client.send(req)
    with capsys.disabled():
        print(f"\n{name}: {a.status_code} {a.headers.get('location','')} {a.text[:200]!r}")
    assert a.status_code < 500, a.text
