"""What no service could be sent is the caller's fault, told as a problem in Thai and English."""

import pytest

from tests.gateway.test_proxy import forwarding  # noqa: F401 - the fixture

SEARCH = "/v1/search?q=a"
CASES = {
    "Thai letters": ("GET", SEARCH, {"accept": "ไทย".encode()}),
    "bytes of no encoding": ("GET", SEARCH, {"if-none-match": b"\xff"}),
    "a control character": ("GET", SEARCH, {"if-none-match": b"a\x7fb"}),
    "a content type": ("POST", "/v1/token", {"content-type": b"\xff"}),
    "credentials": ("POST", "/v1/token", {"authorization": b"Basic \xff"}),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_header_that_cannot_travel_is_refused(forwarding, name):  # noqa: F811
    method, path, headers = CASES[name]
    told = set()
    for language in (b"th", b"en"):
        sent = headers | {"accept-language": language}
        answer = await forwarding.client.request(method, path, headers=sent)
        assert answer.status_code == 400
        assert answer.json()["type"] == "urn:paet:problem:bad-request"
        told.add(answer.json()["title"])
    assert len(told) == 2


async def test_an_address_with_a_slash_too_many_is_not_found_and_leads_to_no_other_host(forwarding):  # noqa: F811
    for path in ("/v1/definitions/", "/v1/services/"):
        answer = await forwarding.client.get(path, headers={"Host": "elsewhere.example"})
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:paet:problem:not-found")
        assert "location" not in answer.headers
