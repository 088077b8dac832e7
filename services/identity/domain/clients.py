"""How a client program says who it is at the token endpoint (RFC 6749 §2.3.1)."""

from base64 import b64decode
from urllib.parse import unquote_plus

from services.identity.domain.problems import ClientRefused


def client_credentials(authorization: str | None, client_id: str | None, secret: str | None) -> tuple[str, str]:
    """Id and secret, from HTTP Basic or else from the form; ClientRefused when neither or both are there."""
    in_form = (client_id or "", secret or "")
    if authorization is None:
        if not all(in_form):
            raise ClientRefused()
        return in_form
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic" or secret:
        raise ClientRefused()
    try:
        user, found, password = b64decode(encoded.strip(), validate=True).decode().partition(":")
    except ValueError:
        raise ClientRefused() from None
    if not found:
        raise ClientRefused()
    return unquote_plus(user), unquote_plus(password)
