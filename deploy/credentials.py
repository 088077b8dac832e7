"""``python -m deploy.credentials FOLDER``: makes the keys, passwords and seals of an installation, once.

In the folder stand `<service>/<setting>` as PAET_SECRETS_DIR wants them, `trust/<service>.pem`, the accounts of the
bus, and `secrets.yaml` with all of it as Kubernetes objects. What is there already stays, so that a secret from
outside (the bank's, ThaiD's) is simply put into its file. The seals are a development authority's: replace them. The
keys that sign credentials for wallets are real; one is rotated by its files (`kit/auth/issuers.py`).
"""

import argparse
import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kit.documents.development import ensure_development_ca
from kit.nats_access import OPERATOR, render

SERVICES = ("gateway", "search", "identity", "request", "review", "approval", "payment", "issuance", "delivery")
OWN = {
    "identity": ("pid_encryption_key", "pid_lookup_key", "provider_thaid_secret"),
    "approval": ("officer_key_encryption_key",),
    "payment": ("bank_api_secret",),
    "issuance": ("verification_key",),
    "delivery": ("evidence_key",),
}
"""Secret settings of single services: 32 random bytes as base64url, unless the file is there."""
AGENCIES = {"22000000": "กรุงเทพมหานคร"}
"""The agencies of the shipped definitions."""


def make(folder: Path, database_host: str) -> None:
    """Make what is missing below the folder. Only its owner may enter it; inside, containers of any user may read."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for service in SERVICES:
        _service(folder, service, database_host)
    _kept(folder / "postgres" / "superuser", _random)
    _write(folder / "nats-operator" / "nats_operator_user", OPERATOR)
    passwords = {name: (folder / name / "nats_password").read_text() for name in SERVICES}
    passwords[OPERATOR] = _kept(folder / "nats-operator" / "nats_operator_password", _random)
    for service in SERVICES:
        for path in (*(folder / service).iterdir(), *(folder / "nats-operator").iterdir()):
            _write(folder / "migration" / service / path.name, path.read_text(encoding="utf-8"))
    _write(folder / "nats" / "accounts.conf", render(SERVICES, passwords, {}))
    for code, name in AGENCIES.items():
        ensure_development_ca(folder / "seals", environment="development", agency_code=code, agency_name=name)
        _kept(folder / "credential-keys" / f"{code}.key.pem", _new_key)
    documents = yaml.safe_dump_all(manifests(folder), allow_unicode=True, sort_keys=False)
    _write(folder / "secrets.yaml", documents)


def _service(folder: Path, service: str, database_host: str) -> None:
    own = folder / service
    for name in ("nats_password", *OWN.get(service, ())):
        _kept(own / name, _random)
    password = _kept(folder / "postgres" / service, _random)
    url = f"postgresql+asyncpg://paet_{service}:{password}@{database_host}:5432/paet_{service}"
    _kept(own / "database_url", lambda: url)
    private = load_pem_private_key(_kept(own / "service_key.pem", _new_key).encode(), password=None)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    _write(folder / "trust" / f"{service}.pem", public.decode())


def manifests(folder: Path) -> Iterator[dict[str, Any]]:
    """The Secrets and the ConfigMap that the manifests of the services name."""
    for name in (*SERVICES, "nats-operator"):
        yield _object("Secret", name, sorted((folder / name).iterdir()))
    yield _object("Secret", "nats-accounts", [folder / "nats" / "accounts.conf"])
    yield _object("Secret", "postgres-passwords", sorted((folder / "postgres").iterdir()))
    seals = [folder / "seals" / f"{code}{end}" for code in AGENCIES for end in (".key.pem", ".pem")]
    seals.append(folder / "seals" / "root.pem")
    yield _object("Secret", "seals", seals)
    yield _object("Secret", "credential-keys", sorted((folder / "credential-keys").iterdir()))
    yield _object("ConfigMap", "trust", sorted((folder / "trust").iterdir()))


def _object(kind: str, name: str, files: Iterable[Path]) -> dict[str, Any]:
    content = {path.name: path.read_text(encoding="utf-8") for path in files}
    metadata = {"name": name, "namespace": "paet", "labels": {"app.kubernetes.io/part-of": "paet"}}
    key = "stringData" if kind == "Secret" else "data"
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, key: content}


def _kept(path: Path, create: Callable[[], str]) -> str:
    if not path.exists():
        _write(path, create())
    return path.read_text(encoding="utf-8")


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text(content, encoding="utf-8")
    new.chmod(0o644)
    new.replace(path)


def _random() -> str:
    return secrets.token_urlsafe(32)


def _new_key() -> str:
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.credentials", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--database-host", default="postgres")
    given = parser.parse_args()
    make(given.folder, given.database_host)
    print(f"{given.folder / 'secrets.yaml'} and the files beside it are complete")  # noqa: T201


if __name__ == "__main__":
    main()
