"""Keys of those in whose name something is signed, by name: a folder of files, in development made at first use."""

import asyncio
import os
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from structlog.stdlib import get_logger

from kit.auth.keys import Jwks, PrivateKey, load_private, load_publics, thumbprint
from kit.auth.tokens import signed

REREAD_S = 30.0
_NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,59}")

log = get_logger("paet.auth")


@dataclass(frozen=True)
class Issuer:
    """Who signs now, and every key by which what was signed is still, or will be, verified."""

    kid: str
    published: Jwks
    _key: PrivateKey

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Sign claims as a token of that type; the header names the key."""
        return signed(claims, self._key, self.kid, typ)


class Issuers:
    """A folder with ``<name>.key.pem``, which signs, and ``<name>.pem``: public keys that are published beside it.

    A key is rotated by two changes of files, each seen within REREAD_S: the public half of the new one is put into
    ``<name>.pem``; once it is published everywhere the new one signs, and the old one's public half takes its place
    there for as long as anything that it signed is to be verified.
    """

    def __init__(self, folder: Path | None, environment: str) -> None:
        self._folder = folder
        self._is_development = environment == "development"
        self._known: dict[str, tuple[float, Issuer | None]] = {}

    async def of(self, name: str) -> Issuer | None:
        """Find who signs in that name; None when nobody does."""
        if self._folder is None or not _NAME.fullmatch(name):
            return None
        read_at, known = self._known.get(name, (float("-inf"), None))
        if time.monotonic() - read_at >= REREAD_S or known is None:
            known = await asyncio.to_thread(self._read, self._folder, name, known)
            self._known[name] = time.monotonic(), known
        return known

    def _read(self, folder: Path, name: str, known: Issuer | None) -> Issuer | None:
        private, published = folder / f"{name}.key.pem", folder / f"{name}.pem"
        if self._is_development and not private.exists():
            _make(private)
        try:
            key = load_private(private.read_bytes())
            beside = load_publics(published.read_bytes()) if published.exists() else []
        except FileNotFoundError:
            return None
        except ValueError as error:
            if known is None:
                raise
            log.error("key of an issuer not read again", issuer=name, error=str(error))
            return known
        return Issuer(thumbprint(key), Jwks([key.public_key(), *beside]), key)


def _make(path: Path) -> None:
    """Write a new key whole, unless somebody else has done it by then; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    new = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    try:
        os.link(new, path)
    except FileExistsError:
        pass
    finally:
        new.unlink()
