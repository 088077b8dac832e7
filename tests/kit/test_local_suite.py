"""The supervisor with toy programs beside real servers: start, death, restart, pause, end without leftovers."""

import json
import socket
import threading
import time
import urllib.request

import pytest

from kit.local import locks, ports
from kit.local.faults import Cancelled, LocalError
from kit.local.layout import LAYOUT, Layout, Program, free_ports, service, standard_ports
from kit.local.suite import Suite

TOY = """
import http.server, json, os, sys
class Toy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        self.wfile.write(json.dumps({"env": dict(os.environ), "arguments": sys.argv[1:]}).encode())
    def log_message(self, *_): pass
print("toy starts", flush=True)
if "--fail" in sys.argv: sys.exit("toy is broken")
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Toy).serve_forever()
"""


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    path = tmp_path_factory.mktemp("toys") / "toy.py"
    path.write_text(TOY)
    return lambda name, offset, *more, **settings: Program(
        name, (str(path), f"${name}", *more), {name: offset}, ready="/", **settings
    )


@pytest.fixture(scope="module")
def suite(toy, tmp_path_factory):
    said = []
    layout = Layout(
        (
            toy(
                "one",
                0,
                "$secrets",
                secrets=("token", "shared"),
                settings={"PAET_OTHER": "http://127.0.0.1:$two"},
            ),
            toy("two", 1, secrets=("shared",)),
        )
    )
    extras = {"*": {"PAET_ALL": "yes"}, "two": {"PAET_TWO": "yes"}}
    suite = Suite(
        tmp_path_factory.mktemp("a suite"), ports=free_ports(layout), layout=layout, extras=extras,
        fsync=False, say=said.append,
    )  # fmt: skip
    suite.said = said
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PAET_FOREIGN", "leak")
        patch.setenv("PAET_LOG_LEVEL", "DEBUG")
        suite.start()
    yield suite
    suite.stop()
    assert [path for path in suite.state.run.glob("*.pid") if locks.is_held(path)] == []
    suite.postgres.remove()


def answer(suite, name):
    with urllib.request.urlopen(suite.url(name), timeout=2) as response:
        return json.load(response)


def eventually(check, seconds=10):
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_each_program_gets_its_own_environment(suite):
    one, two = answer(suite, "one")["env"], answer(suite, "two")["env"]
    assert one["PAET_OTHER"] == suite.url("two")
    assert (one["PAET_ALL"], one["PAET_LOG_LEVEL"], one["PAET_ENVIRONMENT"]) == (
        "yes",
        "DEBUG",
        "development",
    )
    assert "PAET_TWO" not in one
    assert two["PAET_TWO"] == "yes"
    assert "PAET_OTHER" not in two
    assert "PAET_FOREIGN" not in one
    assert one["PAET_SECRETS_DIR"] != two["PAET_SECRETS_DIR"]


def test_secrets_are_private_shared_only_where_named_and_kept(suite):
    one, two = suite.state.secrets_folder("one"), suite.state.secrets_folder("two")
    assert answer(suite, "one")["arguments"][1] == str(one)
    assert sorted(path.name for path in one.iterdir()) == ["shared", "token"]
    assert [path.name for path in two.iterdir()] == ["shared"]
    assert (one / "shared").read_text() == (two / "shared").read_text() != (one / "token").read_text()
    assert len((one / "token").read_text()) == 43
    before = (one / "token").read_text()
    suite.state.prepare(suite.layout)
    assert (one / "token").read_text() == before
    secret = [
        path for name in ("secrets", "passwords", "keys", "nats") for path in (suite.state.folder / name).rglob("*")
    ]
    assert [
        path for path in secret if path.is_file() and path.stat().st_mode & 0o077 and "data" not in path.parts
    ] == []


def test_dead_program_is_reported_and_started_again(suite):
    before = suite.restarts.get("one", 0)
    pid = suite.children()["one"].pid
    began = time.monotonic()
    suite.children()["one"].kill()
    eventually(lambda: suite.restarts.get("one", 0) == before + 1)
    assert time.monotonic() - began >= 1
    suite.wait_ready(10)
    assert suite.children()["one"].pid != pid
    assert any("one ended with signal 9" in text and "toy starts" in text for text in suite.said)


@pytest.mark.parametrize("name", ["two", "nats", "postgres"])
def test_killed_program_stays_down_until_it_is_restarted(suite, name):
    before = dict(suite.restarts)
    suite.kill(name)
    time.sleep(1.5)
    assert not suite.children()[name].is_alive()
    suite.restart(name)
    assert ports.answers(suite.ports[name])
    assert suite.restarts == before


def test_running_program_can_be_restarted(suite):
    pid = suite.children()["two"].pid
    suite.restart("two")
    assert suite.children()["two"].pid != pid
    assert answer(suite, "two")


def test_paused_program_goes_on_where_it_was(suite):
    suite.pause("two")
    with pytest.raises(TimeoutError):
        answer(suite, "two")
    suite.resume("two")
    assert answer(suite, "two")


def test_unknown_program_is_refused(suite):
    with pytest.raises(KeyError):
        suite.kill("three")


