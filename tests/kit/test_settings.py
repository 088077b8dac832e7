"""A process that cannot start says which setting is wrong, and never what a secret is."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from kit.settings import Settings

SECRET = "correct-horse-battery-staple"
START = "from services.delivery.main import app; app()"


@pytest.mark.req("Y6", part="a start that fails tells no secret")
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "trust_dir"),
        ({"PAET_DATABASE_POOL": SECRET}, "database_pool"),
        ({"PAET_ROLE": SECRET}, "role"),
        ({"PAET_PEERS": SECRET}, "peers"),
    ],
)
def test_a_start_that_fails_prints_no_secret(environment, said):
    secrets = dict.fromkeys(("PAET_DATABASE_URL", "PAET_NATS_PASSWORD", "PAET_NATS_OPERATOR_PASSWORD"), SECRET)
    command = [sys.executable, "-c", START]
    done = subprocess.run(command, env=secrets | environment, capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert said in done.stderr
    assert SECRET not in done.stdout + done.stderr


@pytest.mark.req("Y6", part="a start that fails tells no secret")
def test_a_strict_production_tells_no_secret(tmp_path):
    with pytest.raises(ValidationError) as refused:
        Settings(
            service="x", environment="production", database_url=SECRET, nats_url="nats://x", nats_user="x",
            nats_password=SECRET, peers={}, trust_dir=tmp_path, service_key_file=tmp_path,
            public_url="http://x", trace_file=tmp_path,
        )  # fmt: skip
    assert "trace_file is for development only" in str(refused.value)
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value)
