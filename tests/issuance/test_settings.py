"""What issuance refuses to start with in production, and what development makes by itself."""

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
    return given | {"environment": "production", "public_url": "https://example.go.th", "verification_key": "k" * 32}


@pytest.mark.req("Y6", part="issuance: seals and the key of the tokens")
def test_production_needs_real_seals_and_a_key_for_its_tokens(production, tmp_path):
    with pytest.raises(ValidationError, match="seal_dir must be a folder"):
        Settings(**production)
    with pytest.raises(ValidationError, match="seal_dir must be a folder"):
        Settings(**production, seal_dir=tmp_path)
    (tmp_path / "22000000.p12").touch()
    assert Settings(**production, seal_dir=tmp_path).seals == tmp_path
    with pytest.raises(ValidationError, match="verification_key must have 32"):
        Settings(**(production | {"verification_key": "short"}), seal_dir=tmp_path)


async def test_production_makes_no_seal(tmp_path):
    with pytest.raises(SealError, match="no seal of 22000000"):
        await Seals(tmp_path, "production").of("22000000", AGENCY)
    assert list(tmp_path.iterdir()) == []


def test_development_needs_neither_and_its_tokens_stay_readable(servers, tmp_path):
    given = environment_of("issuance", servers, "nothing", tmp_path)
    assert Settings(**given).seals == tmp_path / "seals"
    assert Settings(**given).token_key == Settings(**given).token_key
    assert len(Settings(**given).token_key) == 32
    with pytest.raises(ValueError, match="seal_dir is needed"):
        _ = Settings(**(given | {"storage_url": "s3://bucket"})).seals
