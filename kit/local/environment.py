"""The environment of each process: its own settings and secrets, nothing of the others'."""

import json
import os
from collections.abc import Mapping
from string import Template

from kit.local.layout import LEVEL_AND_TELEMETRY, Layout, Program
from kit.local.nats import NatsServer
from kit.local.postgres import Database, PostgresServer
from kit.local.state import State
from kit.nats_access import OPERATOR, PartnerGrant, render


class Environments:
    """Makes the environment of every program of a suite; `extras` are by program name, `*` for all."""

    def __init__(
        self,
        state: State,
        layout: Layout,
        ports: Mapping[str, int],
        postgres: PostgresServer,
        nats: NatsServer,
        extras: Mapping[str, Mapping[str, str]],
    ) -> None:
        self.state, self.layout, self.ports, self.extras = state, layout, ports, extras
        self.postgres, self.nats = postgres, nats

    def of(self, program: Program) -> dict[str, str]:
        """What a program is started with."""
        return self.inherited() | self.settings(program)

    def settings(self, program: Program) -> dict[str, str]:
        """The part of it that is ours."""
        return (
            self._shared(program)
            | (self._service(program.name) if program.package else {})
            | {name: self.filled(program, value) for name, value in program.settings.items()}
            | dict(self.extras.get("*", {}))
            | dict(self.extras.get(program.name, {}))
        )

    def filled(self, program: Program, text: str) -> str:
        """Put ports and folders into an argument or a setting."""
        folders = {"local": self.state.folder, "secrets": self.state.secrets_folder(program.name)}
        return Template(text).substitute({**self.ports, **folders})

    def of_migration(self, program: Program) -> dict[str, str]:
        """The same with the operator's rights on the bus, for `kit.migrate` alone."""
        return self.of(program) | {
            "PAET_NATS_OPERATOR_USER": OPERATOR,
            "PAET_NATS_OPERATOR_PASSWORD": self.state.password("nats", OPERATOR),
        }

    def database(self, name: str) -> Database:
        """The database of a service."""
        return Database(f"paet_{name}", f"paet_{name}", self.state.password("postgres", name))

    def access(self) -> str:
        """The accounts of the bus."""
        names = [program.name for program in self.layout.services]
        passwords = {name: self.state.password("nats", name) for name in (*names, OPERATOR)}
        grants = {name: PartnerGrant(self.state.password("nats", f"partner_{name}")) for name in self.layout.partners}
        return render(names, passwords, grants)

    def url(self, name: str) -> str:
        """Base URL of a program, or of a further port of one."""
        schemes = {program.name: program.scheme for program in self.layout.programs}
        return f"{schemes.get(name, 'http')}://127.0.0.1:{self.ports[name]}"

    @staticmethod
    def inherited() -> dict[str, str]:
        """The caller's environment without Paet's settings, save those meant for all."""
        return {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PAET_") or name in LEVEL_AND_TELEMETRY
        }

    def _shared(self, program: Program) -> dict[str, str]:
        return {
            "PYTHONUNBUFFERED": "1",
            "PAET_ENVIRONMENT": "development",
            "PAET_SECRETS_DIR": str(self.state.secrets_folder(program.name)),
            "PAET_CLOCK_OFFSET_FILE": str(self.state.clock_offset),
        }

    def _service(self, name: str) -> dict[str, str]:
        return {
            "PAET_ROLE": "all",
            "PAET_DATABASE_URL": self.postgres.url(*self.database(name)),
            "PAET_NATS_URL": self.nats.url,
            "PAET_NATS_USER": name,
            "PAET_NATS_PASSWORD": self.state.password("nats", name),
            "PAET_PEERS": json.dumps({peer.name: self.url(peer.name) for peer in self.layout.services}),
            "PAET_TRUST_DIR": str(self.state.trust),
            "PAET_SERVICE_KEY_FILE": str(self.state.key_file(name)),
            "PAET_PUBLIC_URL": self.url("gateway") if "gateway" in self.ports else self.url(name),
            "PAET_STORAGE_URL": self.state.storage_url(name),
            "PAET_TRACE_FILE": str(self.state.trace_file(name)),
        }
