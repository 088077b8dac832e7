"""The display for premises: the sides of a document in turn, current, masked, without scripts."""

import base64
import hashlib
import re

import pytest
from pydantic import ValidationError
from sqlalchemy import update

from services.issuance.models import Document
from services.issuance.settings import Settings
from tests.issuance.conftest import FORM, NAME, PID, PID_MASKED


async def shown(registry, row):
    answer = await registry.client.get(f"/verify/{row['token']}/display")
    assert answer.status_code == 200
    return answer


@pytest.mark.req("L7", part="display for premises")
async def test_the_sides_are_shown_in_turn_for_five_seconds_each(registry):
    _, row = await registry.issued()
    page = (await shown(registry, row)).text
    sides = re.findall(r'<section class="side[^>]*lang="(th|en)">(.*?)</section>', page, re.DOTALL)
    assert [language for language, _ in sides] == ["th", "en", "th", "th"]
    assert "<h1>ใบอนุญาตทดสอบ</h1>" in sides[0][1]
    assert "<h1>Test licence</h1>" in sides[1][1]
    assert 'role="img"' in sides[2][1]
    assert "มีผลใช้ได้" in sides[3][1]
    assert "Valid" in sides[3][1]
    for _, side in sides[:2]:
        assert FORM["shop_name"].partition(" & ")[0] in side
    assert re.findall(r"animation-delay: (\d+)s", page) == ["0", "5", "10", "15"]
    assert "animation: turn 20s" in page
    assert '<meta http-equiv="refresh" content="20">' in page
    for secret in (NAME, PID, PID_MASKED, FORM["place_address"]):
        assert secret not in page


@pytest.mark.req("L7", part="display without scripts")
async def test_the_display_allows_its_own_style_and_nothing_else(registry):
    _, row = await registry.issued()
    answer = await shown(registry, row)
    (style,) = re.findall(r"<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert answer.headers["content-security-policy"] == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["cache-control"] == "no-store"
    assert not re.findall(r'<script|\son\w+=|style="|src=|<iframe', answer.text)


@pytest.mark.req("L7", part="display always current")
async def test_the_display_says_what_the_document_is_worth_now(registry):
    _, row = await registry.issued()
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(update(Document).where(Document.id == row["id"]).values(state="suspended"))
    page = (await shown(registry, row)).text
    assert "ถูกพักใช้" in page
    assert "มีผลใช้ได้" not in page
    assert (await registry.client.get(f"/verify/{'0' * 34}/display")).status_code == 404


def test_a_side_is_never_shown_for_less_than_five_seconds():
    with pytest.raises(ValidationError) as refused:
        Settings(display_seconds=4)
    assert ("display_seconds",) in [error["loc"] for error in refused.value.errors()]
