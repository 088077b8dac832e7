"""Providers of digital identity (IdP): who proves to us who a person is. Configured, never coded in."""

from services.identity.providers.base import Provider, Providers, ProviderUnknown
from services.identity.providers.oidc import OidcProvider

__all__ = ["OidcProvider", "Provider", "ProviderUnknown", "Providers"]
