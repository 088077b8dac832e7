"""The folder `.local/`: passwords, keys, secrets and where everything lies. Kept until `make clean`."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kit.local.layout import Layout

_PRIVATE = ("secrets", "keys", "passwords", "logs", "run", "nats", "files", "mail", "traces")
_OPEN = ("trust", "postgres")


class State:
    """Paths and secrets of one suite. Secret files are readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder).resolve()
        self.trust = self.folder / "trust"
        self.run = self.folder / "run"
        self.clock_offset = self.folder / "clock_offset"

    def prepare(self, layout: Layout) -> None:
        """Make what is missing: folders, key pairs, secret files, the clock offset."""
        for name in _OPEN:
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        for name in _PRIVATE:
            (self.folder / name).mkdir(exist_ok=True)
            (self.folder / name).chmod(0o700)
        if not self.clock_offset.exists():
            self.clock_offset.write_text("0\n")
        for program in layout.programs:
            self._make_secrets(program.name, program.secrets)
            if program.package:
                self._make_keys(program.name)

    def drop_logs(self) -> None:
        """Delete the logs of the last time."""
        for log in (self.folder / "logs").glob("*.log"):
            log.unlink()

    def password(self, system: str, user: str) -> str:
        """The password of a user of `postgres` or `nats`, or a shared secret; made when first asked for."""
        return self._kept(self.folder / "passwords" / system / user, _random).decode()

    def key_file(self, name: str) -> Path:
        """A service's private key: PEM, PKCS 8, ES256 (P-256)."""
        return self.folder / "keys" / f"{name}.pem"

    def secrets_folder(self, name: str) -> Path:
        """The files that a process reads by PAET_SECRETS_DIR: one a setting."""
        return self.folder / "secrets" / name

    def storage_url(self, name: str) -> str:
        """Where a service keeps its files; the path stands in it as it is."""
        return f"file://{self.folder}/files/{name}"

    def trace_file(self, name: str) -> Path:
        """Spans of one process, JSON lines."""
        return self.folder / "traces" / f"{name}.jsonl"

    def log_file(self, name: str) -> Path:
        """What one process printed."""
        return self.folder / "logs" / f"{name}.log"

    def pid_file(self, name: str) -> Path:
        """The process id of one process, locked while it lives."""
        return self.run / f"{name}.pid"

    def keep_access(self, access: str) -> Path:
        """Write the accounts of the bus for a NATS server that is not ours to configure."""
        path = self.folder / "nats" / "access.conf"
        path.touch(mode=0o600)
        path.write_text(access)
        return path

    def _make_secrets(self, name: str, settings: Sequence[str]) -> None:
        folder = self.secrets_folder(name)
        folder.mkdir(exist_ok=True)
        for setting in settings:
            path = folder / setting
            path.touch(mode=0o600)
            path.write_text(self.password("secrets", setting))

    def _make_keys(self, name: str) -> None:
        private = load_pem_private_key(self._kept(self.key_file(name), _new_key), password=None)
        public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (self.trust / f"{name}.pem").write_bytes(public)

    def _kept(self, path: Path, make: Callable[[], bytes]) -> bytes:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_name(path.name + ".new")
            new.touch(mode=0o600)
            new.write_bytes(make())
            new.rename(path)
        return path.read_bytes()


def _random() -> bytes:
    return secrets.token_urlsafe(32).encode()


def _new_key() -> bytes:
    return generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
