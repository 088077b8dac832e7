"""The servers of a test run: embedded by default, containers with ``PAET_TEST_INFRA=containers``."""

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kit.contracts.journey import Process
from kit.local.nats import NatsServer
from kit.local.postgres import PostgresServer
from kit.nats_access import OPERATOR, render

ALL = (*(each.value for each in Process), "gateway")


class Addresses(NamedTuple):
    """Where the servers are, and the passwords of the bus users."""

    postgres_admin_url: str
    nats_url: str
    nats_passwords: Mapping[str, str]


@contextmanager
def test_servers(folder: Path) -> Iterator[Addresses]:
    """PostgreSQL and NATS for tests; data are thrown away, so PostgreSQL does not sync."""
    passwords = {name: secrets.token_urlsafe(12) for name in (*ALL, OPERATOR)}
    access = render(ALL, passwords, {})
    if os.environ.get("PAET_TEST_INFRA") == "containers":
        with _containers(folder, access) as (postgres_url, nats_url):
            yield Addresses(postgres_url, nats_url, passwords)
        return
    postgres = PostgresServer(folder / "postgres", fsync=False, admin_url=os.environ.get("PAET_TEST_POSTGRES_URL"))
    bus = NatsServer(folder / "nats", access)
    try:
        postgres.start()
        bus.start()
        yield Addresses(postgres.admin_url, bus.url, passwords)
    finally:
        bus.stop()
        postgres.stop()
        postgres.remove()


@contextmanager
def _containers(folder: Path, access: str) -> Iterator[tuple[str, str]]:
    from testcontainers.core.container import DockerContainer
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy
    from testcontainers.postgres import PostgresContainer

    config = folder / "nats.conf"
    config.write_text(f'jetstream {{ store_dir: "/data", sync_interval: always }}\n{access}', encoding="utf-8")
    postgres = PostgresContainer("postgres:18", driver=None)
    bus = (
        DockerContainer("nats:2.12")
        .with_volume_mapping(str(config), "/etc/nats/paet.conf")
        .with_command("-c /etc/nats/paet.conf")
        .with_exposed_ports(4222)
        .waiting_for(LogMessageWaitStrategy("Server is ready"))
    )
    with postgres, bus:
        host, port = bus.get_container_host_ip(), bus.get_exposed_port(4222)
        yield postgres.get_connection_url(), f"nats://{host}:{port}"
