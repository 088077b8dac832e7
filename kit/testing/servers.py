"""PostgreSQL and NATS of a test run, the keys of all services, and databases cloned from templates."""

import secrets
from pathlib import Path

import asyncpg
import nats
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from nats.aio.client import Client

from kit.local.infra import ALL, Addresses
from kit.migrate import upgrade
from kit.nats_access import OPERATOR
from kit.testing.databases import Databases


class Servers:
    """Addresses of the servers that a test run uses."""

    def __init__(self, addresses: Addresses, folder: Path) -> None:
        self.postgres_admin_url = addresses.postgres_admin_url
        self.nats_url = addresses.nats_url
        self.nats_passwords = addresses.nats_passwords
        self.folder = folder
        self.templates: dict[str, str] = {}
        self._databases = Databases()
        self.keys = {name: _new_key() for name in ALL}
        self.trust = folder / "trust"
        self.trust.mkdir()
        for name, key in self.keys.items():
            (folder / f"{name}.key").write_bytes(key)
            (self.trust / f"{name}.pem").write_bytes(_public(key))

    async def operator(self) -> Client:
        """A bus connection with the operator's rights."""
        return await nats.connect(self.nats_url, user=OPERATOR, password=self.nats_passwords[OPERATOR])

    async def execute(self, *statements: str) -> None:
        """Run statements as the administrator of the PostgreSQL server."""
        connection = await asyncpg.connect(self.postgres_admin_url)
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    def url_of(self, database: str) -> str:
        """SQLAlchemy URL of a database on the server."""
        base = self.postgres_admin_url.rpartition("/")[0].replace("postgresql://", "postgresql+asyncpg://", 1)
        return f"{base}/{database}"

    async def new_database(self, package: str) -> str:
        """A fresh database with the schema of a service, cloned from a template migrated once."""
        if package not in self.templates:
            template = f"template_{package.replace('.', '_')}"
            await self.execute(f'DROP DATABASE IF EXISTS "{template}"', f'CREATE DATABASE "{template}"')
            await upgrade(self.url_of(template), package)
            self.templates[package] = template
        name = f"test_{secrets.token_hex(6)}"
        await self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{self.templates[package]}"')
        return name

    async def lend_database(self, package: str) -> str:
        """An empty database with the schema of a service, which another test may have used before."""
        if name := self._databases.take(package):
            return name
        name = await self.new_database(package)
        await self._databases.know(package, self._plain_url_of(name))
        return name

    async def take_back(self, package: str, name: str) -> None:
        """Keep a database that was lent for the next test, or throw it away where it is not as it was."""
        if not await self._databases.put_back(package, name, self._plain_url_of(name)):
            await self.execute(f'DROP DATABASE "{name}" WITH (FORCE)')

    def _plain_url_of(self, database: str) -> str:
        return self.url_of(database).replace("+asyncpg", "", 1)


def _new_key() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _public(pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(pem, None)
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
