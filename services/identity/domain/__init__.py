"""What identity decides, without I/O: who somebody is, how long a session lives, which key signs."""

from services.identity.domain.clients import client_credentials
from services.identity.domain.keys import KeyTimes, published, signer
from services.identity.domain.officers import (
    PLATFORM,
    ROLES,
    SCOPES,
    Role,
    Scope,
    check_may_change,
    check_may_create,
    is_within,
)
from services.identity.domain.people import (
    Proof,
    birthdate_of,
    checked_pid,
    masked,
    name_of,
    text_of_address,
)
from services.identity.domain.problems import (
    AgencyNotYours,
    ClientRefused,
    ErasureUnknown,
    GrantRefused,
    IdentityIncomplete,
    OfficerExists,
    OfficerNotRegistered,
    OwnRecord,
    ProviderUnavailable,
    SessionEnded,
    SignInDenied,
    SignInRefused,
    SignInUnknown,
)
from services.identity.domain.sealing import SealBrokenError, Vault
from services.identity.domain.sections import Reach, check_section
from services.identity.domain.sessions import Limits, ends_at, limits_of

__all__ = [
    "PLATFORM",
    "ROLES",
    "SCOPES",
    "AgencyNotYours",
    "ClientRefused",
    "ErasureUnknown",
    "GrantRefused",
    "IdentityIncomplete",
    "KeyTimes",
    "Limits",
    "OfficerExists",
    "OfficerNotRegistered",
    "OwnRecord",
    "Proof",
    "ProviderUnavailable",
    "Reach",
    "Role",
    "Scope",
    "SealBrokenError",
    "SessionEnded",
    "SignInDenied",
    "SignInRefused",
    "SignInUnknown",
    "Vault",
    "birthdate_of",
    "check_may_change",
    "check_may_create",
    "check_section",
    "checked_pid",
    "client_credentials",
    "ends_at",
    "is_within",
    "limits_of",
    "masked",
    "name_of",
    "published",
    "signer",
    "text_of_address",
]