def test_servers_that_run_already_are_used(suite, toy, tmp_path):
    said = []
    layout = Layout((toy("guest", 0),))
    servers = {"postgres_url": suite.postgres.admin_url, "nats_url": suite.nats.url}
    guest = Suite(tmp_path, ports=free_ports(layout), layout=layout, say=said.append, **servers)
    guest.start()
    try:
        assert list(guest.children()) == ["guest"]
        assert f"note: the NATS server at {suite.nats.url} must have the accounts of" in said[0]
        assert "PLATFORM" in (tmp_path / "nats" / "access.conf").read_text()
    finally:
        guest.stop()
    assert suite.children()["postgres"].is_alive()


def test_second_start_keeps_data_and_passwords(toy, tmp_path):
    layout = Layout((toy("one", 0),))
    numbers = free_ports(layout)
    for turn in range(2):
        suite = Suite(tmp_path, ports=numbers, layout=layout, fsync=False)
        suite.start()
        if turn == 0:
            suite.postgres.create_database("kept", "kept", suite.state.password("postgres", "kept"))
        kept = suite.postgres.url("kept", "kept", suite.state.password("postgres", "kept"))
        assert _connects(kept)
        suite.stop()
    suite.postgres.remove()


def _connects(url):
    from kit.local.databases import create_databases

    create_databases(url.replace("+asyncpg", ""), [])
    return True


def test_broken_program_ends_the_start_and_everything_started(toy, tmp_path):
    layout = Layout((toy("good", 0), toy("bad", 1, "--fail")))
    suite = Suite(tmp_path, ports=free_ports(layout), layout=layout, fsync=False)
    with pytest.raises(LocalError, match=r"bad ended with exit status 1[^$]*toy is broken"):
        suite.start()
    assert [name for name, child in suite.children().items() if child.is_alive()] == []
    suite.postgres.remove()


def test_every_taken_port_is_named_before_anything_starts(toy, tmp_path):
    layout = Layout((toy("one", 0), toy("two", 1)))
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        taken = {"one": first.getsockname()[1], "postgres": second.getsockname()[1]}
        suite = Suite(tmp_path / "none", ports=free_ports(layout) | taken, layout=layout)
        with pytest.raises(LocalError) as refusal:
            suite.start()
    assert f"port {taken['one']} (one)" in str(refusal.value)
    assert "PAET_PORT_BASE" in str(refusal.value)
    assert f"port {taken['postgres']} (postgres)" in str(refusal.value)
    assert "PAET_POSTGRES_PORT" in str(refusal.value)
    assert not (tmp_path / "none").exists()


def test_start_can_be_given_up(toy, tmp_path):
    layout = Layout((Program("never", ("-c", "import time; time.sleep(100)"), {"never": 0}, ready="/"),))
    suite = Suite(tmp_path, ports=free_ports(layout), layout=layout, fsync=False)
    threading.Timer(1.5, suite.cancel).start()
    with pytest.raises(Cancelled):
        suite.start()
    assert [name for name, child in suite.children().items() if child.is_alive()] == []
    suite.postgres.remove()


def test_service_is_migrated_and_gets_what_a_service_needs(tmp_path):
    layout = Layout((service("review", 4, package="tests.kit.toy"),), partners=("dbd",))
    suite = Suite(tmp_path / "a b", ports=free_ports(layout), layout=layout, fsync=False)
    suite.start_servers()
    try:
        suite.migrate()
        assert "up to date" in suite.state.log_file("migrate").read_text()
        assert not (suite.state.run / "migrations.json").exists()
        settings = suite.environments.settings(layout.programs[0])
        assert settings["PAET_NATS_USER"] == "review"
        assert json.loads(settings["PAET_PEERS"]) == {"review": suite.url("review")}
        assert settings["PAET_STORAGE_URL"].endswith("/a b/files/review")
        assert "PAET_NATS_OPERATOR_PASSWORD" not in settings
        assert "BEGIN PUBLIC KEY" in (suite.state.trust / "review.pem").read_text()
        assert "BEGIN PRIVATE KEY" in suite.state.key_file("review").read_text()
    finally:
        suite.stop()
        suite.postgres.remove()


def test_failed_migration_is_reported(tmp_path):
    layout = Layout((service("review", 4, package="tests.kit.toy"),))
    extras = {"review": {"PAET_DATABASE_URL": "postgresql+asyncpg://nobody:x@127.0.0.1:9/nowhere"}}
    suite = Suite(tmp_path, ports=free_ports(layout), layout=layout, extras=extras, fsync=False)
    suite.start_servers()
    try:
        with pytest.raises(LocalError, match=r"migrate ended with exit status 1[^$]*failed: tests.kit.toy"):
            suite.migrate()
    finally:
        suite.stop()
        suite.postgres.remove()


def test_ports_are_moved_by_settings():
    moved = standard_ports(LAYOUT, {"PAET_PORT_BASE": "9100", "PAET_NATS_PORT": "5000"})
    assert (moved["gateway"], moved["search"], moved["mail_view"], moved["nats"]) == (9100, 9101, 9114, 5000)
    assert moved["postgres"] == 54320
    assert len(set(moved.values())) == len(moved)


@pytest.mark.parametrize("wrong", ["eighty", "-1", "0", "99999"])
def test_wrong_port_is_refused_by_the_name_of_its_setting(wrong):
    with pytest.raises(LocalError, match="PAET_PORT_BASE"):
        standard_ports(LAYOUT, {"PAET_PORT_BASE": wrong})


def test_layout_has_the_eight_and_the_gateway():
    names = {program.name for program in LAYOUT.services}
    assert names == {
        "gateway", "search", "identity", "request", "review", "approval", "payment", "issuance", "delivery",
    }  # fmt: skip
