"""The embedded NATS server starts, keeps what it acknowledged, and takes changed users."""

import json
import socket
import urllib.request

import nats
import pytest

from kit.local import programs
from kit.local.faults import LocalError
from kit.local.nats import NatsServer


async def test_acknowledged_events_survive_kill_9(tmp_path):
    server = NatsServer(tmp_path / "a folder")
    server.start()
    try:
        connection = await nats.connect(server.url)
        await connection.jetstream().add_stream(name="S", subjects=["s"])
        for _ in range(20):
            await connection.jetstream().publish("s", b"x")
        server.child.kill()
        await connection.close()
        server.start()
        connection = await nats.connect(server.url)
        assert (await connection.jetstream().stream_info("S")).state.messages == 20
        await connection.close()
    finally:
        server.stop()
    server.remove()
    assert not (tmp_path / "a folder").exists()


def test_every_write_is_synced(tmp_path):
    from kit.local.ports import free_port

    server = NatsServer(tmp_path, monitor_port=free_port())
    server.start()
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.monitor_port}/jsz") as answer:
            assert json.load(answer)["config"]["sync_always"] is True
    finally:
        server.stop()


async def test_changed_users_are_taken_without_a_restart(tmp_path):
    def users(*names):
        return {"authorization": {"users": [{"user": name, "password": name} for name in names]}}

    async def refused(_):
        return

    server = NatsServer(tmp_path, users("a"))
    server.start()
    try:
        pid = server.child.pid
        server.config = users("a", "b")
        server.reload()
        patience = {"max_reconnect_attempts": 20, "reconnect_time_wait": 0.1}
        connection = await nats.connect(server.url, user="b", password="b", error_cb=refused, **patience)
        await connection.close()
        assert server.child.pid == pid
        assert server.child.is_alive()
    finally:
        server.stop()


def test_taken_port_is_named_with_its_setting(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalError, match=rf"port {port} .*PAET_NATS_PORT"):
            NatsServer(tmp_path, port=port).start()


def test_wrong_configuration_is_reported_with_the_words_of_the_server(tmp_path):
    with pytest.raises(LocalError, match="nonsense"):
        NatsServer(tmp_path, {"nonsense": 1}).start()


def test_server_that_runs_is_used_and_not_started(tmp_path):
    server = NatsServer(tmp_path, outside_url="nats://bus.example:4222")
    server.start()
    server.stop()
    assert (server.url, server.child) == ("nats://bus.example:4222", None)


def test_no_program_says_what_to_install(monkeypatch):
    monkeypatch.setattr(programs.sys, "executable", "/nowhere/python")
    monkeypatch.setattr(programs.shutil, "which", lambda _: None)
    with pytest.raises(LocalError, match="PAET_NATS_URL"):
        programs.nats_program()
