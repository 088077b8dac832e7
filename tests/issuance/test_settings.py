"""What issuance refuses to start with in production, and what development makes by itself."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from kit.contracts.text import Text
from kit.documents import SealError
from kit.documents.seals import Seals
from kit.testing import environment_of
from services.issuance.settings import Settings

AGENCY = Text(th="กรุงเทพมหานคร", en="Bangkok")


@pytest.fixture
def production(servers, tmp_path):
    given = environment_of("issuance", servers, "nothing", tmp_path)
    return given | {
        "environment": "production", "public_url": "https://example.go.th", "verification_key": "k" * 32,
        "timestamp_url": "https://tsa.example.go.th/",
    }  # fmt: skip


@pytest.mark.req("Y6", part="issuance: seals and the key of the tokens")
def test_production_needs_real_seals_and_a_key_for_its_tokens(production, tmp_path):
    with pytest.raises(ValidationError, match="seal_dir must be a folder"):
        Settings(**production)
    with pytest.raises(ValidationError, match="seal_dir must be a folder"):
        Settings(**production, seal_dir=tmp_path)
    (tmp_path / "22000000.p12").touch()
    with pytest.raises(ValidationError, match="seal_roots must be a file"):
        Settings(**production, seal_dir=tmp_path)
    (tmp_path / "root.pem").touch()
    assert Settings(**production, seal_dir=tmp_path).seals == tmp_path
    with pytest.raises(ValidationError, match="verification_key must have 32"):
        Settings(**(production | {"verification_key": "short"}), seal_dir=tmp_path)


@pytest.mark.req("L2", part="production does not start without an authority for time-stamps unless it is told to")
def test_production_says_where_its_time_stamps_come_from(production, tmp_path):
    for name in ("22000000.2027.pkcs11.toml", "root.pem"):
        (tmp_path / name).touch()
    given = {name: value for name, value in production.items() if name != "timestamp_url"} | {"seal_dir": tmp_path}
    with pytest.raises(ValidationError, match="timestamp_url is missing"):
        Settings(**given)
    without = Settings(**given, timestamp_policy="none")
    assert (without.timestamps(), without.archive_after) == (None, None)
    with pytest.raises(ValidationError, match="timestamp_password is missing"):
        Settings(**production, seal_dir=tmp_path, timestamp_user="paet")
    chosen = Settings(**production, seal_dir=tmp_path, timestamp_policy="deferred", archive_after_hours=2)
    assert chosen.archive_after == timedelta(hours=2)
    assert not chosen.timestamps().is_required
    assert Settings(**production, seal_dir=tmp_path).timestamps().is_required


async def test_production_makes_no_seal(tmp_path):
    with pytest.raises(SealError, match="no seal of 22000000"):
        await Seals(tmp_path, "production").made_ready().of("22000000", AGENCY)
    assert list(tmp_path.iterdir()) == []


def test_development_needs_neither_and_its_tokens_stay_readable(servers, tmp_path):
    given = environment_of("issuance", servers, "nothing", tmp_path)
    assert Settings(**given).seals == tmp_path / "seals"
    assert Settings(**given).token_key == Settings(**given).token_key
    assert len(Settings(**given).token_key) == 32
    with pytest.raises(ValueError, match="seal_dir is needed"):
        _ = Settings(**(given | {"storage_url": "s3://bucket"})).seals
