"""The embedded PostgreSQL starts, keeps its data, and is closed to strangers."""

import os
import socket
from pathlib import Path

import asyncpg
import pytest

from kit.local import programs, reach
from kit.local.databases import Database
from kit.local.faults import LocalError
from kit.local.postgres import PostgresServer


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    server = PostgresServer(tmp_path_factory.mktemp("a server"), fsync=False)
    server.start()
    yield server
    server.stop()
    server.remove()


def plain(url):
    return url.replace("+asyncpg", "")


async def ask(url, question):
    connection = await asyncpg.connect(plain(url), timeout=5)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


async def test_thai_words_have_trigrams(server):
    server.create_database("words", "words", "p'w")
    url = server.url("words", "words", "p'w")
    await ask(url, "CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert await ask(url, "SELECT similarity('ใบอนุญาตขับรถ', 'ใบอนุญาตก่อสร้าง')") > 0.3
    assert await ask(url, "SHOW server_encoding") == "UTF8"


async def test_databases_are_made_once_and_passwords_anew(server):
    server.create_databases([Database("again", "again", "first")])
    await ask(server.url("again", "again", "first"), "CREATE TABLE kept ()")
    server.create_databases([Database("again", "again", "second")])
    assert await ask(server.url("again", "again", "second"), "SELECT to_regclass('kept')::text") == "kept"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await ask(server.url("again", "again", "first"), "SELECT 1")


async def test_user_may_not_enter_the_database_of_another(server):
    server.create_databases([Database("mine", "mine", "a"), Database("yours", "yours", "b")])
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await ask(server.url("yours", "mine", "a"), "SELECT 1")


@pytest.mark.parametrize(("name", "user"), [('a"; DROP DATABASE mine', "a"), ("a", "A")])
def test_strange_name_is_refused(server, name, user):
    with pytest.raises(ValueError, match="plain name"):
        server.create_database(name, user, "p")


async def test_sync_is_on_unless_given_up(server, tmp_path):
    assert await ask(server.admin_url, "SHOW fsync") == "off"
    durable = PostgresServer(tmp_path / "durable")
    durable.start()
    try:
        assert await ask(durable.admin_url, "SHOW fsync") == "on"
        assert await ask(durable.admin_url, "SHOW unix_socket_directories") == ""
        assert await ask(durable.admin_url, "SHOW listen_addresses") == "127.0.0.1"
    finally:
        durable.stop()
        durable.remove()


async def test_data_survive_kill_9_with_a_client_connected(server):
    connection = await asyncpg.connect(server.admin_url)
    await connection.execute("CREATE TABLE IF NOT EXISTS survivor ()")
    server.child.kill()
    server.start()
    connection.terminate()
    assert await ask(server.admin_url, "SELECT to_regclass('survivor')::text") == "survivor"


async def test_server_that_runs_is_used_and_not_started(server, tmp_path):
    outside = PostgresServer(tmp_path, admin_url=server.admin_url)
    outside.start()
    outside.create_database("guest", "guest", "g")
    assert await ask(outside.url("guest", "guest", "g"), "SELECT current_user") == "guest"
    outside.stop()
    assert outside.child is None
    assert await ask(server.admin_url, "SELECT 1") == 1


def test_server_that_does_not_answer_is_named(tmp_path):
    outside = PostgresServer(tmp_path, admin_url="postgresql://a:b@127.0.0.1:9/postgres")
    with pytest.raises(LocalError, match=r"127\.0\.0\.1:9"):
        outside.create_database("a", "a", "a")


def test_taken_port_is_named_with_its_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        blocked = PostgresServer(tmp_path, port, fsync=False)
        with pytest.raises(LocalError, match=rf"port {port} .*PAET_POSTGRES_PORT"):
            blocked.start()
    blocked.remove()


def test_data_of_another_version_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reach, "_ELSEWHERE", tmp_path)
    server = PostgresServer(tmp_path / "old", fsync=False)
    data = server._home(reach.dropped_user()) / "data"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalError, match="made by PostgreSQL 9"):
        server.start()


def test_half_made_data_are_made_anew(tmp_path):
    server = PostgresServer(tmp_path / "half", fsync=False)
    half = server._home(reach.dropped_user()) / "half"
    half.mkdir()
    (half / "rubbish").touch()
    server.start()
    server.stop()
    assert not half.exists()
    server.remove()


def test_data_stand_where_the_server_can_reach_them(tmp_path, capsys):
    """Pytest's folders are closed to others: as root the server cannot use them, otherwise it can."""
    server = PostgresServer(tmp_path / "closed", fsync=False)
    server.start()
    server.stop()
    elsewhere = reach.elsewhere(server.folder)
    home = elsewhere if os.geteuid() == 0 else server.folder
    assert (home / "data" / "PG_VERSION").exists()
    assert (f"PostgreSQL keeps its data in {elsewhere}" in capsys.readouterr().out) == (os.geteuid() == 0)
    server.remove()
    assert not elsewhere.exists()
    assert not server.folder.exists()


def test_programs_stand_where_the_server_can_reach_them(tmp_path, monkeypatch):
    """A wheel in a closed folder: as root its programs are copied, otherwise used where they are."""
    wheel = programs._wheel_folder().parent.parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for name in (wheel.name, wheel.name + ".libs"):
        if wheel.with_name(name).exists():
            (closed / name).symlink_to(wheel.with_name(name))
    (tmp_path / "copies").mkdir()
    monkeypatch.setattr(reach, "_ELSEWHERE", tmp_path / "copies")
    monkeypatch.setattr(programs, "_wheel_folder", lambda: closed / wheel.name / "pginstall" / "bin")
    monkeypatch.setattr(reach.RunAs, "reaches", lambda _, path: closed not in path.parents)
    found = programs.postgres_programs(reach.dropped_user())
    assert found.is_relative_to(tmp_path / "copies") == (os.geteuid() == 0)
    assert programs.postgres_version(found) >= 15
    for mark in (tmp_path / "copies").rglob("complete"):
        mark.write_text("another version")
        (found / "postgres").write_text("old")
    assert programs.postgres_version(programs.postgres_programs(reach.dropped_user())) >= 15


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o711])
def test_reach_follows_the_rights_of_every_folder(tmp_path, mode):
    folder = tmp_path / "outer" / "inner"
    folder.mkdir(parents=True)
    (tmp_path / "outer").chmod(mode)
    stranger = reach.RunAs("stranger", 54_321, 54_321)
    assert stranger._enters(tmp_path / "outer") == bool(mode & 0o001)
    assert not stranger.reaches(folder)  # pytest's own folder above it is closed


def test_folder_prepared_by_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(reach, "_ELSEWHERE", tmp_path)
    (tmp_path / "mine").mkdir()
    reach.elsewhere(Path("/anything")).symlink_to(tmp_path / "mine")
    with pytest.raises(LocalError, match="another user"):
        reach.make_elsewhere(Path("/anything"))


def test_no_program_says_what_to_install(monkeypatch):
    monkeypatch.setattr(programs, "_postgres_folders", list)
    with pytest.raises(LocalError, match="PAET_POSTGRES_URL"):
        programs.postgres_programs(None)
