"""OpenID Connect relying party: authorisation code with PKCE (S256), state and nonce, any standard provider.

Endpoints and keys come from the provider's discovery document. ThaiD is one configuration of this
(docs/law.md §4.3). Nothing of a token, code or claim goes into a log or an exception.
"""

import time
from collections.abc import Mapping
from typing import Any, cast

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from joserfc.errors import JoseError
from structlog.stdlib import get_logger

from kit.outside import open_client
from services.identity.domain import Proof, ProviderUnavailable, Reach, SignInRefused
from services.identity.providers.claims import proof_of
from services.identity.providers.id_token import KeySet, KeyUnknownError, checked_claims
from services.identity.providers.metadata import Metadata, MetadataWrongError, read_metadata
from services.identity.settings import ProviderSettings

TIMEOUT = httpx.Timeout(8.0, connect=3.0)
RETRY_AFTER_S = 15
MOST_BYTES = 262_144
KEPT_S = 3600.0

log = get_logger("paet.identity")


class OidcProvider:
    """One provider. Discovery and keys are kept; both are fetched again when a key is met that is not known."""

    def __init__(self, settings: ProviderSettings, redirect_uri: str) -> None:
        self.name = settings.name
        self.issuer = settings.issuer
        self.scopes = settings.scopes
        self.reach = Reach(settings.ial, settings.aal)
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._metadata: Metadata | None = None
        self._keys: KeySet | None = None
        self._forget_at = 0.0
        self._http: httpx.AsyncClient | None = None

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where to send the browser (OpenID Connect Core §3.1.2.1)."""
        metadata = await self._discover()
        return str(
            prepare_grant_uri(
                metadata.authorization_endpoint,
                client_id=self._settings.client_id,
                response_type="code",
                redirect_uri=self._redirect_uri,
                scope=list(self.scopes),
                state=state,
                nonce=nonce,
                code_challenge=create_s256_code_challenge(verifier),
                code_challenge_method="S256",
            )
        )

    async def prove(self, code: str, nonce: str, verifier: str) -> Proof:
        """Change the code for tokens and the ID token for a proof."""
        answer = await self._exchange(code, verifier)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused("no ID token")
        claims = await self._verified(token, nonce, answer.get("access_token"))
        # Some clients of ThaiD find claims in the token answer itself [K]; what is signed comes first.
        told = {name: answer[name] for name in self.scopes if name in answer and name != "openid"}
        return proof_of(self._settings, told | claims)

    async def close(self) -> None:
        """Close the client."""
        if self._http is not None:
            await self._http.aclose()
            self._http = None

    async def _verified(self, token: str, nonce: str, access_token: object) -> dict[str, Any]:
        settings = self._settings
        for fetch in (False, True):
            keys = await self._key_set(fetch=fetch)
            try:
                return checked_claims(token, keys, settings, nonce=nonce, access_token=access_token)
            except KeyUnknownError:  # rotated since we looked: once more with fresh keys
                continue
            except (JoseError, ValueError, TypeError) as error:
                log.warning("ID token refused", provider=self.name, error=type(error).__name__)
                raise SignInRefused("ID token") from None
        raise SignInRefused("unknown key")

    async def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        metadata = await self._discover()
        secret = self._settings.client_secret
        assert secret is not None  # noqa: S101 - settings refuse to load without
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        auth = httpx.BasicAuth(self._settings.client_id.encode(), secret.get_secret_value().encode())
        response = await self._send("POST", metadata.token_endpoint, data=form, auth=auth)
        if response.is_client_error:
            log.warning("code not exchanged", provider=self.name, status=response.status_code)
            raise SignInRefused("code not exchanged")
        return self._object(response)

    async def _discover(self, *, again: bool = False) -> Metadata:
        if time.monotonic() >= self._forget_at:  # a withdrawn key must stop to count
            self._metadata = self._keys = None
            self._forget_at = time.monotonic() + KEPT_S
        if self._metadata is None or again:
            url = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            document = self._object(await self._send("GET", url))
            try:
                self._metadata = read_metadata(document, self._settings.issuer)
            except MetadataWrongError as error:
                log.error("discovery document refused", provider=self.name, reason=str(error))
                raise ProviderUnavailable(retry_after=RETRY_AFTER_S) from None
        return self._metadata

    async def _key_set(self, *, fetch: bool) -> KeySet:
        metadata = await self._discover(again=fetch)
        if self._keys is None or fetch:
            document = self._object(await self._send("GET", metadata.jwks_uri))
            try:
                self._keys = KeySet.import_key_set(cast(Any, document))
            except (JoseError, ValueError, KeyError, TypeError):
                log.error("key set refused", provider=self.name)
                raise ProviderUnavailable(retry_after=RETRY_AFTER_S) from None
        return self._keys

    async def _send(self, method: str, url: str, **kwargs: Any) -> httpx.Response:
        if self._http is None:
            self._http = open_client(timeout=TIMEOUT)
        try:
            response = await self._http.request(method, url, headers={"Accept": "application/json"}, **kwargs)
        except (httpx.HTTPError, OSError) as error:
            log.warning("provider does not answer", provider=self.name, error=type(error).__name__)
            raise ProviderUnavailable(retry_after=RETRY_AFTER_S) from None
        is_usable = response.is_success or (method == "POST" and response.is_client_error)
        if not is_usable or len(response.content) > MOST_BYTES:
            log.warning("provider fails", provider=self.name, status=response.status_code)
            raise ProviderUnavailable(retry_after=RETRY_AFTER_S)
        return response

    def _object(self, response: httpx.Response) -> dict[str, Any]:
        try:
            body = response.json()
        except ValueError:
            body = None
        if not isinstance(body, Mapping):
            log.warning("provider answers no JSON object", provider=self.name)
            raise ProviderUnavailable(retry_after=RETRY_AFTER_S)
        return dict(body)
