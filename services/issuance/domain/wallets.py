"""The secrets between a holder, a wallet and us: codes, tokens, nonces; and what is wrong with asking for an offer."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import timedelta
from uuid import UUID

from kit.contracts.text import Text
from kit.errors import Conflict, TooManyRequests

OFFER_LIFE = timedelta(minutes=10)
TOKEN_LIFE = timedelta(minutes=5)
DEFERRED_LIFE = timedelta(hours=24)
"""Of the access token where the document is still being made."""
NONCE_LIFE_S = 300
NONCE_FAST_S = 5
"""How far the clocks of two of our own processes may differ."""
MOST_OFFERS = 5
"""Offers of one document within OFFER_LIFE."""
MOST_TYPED = 5
"""Transaction codes that may be typed for an offer; after as many wrong ones it is void."""
TX_DIGITS = 6

_RANDOM, _TIME, _MAC = 16, 5, 16  # bytes


class NoCredentials(Conflict):
    """The agency has no key to sign credentials with."""

    code = "no-wallet-credentials"
    title = Text(
        th="หน่วยงานนี้ยังไม่ออกเอกสารลงกระเป๋าเอกสารดิจิทัล", en="This agency does not issue credentials into wallets yet"
    )


class DocumentNotInForce(Conflict):
    """The document is suspended, revoked, replaced or over: no credential of it is issued."""

    code = "document-not-in-force"
    title = Text(th="เอกสารนี้ไม่มีผลใช้ได้ในขณะนี้", en="The document is not in force now")


class TooManyOffers(TooManyRequests):
    """More offers of one document than a person could want."""

    code = "too-many-offers"
    title = Text(th="ขอรหัสสำหรับกระเป๋าเอกสารดิจิทัลถี่เกินกำหนด", en="Too many offers to a wallet in a short time")


def new_secret() -> str:
    """256 random bits: a pre-authorised code, an access token, the id of a transaction."""
    return secrets.token_urlsafe(32)


def new_tx_code() -> str:
    """Six digits that the holder types into the wallet."""
    return f"{secrets.randbelow(10**TX_DIGITS):0{TX_DIGITS}d}"


def digest_of(secret: str) -> str:
    """What of a random secret is kept."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _written(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class WalletSecrets:
    """What only the holder of the service's key can compute."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def tx_digest(self, offer: UUID, typed: str) -> str:
        """What of a transaction code is kept: six digits would be guessed from a plain hash. The offer is its salt."""
        return self._mac(b"tx_code", offer.bytes + typed.encode(errors="surrogatepass")).hex()

    def is_tx_code(self, offer: UUID, typed: str, digest: str) -> bool:
        """Whether this was typed of which the digest is kept."""
        return hmac.compare_digest(self.tx_digest(offer, typed), digest)

    def new_nonce(self, agency: str, now: int) -> str:
        """A nonce for one proof to an issuer. Nothing is kept of it before it is spent: whoever asks stores nothing."""
        body = secrets.token_bytes(_RANDOM) + now.to_bytes(_TIME)
        return _written(body + self._nonce_mac(agency, body))

    def is_nonce(self, agency: str, nonce: str, now: int) -> bool:
        """Whether it was given for that issuer and is not too old; it may have been spent."""
        try:
            raw = urlsafe_b64decode(nonce + "=" * (-len(nonce) % 4))
        except ValueError:
            return False
        body, mac = raw[: _RANDOM + _TIME], raw[_RANDOM + _TIME :]
        # Only as it was written: the same bytes in other letters would be a nonce that was not spent.
        if nonce != _written(raw) or not hmac.compare_digest(mac, self._nonce_mac(agency, body)):
            return False
        made = int.from_bytes(body[_RANDOM:])
        return made - NONCE_FAST_S <= now <= made + NONCE_LIFE_S

    def _nonce_mac(self, agency: str, body: bytes) -> bytes:
        return self._mac(b"c_nonce", agency.encode() + b":" + body)[:_MAC]

    def _mac(self, purpose: bytes, said: bytes) -> bytes:
        return hmac.digest(self._key, purpose + b":" + said, hashlib.sha256)
