"""What identity asks of any provider, and the set of those configured."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from kit.contracts.text import Text
from kit.errors import FieldError, Unprocessable
from services.identity.domain import Proof, Reach


class Provider(Protocol):
    """A provider of digital identity, reached through the person's browser."""

    name: str
    issuer: str
    scopes: tuple[str, ...]
    reach: Reach

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser; ProviderUnavailable when the provider does not answer."""

    async def prove(self, code: str, nonce: str, verifier: str) -> Proof:
        """Change the code for a proof; SignInRefused when a check fails, or ProviderUnavailable."""

    async def close(self) -> None:
        """Close what is open."""


class ProviderUnknown(Unprocessable):
    """The named provider is not configured."""

    code = "provider-unknown"
    title = Text(th="ไม่มีผู้ให้บริการยืนยันตัวตนที่ระบุ", en="There is no such identity provider")

    def __init__(self, configured: Iterable[str]) -> None:
        names = ", ".join(configured) or "–"
        detail = Text(th=f"เลือกได้จาก: {names}", en=f"Choose one of: {names}")
        super().__init__(errors=[FieldError("/provider", "unknown", detail)])


class Providers:
    """The configured providers, by name."""

    def __init__(self, providers: Iterable[Provider]) -> None:
        self._providers = {provider.name: provider for provider in providers}

    def named(self, name: str) -> Provider:
        """Find a provider; ProviderUnknown when it is not configured."""
        if name not in self._providers:
            raise ProviderUnknown(self._providers)
        return self._providers[name]

    def __iter__(self) -> Iterator[Provider]:
        return iter(self._providers.values())

    async def close(self) -> None:
        """Close all."""
        for provider in self._providers.values():
            await provider.close()
