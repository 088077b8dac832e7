"""What changes identity's state. Commands take the session and never commit.

Those that answer with a problem instead of raising it have changed something that must be kept all the
same, such as a session ended because its refresh token came twice: whoever calls them raises after the commit.
"""

from services.identity.commands.clients import create_client, ensure_client, verify_client
from services.identity.commands.erasures import request_erasure, take_answer
from services.identity.commands.keys import SigningKeys, rotate_key
from services.identity.commands.officers import change_officer, create_officer, ensure_officer
from services.identity.commands.sign_in import (
    Wish,
    begin_sign_in,
    complete_sign_in,
    prepare_sign_in,
    prove,
    record_refusal,
    take_sign_in,
)
from services.identity.commands.tokens import Mint, Tokens, client_token, redeem_code, refresh, sign_out

__all__ = [
    "Mint",
    "SigningKeys",
    "Tokens",
    "Wish",
    "begin_sign_in",
    "change_officer",
    "client_token",
    "complete_sign_in",
    "create_client",
    "create_officer",
    "ensure_client",
    "ensure_officer",
    "prepare_sign_in",
    "prove",
    "record_refusal",
    "redeem_code",
    "refresh",
    "request_erasure",
    "rotate_key",
    "sign_out",
    "take_answer",
    "take_sign_in",
    "verify_client",
]
