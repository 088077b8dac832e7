"""Keys of issuers: out of files, made in development only, changed without a restart."""

import asyncio

import pytest

from kit.auth import Issuers, load_private, thumbprint
from kit.auth import issuers as module


async def test_development_makes_a_key_once_whoever_asks_at_the_same_time(tmp_path):
    several = [Issuers(tmp_path / "keys", "development") for _ in range(8)]
    found = await asyncio.gather(*(each.of("22000000") for each in several))
    assert len({each.kid for each in found}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["22000000.key.pem"]
    assert (tmp_path / "keys" / "22000000.key.pem").stat().st_mode & 0o077 == 0


async def test_production_makes_none(tmp_path):
    assert await Issuers(tmp_path / "keys", "production").of("22000000") is None
    assert await Issuers(None, "development").of("22000000") is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../22000000", "a/b", "", ".", "A", "x" * 99, "ก"])
async def test_a_name_is_no_path(tmp_path, name):
    assert await Issuers(tmp_path, "development").of(name) is None
    assert list(tmp_path.iterdir()) == []


async def test_what_it_signs_is_verified_by_what_it_publishes(tmp_path):
    issuer = await Issuers(tmp_path, "development").of("one")
    header, _, _ = issuer.sign({"a": 1}, "x+jwt").split(".")
    assert issuer.published.get(issuer.kid)
    assert issuer.kid == thumbprint(load_private((tmp_path / "one.key.pem").read_bytes()))
    assert header


async def test_files_are_read_again_after_a_while_and_a_broken_one_changes_nothing(tmp_path, monkeypatch):
    issuers = Issuers(tmp_path, "development")
    first = await issuers.of("one")
    (tmp_path / "one.key.pem").unlink()
    assert await issuers.of("one") is first
    monkeypatch.setattr(module, "REREAD_S", 0)
    second = await issuers.of("one")
    assert second.kid != first.kid
    (tmp_path / "one.key.pem").write_text("broken")
    assert await issuers.of("one") is second
    with pytest.raises(ValueError, match="PEM"):
        await Issuers(tmp_path, "development").of("one")
