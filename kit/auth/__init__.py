"""Tokens, and who may do what: the strict token module (requirement Y7) and the `allow` dependency."""

from kit.auth.allow import Allow, Authenticator, Verifier, allow
from kit.auth.endpoints import Endpoint, allowed_of, endpoints_of
from kit.auth.issuers import Issuer, Issuers
from kit.auth.keys import Jwks, PublicKey, jwk_of, load_private, load_publics, public_of, thumbprint
from kit.auth.levels import AAL, IAL, StepUpRequired, aal_meets, ial_meets, require_levels
from kit.auth.persons import PersonVerifier
from kit.auth.principal import Principal
from kit.auth.proofs import Proof, proven
from kit.auth.services import ServiceAssertions, ServiceVerifier
from kit.auth.tokens import ACCESS, ASSERTION, TokenRefused, sign

__all__ = [
    "AAL",
    "ACCESS",
    "ASSERTION",
    "IAL",
    "Allow",
    "Authenticator",
    "Endpoint",
    "Issuer",
    "Issuers",
    "Jwks",
    "PersonVerifier",
    "Principal",
    "Proof",
    "PublicKey",
    "ServiceAssertions",
    "ServiceVerifier",
    "StepUpRequired",
    "TokenRefused",
    "Verifier",
    "aal_meets",
    "allow",
    "allowed_of",
    "endpoints_of",
    "ial_meets",
    "jwk_of",
    "load_private",
    "load_publics",
    "proven",
    "public_of",
    "require_levels",
    "sign",
    "thumbprint",
]
