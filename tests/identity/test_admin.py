"""The command line as an installation uses it: a program of its own, with the service's settings."""

import asyncio
import io
import json
import os
import subprocess
import sys

import pytest
from httpx import BasicAuth
from sqlmodel import select

from kit.testing import AGENCY
from services.identity.admin import main
from services.identity.models import Client, Officer, SigningKey
from tests.identity.conftest import REVIEWER

OFFICER = ["create-officer", "--pid", REVIEWER, "--agency", AGENCY, "--roles", "reviewer,cashier"]


@pytest.fixture
def environment(identity):
    """The environment that the service has."""
    settings = identity.kit.settings
    return {
        "PAET_ENVIRONMENT": "development",
        "PAET_DATABASE_URL": settings.secret_of("database_url"),
        "PAET_NATS_URL": settings.nats_url,
        "PAET_NATS_USER": settings.nats_user,
        "PAET_NATS_PASSWORD": settings.secret_of("nats_password"),
        "PAET_PEERS": json.dumps(settings.peers),
        "PAET_TRUST_DIR": str(settings.trust_dir),
        "PAET_SERVICE_KEY_FILE": str(settings.service_key_file),
        "PAET_PUBLIC_URL": settings.public_url,
        "PAET_PID_ENCRYPTION_KEY": settings.secret_of("pid_encryption_key"),
        "PAET_PID_LOOKUP_KEY": settings.secret_of("pid_lookup_key"),
    }


@pytest.fixture
def admin(environment, monkeypatch, capsys):
    """Run the program in a thread, where it may have an event loop of its own; what it prints."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    def run(arguments: tuple[str, ...]) -> str | None:
        try:
            main(arguments)
        except SystemExit as ended:
            return str(ended.code)
        return None

    async def call(*arguments: str, stdin: str = "", fails: bool = False) -> str:
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        failure = await asyncio.to_thread(run, arguments)
        assert (failure is not None) is fails, failure
        return failure or capsys.readouterr().out.strip()

    return call


async def test_it_is_a_program(environment, identity):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PAET_")}
    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-m", "services.identity.admin", *OFFICER],
        env=inherited | environment, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (row,) = await identity.rows(select(Officer))
    assert done.stdout.strip() == str(row["id"])


async def test_an_officer_made_by_the_command_signs_in(identity, admin, browser):
    identifier = await admin(*OFFICER)
    assert await admin(*OFFICER) == identifier
    assert (await browser().sign_in(REVIEWER, "officer")).claims["sub"] == identifier
    again = ["create-officer", "--pid", "-", "--agency", AGENCY, "--roles", "approver"]
    assert await admin(*again, stdin=f"{REVIEWER}\n") == identifier
    (row,) = await identity.rows(select(Officer))
    assert row["roles"] == ["approver"]


async def test_what_cannot_be_is_refused_in_words(identity, admin):
    await admin(*OFFICER)
    wrong = [
        (["create-officer", "--pid", "1101700000011", "--agency", AGENCY, "--roles", "reviewer"], "13-digit"),
        (
            ["create-officer", "--pid", REVIEWER, "--agency", "platform", "--roles", "reviewer"],
            "active officer already",
        ),
        (["create-officer", "--pid", REVIEWER, "--agency", AGENCY, "--roles", "king"], "unknown: king"),
    ]
    for arguments, says in wrong:
        told = await admin(*arguments, fails=True)
        assert says in told
    assert await admin(*OFFICER[:4], "city", *OFFICER[5:], fails=True) == "2"
    assert len(await identity.rows(select(Officer))) == 1


async def test_a_client_made_by_the_command_has_its_secret_in_the_file(identity, admin, tmp_path):
    path = tmp_path / "secrets" / "publisher"
    command = ["create-client", "--name", "publisher", "--scopes", "definitions.publish", "--agency", "platform"]
    command += ["--secret-file", str(path)]
    identifier = await admin(*command)
    assert path.stat().st_mode & 0o777 == 0o600
    kept = json.loads(path.read_text())
    assert await admin(*command) == identifier == kept["client_id"]
    assert json.loads(path.read_text()) == kept
    auth = BasicAuth(kept["client_id"], kept["client_secret"])
    assert (
        await identity.client.post("/token", data={"grant_type": "client_credentials"}, auth=auth)
    ).status_code == 200
    path.unlink()
    assert await admin(*command) == identifier
    renewed = BasicAuth(identifier, json.loads(path.read_text())["client_secret"])
    grant = {"grant_type": "client_credentials"}
    assert (await identity.client.post("/token", data=grant, auth=renewed)).status_code == 200
    assert (await identity.client.post("/token", data=grant, auth=auth)).status_code == 401
    assert len(await identity.rows(select(Client))) == 1


async def test_the_signing_key_is_rotated_by_command(identity, admin):
    await identity.client.get("/.well-known/jwks.json")
    assert "signs from" in await admin("rotate-key")
    assert len(await identity.rows(select(SigningKey))) == 2
    published = (await identity.client.get("/.well-known/jwks.json")).json()["keys"]
    assert len(published) == 2
