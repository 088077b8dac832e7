"""Tokens, and who may do what: the strict token module (requirement Y7) and the `allow` dependency."""

from kit.auth.allow import Allow, Authenticator, Verifier, allow
from kit.auth.endpoints import Endpoint, allowed_of, endpoints_of
from kit.auth.keys import Jwks, load_private, load_publics, thumbprint
from kit.auth.levels import AAL, IAL, StepUpRequired, aal_meets, ial_meets, require_levels
from kit.auth.persons import PersonVerifier
from kit.auth.principal import Principal
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
    "Jwks",
    "PersonVerifier",
    "Principal",
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
    "load_private",
    "load_publics",
    "require_levels",
    "sign",
    "thumbprint",
]
