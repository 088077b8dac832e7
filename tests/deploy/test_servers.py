"""The servers of the dev overlay as their files configure them, run for real with the made credentials."""

import asyncio
import json
import os
import shutil
import subprocess
import urllib.request

import asyncpg
import nats
import pytest

from kit.local import ports
from kit.local.postgres import PostgresServer
from kit.local.programs import nats_program, postgres_programs
from kit.settings import Settings
from tests.deploy.manifests import DEPLOY, SERVICES, container, find, render


@pytest.fixture(scope="module")
def nats_server(tmp_path_factory, credential_folder):
    """The server with the configuration of the ConfigMap; only addresses and the data folder are moved."""
    folder = tmp_path_factory.mktemp("nats")
    port, monitor = ports.free_port(), ports.free_port()
    [config] = [each for each in render("overlays/dev") if each["metadata"]["name"].startswith("nats-")
                and each["kind"] == "ConfigMap"]  # fmt: skip
    text = config["data"]["nats.conf"]
    for old, new in {"0.0.0.0:4222": f"127.0.0.1:{port}", "0.0.0.0:8222": f"127.0.0.1:{monitor}",
                     "/data": str(folder / "data")}.items():  # fmt: skip
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "nats.conf").write_text(text)
    shutil.copytree(credential_folder / "nats", folder / "accounts")
    server = subprocess.Popen([nats_program(), "--config", folder / "nats.conf"], stderr=subprocess.DEVNULL)
    yield f"nats://127.0.0.1:{port}", f"http://127.0.0.1:{monitor}"
    server.terminate()
    server.wait(20)


async def _connect(url, folder, user):
    name = "nats_operator_password" if user == "operator" else "nats_password"
    password = (folder / ("nats-operator" if user == "operator" else user) / name).read_text()
    return await nats.connect(url, user=user, password=password, inbox_prefix=f"_INBOX_{user}", connect_timeout=5)


@pytest.mark.req("X2", part="the settings of the dev overlay")
async def test_the_bus_syncs_every_write_and_takes_the_made_users(nats_server, credential_folder):
    url, monitor = nats_server
    for _ in range(100):
        if await asyncio.to_thread(ports.answers, int(url.rpartition(":")[2])):
            break
        await asyncio.sleep(0.05)
    for user in (*SERVICES, "operator"):
        await (await _connect(url, credential_folder, user)).close()
    healthy = await asyncio.to_thread(_get, f"{monitor}/healthz?js-enabled-only=true")
    assert healthy == {"status": "ok"}
    assert (await asyncio.to_thread(_get, f"{monitor}/jsz"))["config"]["sync_always"] is True


def _get(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def databases(tmp_path_factory, credential_folder):
    """A server on which databases.sh was run as the image's entry point would."""
    server = PostgresServer(tmp_path_factory.mktemp("postgres"), fsync=False)
    server.start()
    admin = server.admin_url.partition("://")[2].rpartition("@")[0].partition(":")
    search = f"{postgres_programs(None)}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(
        ["sh", DEPLOY / "components/postgres-single/databases.sh"], check=True, timeout=60,
        env={"PATH": search, "PGHOST": "127.0.0.1", "PGPORT": str(server.port), "POSTGRES_USER": admin[0],
             "PGPASSWORD": admin[2], "PAET_PASSWORDS": str(credential_folder / "postgres")},
    )  # fmt: skip
    yield server
    server.stop()
    server.remove()


async def test_a_service_reaches_its_database_and_no_other(databases, credential_folder):
    for service, other in zip(SERVICES, SERVICES[1:] + SERVICES[:1], strict=True):
        url = (credential_folder / service / "database_url").read_text().replace("+asyncpg", "")
        here = url.replace("@postgres:5432", f"@127.0.0.1:{databases.port}")
        connection = await asyncpg.connect(here)
        assert (
            await connection.fetchval("SELECT datctype FROM pg_database WHERE datname = current_database()")
            == "C.UTF-8"
        )
        await connection.execute("CREATE TABLE own (id int)")
        await connection.close()
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await asyncpg.connect(here.rpartition("/")[0] + f"/paet_{other}")


@pytest.mark.req("X2", part="the settings of the dev overlay")
def test_the_database_syncs_every_commit_and_its_script_is_run():
    pod = find(render("overlays/dev"), "StatefulSet", "postgres")["spec"]["template"]
    assert {"fsync=on", "synchronous_commit=on", "full_page_writes=on"} <= set(container(pod)["args"])
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    assert volumes["databases"]["configMap"]["defaultMode"] == 0o555


def test_there_are_connections_enough():
    objects = render("overlays/dev")
    most = sum(each["spec"]["replicas"] for each in objects if each["kind"] == "Deployment")
    args = container(find(objects, "StatefulSet", "postgres")["spec"]["template"])["args"]
    [limit] = [int(each.partition("=")[2]) for each in args if each.startswith("max_connections=")]
    assert not [each for each in objects if "PAET_DATABASE_POOL" in str(each)]
    pool = Settings.model_fields["database_pool"].default
    assert most * (pool + 2) < limit  # a process may hold a lock and listen beside its pool
