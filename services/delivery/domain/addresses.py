"""Addresses as the evidence keeps them: recognised by who knows them, told to nobody. Pure."""

import hashlib
import hmac


def keyed(secret: str, purpose: str, value: str) -> bytes:
    """HMAC-SHA256 of a value for one purpose."""
    return hmac.digest(secret.encode(), f"{purpose}\n{value}".encode(), hashlib.sha256)


def address_hash(secret: str, channel: str, address: str) -> str:
    """The keyed hash: without the key the few telephone numbers there are cannot be tried one by one."""
    return keyed(secret, f"address/{channel}", address).hex()


def masked(channel: str, address: str) -> str:
    """What lets an officer and the addressee recognise it: ``s***@e***.org``, ``***4567``, ``U***``, a postcode."""
    if channel == "email":
        local, _, domain = address.partition("@")
        name, dot, ending = domain.rpartition(".")
        return f"{local[:1]}***@{name[:1]}***{dot}{ending}"
    if channel == "sms":
        return f"***{address[-4:]}"
    if channel == "post":
        return f"*** {postcode}" if (postcode := address.strip()[-5:]).isdigit() else "***"
    return f"{address[:1]}***"
