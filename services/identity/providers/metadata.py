"""The discovery document (OpenID Connect Discovery 1.0), reduced to what a relying party must know."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


class MetadataWrongError(ValueError):
    """The document is not one of this issuer's, or sends us where it must not."""


@dataclass(frozen=True)
class Metadata:
    """The endpoints of a provider."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


def read_metadata(document: Mapping[str, Any], issuer: str) -> Metadata:
    """Read the document; its issuer must be the configured one, letter by letter (§4.3 of the standard).

    Endpoints must be https wherever the issuer is: MetadataWrongError otherwise.
    """
    if document.get("issuer") != issuer:
        raise MetadataWrongError("the issuer is another")
    methods = document.get("code_challenge_methods_supported", ["S256"])
    if "S256" not in methods:
        raise MetadataWrongError("PKCE with S256 is not supported")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    return Metadata(*(_endpoint(document.get(name), name, issuer) for name in names))


def _endpoint(value: object, name: str, issuer: str) -> str:
    url = urlsplit(value) if isinstance(value, str) else None
    schemes = {"https"} if urlsplit(issuer).scheme == "https" else {"https", "http"}
    if url is None or url.scheme not in schemes or not url.hostname:
        raise MetadataWrongError(f"{name} is missing or not https")
    return str(value)
