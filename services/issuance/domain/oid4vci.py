"""OpenID4VCI 1.0 in words: how things are called, what is published, what is wrong with a request. Pure."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

from kit.contracts.text import Language, Text
from services.issuance.domain.credentials import Configuration, shown_claims
from services.issuance.domain.wallets import TX_DIGITS

GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
FORMAT = "dc+sd-jwt"
PROOF = "openid4vci-proof+jwt"
STATUS_LIST = "statuslist+jwt"
EVENTS = ("credential_accepted", "credential_failure", "credential_deleted")
LOCALES: tuple[Language, ...] = ("th", "en")


class Refused(Exception):
    """What is wrong, by the codes of OAuth 2.0 (RFC 6749, RFC 6750) and OpenID4VCI 1.0: a wallet reads nothing else."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


def invalid_token(description: str = "the access token is unknown or has expired") -> Refused:
    """No access token that counts (RFC 6750 section 3.1)."""
    return Refused("invalid_token", description, 401)


class Places:
    """Where an agency is found as an issuer; ``public`` is the address of the whole platform."""

    def __init__(self, public: str, agency: str) -> None:
        self._public = public.rstrip("/")
        self.agency = agency
        self.issuer = f"{self._public}/issuers/{agency}"
        """The agency as a credential issuer, for as long as its credentials are to be verified."""

    def endpoint(self, name: str) -> str:
        """An endpoint of the protocol."""
        return f"{self._public}/v1/issuers/{self.agency}/{name}"

    def credential_type(self, document_type: str) -> str:
        """``vct``: what kind of document it is, whatever version of a definition it was issued by."""
        return f"{self._public}/v1/credential-types/{self.agency}/{document_type}"

    def status_list(self, identifier: object) -> str:
        """A status list."""
        return f"{self._public}/v1/status-lists/{identifier}"


def offer(places: Places, configuration: str, code: str) -> dict[str, Any]:
    """A credential offer (section 4.1.1)."""
    # No description: in a QR code each of its letters would take nine.
    tx_code = {"input_mode": "numeric", "length": TX_DIGITS}
    return {
        "credential_issuer": places.issuer,
        "credential_configuration_ids": [configuration],
        "grants": {GRANT: {"pre-authorized_code": code, "tx_code": tx_code}},
    }


def offer_uri(offered: Mapping[str, Any]) -> str:
    """The offer as a wallet opens it, by value: it is kept nowhere."""
    said = json.dumps(offered, ensure_ascii=False, separators=(",", ":"))
    return f"openid-credential-offer://?{urlencode({'credential_offer': said})}"


def issuer_metadata(places: Places, name: Text, configurations: Iterable[Configuration]) -> dict[str, Any]:
    """``/.well-known/openid-credential-issuer`` (section 12.2)."""
    return {
        "credential_issuer": places.issuer,
        "credential_endpoint": places.endpoint("credential"),
        "nonce_endpoint": places.endpoint("nonce"),
        "deferred_credential_endpoint": places.endpoint("deferred-credential"),
        "notification_endpoint": places.endpoint("notification"),
        "display": _display(name),
        "credential_configurations_supported": {each.id: _configuration(places, each) for each in configurations},
    }


def _configuration(places: Places, configuration: Configuration) -> dict[str, Any]:
    claims = [{"path": list(path), "display": _display(title)} for path, title in shown_claims(configuration)]
    return {
        "format": FORMAT,
        "vct": places.credential_type(configuration.id),
        "cryptographic_binding_methods_supported": ["jwk"],
        "credential_signing_alg_values_supported": ["ES256"],
        "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}},
        "credential_metadata": {"display": _display(configuration.title), "claims": claims},
    }


def server_metadata(places: Places) -> dict[str, Any]:
    """``/.well-known/oauth-authorization-server`` (RFC 8414): the issuer gives its access tokens itself."""
    return {
        "issuer": places.issuer,
        "token_endpoint": places.endpoint("token"),
        "grant_types_supported": [GRANT],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported": ["none"],
        "pre-authorized_grant_anonymous_access_supported": True,
    }


def type_metadata(places: Places, configuration: Configuration) -> dict[str, Any]:
    """What ``vct`` leads to (draft-ietf-oauth-sd-jwt-vc, type metadata)."""

    def display(text: Text, member: str) -> list[dict[str, str]]:
        # The draft has renamed "lang"; verifiers of both readings are about.
        return [{"lang": each, "locale": each, member: text.in_language(each)} for each in LOCALES]

    return {
        "vct": places.credential_type(configuration.id),
        "name": configuration.title.en,
        "display": display(configuration.title, "name"),
        "claims": [
            {"path": list(path), "display": display(title, "label"), "sd": "always"}
            for path, title in shown_claims(configuration)
        ],
    }


def _display(text: Text) -> list[dict[str, str]]:
    return [{"name": text.in_language(each), "locale": each} for each in LOCALES]


def read_form(body: bytes) -> dict[str, str]:
    """The parameters of a request for a token; Refused where one stands twice (RFC 6749 section 3.2)."""
    try:
        pairs = parse_qsl(body.decode(), max_num_fields=20)
    except ValueError:
        raise Refused("invalid_request", "the body is no form") from None
    if len(found := dict(pairs)) != len(pairs):
        raise Refused("invalid_request", "a parameter stands twice")
    return found


def read_json(body: bytes, error: str) -> dict[str, Any]:
    """The members of a JSON object; Refused under that code."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(error, "the body is no JSON") from None
    if not isinstance(value, dict):
        raise Refused(error, "the body is no JSON object")
    return value


def proof_in(request: Mapping[str, Any], configuration: str) -> str:
    """The one proof of a credential request for that configuration; Refused for whatever else is asked."""
    wrong = "invalid_credential_request"
    if "credential_identifier" in request:
        if "credential_configuration_id" in request:
            raise Refused(wrong, "either an identifier or a configuration, not both")
        raise Refused("unknown_credential_identifier", "credentials have no identifiers here")
    if "credential_response_encryption" in request:
        raise Refused("invalid_encryption_parameters", "responses are not encrypted here beyond TLS")
    wanted = request.get("credential_configuration_id")
    if not isinstance(wanted, str):
        raise Refused(wrong, "credential_configuration_id is missing")
    if wanted != configuration:
        raise Refused("unknown_credential_configuration", "the token is for another credential")
    proofs = request.get("proofs")
    if not isinstance(proofs, dict) or proofs.keys() != {"jwt"}:
        raise Refused("invalid_proof", "proofs must have jwt and nothing else")
    if not isinstance(proofs["jwt"], list) or len(proofs["jwt"]) != 1 or not isinstance(proofs["jwt"][0], str):
        raise Refused("invalid_proof", "exactly one proof is wanted")
    return str(proofs["jwt"][0])


def notified(request: Mapping[str, Any]) -> tuple[str, str]:
    """The notification's id and its event (section 11.1); Refused."""
    identifier, event = request.get("notification_id"), request.get("event")
    if not isinstance(identifier, str) or event not in EVENTS:
        raise Refused("invalid_notification_request", "notification_id or a known event is missing")
    return identifier, str(event)
