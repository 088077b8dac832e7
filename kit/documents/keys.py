"""The keys of seals with their certificates, from PKCS#12, PEM or a PKCS#11 token; signs nothing but bytes it is given.

A private key of a token never leaves it. Its library is loaded only where a token is named.
"""

import hashlib
import threading
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import pkcs12


class SealError(ValueError):
    """A seal cannot be loaded, or may not be put on this document at this time."""


class TokenAway(OSError):
    """The PKCS#11 token does not answer: passing trouble."""


PATIENCE_S = 10.0
"""For so long a token is waited for. It signs in milliseconds, opens a session over the network in a second or two."""
HUNG: defaultdict[tuple[str, str], list[threading.Event]] = defaultdict(list)
"""Calls from which a token, by library and label, has not come back in time; the event is set once it has."""


class TokenKey:
    """A private key in a PKCS#11 token (HSM); opened at the first use, opened again when the token was away.

    The token's library cannot be told to stop: each call has a thread of its own, which is left behind when it takes
    too long. Until it is back the token is asked nothing else, by whichever key: it may not be used from two sides.
    """

    def __init__(self, module: str, token: str, label: str, pin: str, public: Any) -> None:
        self._module, self._token, self._label, self._pin = module, token, label, pin
        self.public = public
        self._free = threading.Lock()  # a session of a token does one thing at a time
        self._key: Any = None
        self.refused: str | None = None
        """Why the token let nobody in: it is not asked again, for it locks itself after some wrong PINs."""

    def public_key(self) -> Any:
        """The public key, as its certificate has it."""
        return self.public

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256: DER for ECDSA, PKCS#1 v1.5 for RSA. TokenAway; SealError when an operator must act.

        Waits for the token, no longer than `PATIENCE_S` for its answer: call it beside the event loop.
        """
        if not self._free.acquire(timeout=0 if self._is_hung() else PATIENCE_S):
            raise TokenAway("the PKCS#11 token is busy with another call")
        if self._is_hung():
            self._free.release()
            raise TokenAway("the PKCS#11 token has not come back from another call")
        answer, is_back = Future[bytes](), threading.Event()
        # A daemon: a token that never comes back does not keep the process from ending.
        asking = threading.Thread(target=self._answer, args=(data, answer, is_back), daemon=True)
        try:
            asking.start()
        except RuntimeError as error:
            self._free.release()
            raise TokenAway("there is no thread left to ask the PKCS#11 token") from error
        try:
            return answer.result(PATIENCE_S)
        except TimeoutError as error:
            HUNG[self._module, self._token].append(is_back)
            raise TokenAway(f"the PKCS#11 token has not answered for {PATIENCE_S:g} seconds") from error

    def _is_hung(self) -> bool:
        return not all(is_back.is_set() for is_back in HUNG[self._module, self._token])

    def _answer(self, data: bytes, answer: Future[bytes], is_back: threading.Event) -> None:
        """Sign, in a thread of its own; the key is free again when the token is back, however late."""
        try:
            answer.set_result(self._sign_again(data))
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            answer.set_exception(error)
        finally:
            is_back.set()
            self._free.release()

    def _sign_again(self, data: bytes) -> bytes:
        """Sign; once more where the session was lost."""
        with _token_errors(self):
            was_open = self._key is not None
            try:
                return self._signed(data)
            except _pkcs11().exceptions.PKCS11Error:
                self._key = None
                if not was_open:
                    raise
                return self._signed(data)  # its session ended with the token's last start

    def _signed(self, data: bytes) -> bytes:
        pkcs11 = _pkcs11()
        if self._key is None:
            token = pkcs11.lib(self._module).get_token(token_label=self._token)
            try:
                session = token.open(user_pin=self._pin)
            except pkcs11.exceptions.UserAlreadyLoggedIn:  # by another key of this process: that holds for all
                session = token.open()
            try:
                self._key = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self._label)
            except pkcs11.exceptions.PKCS11Error:
                session.close()
                raise
        if isinstance(self.public, rsa.RSAPublicKey):
            signature = bytes(self._key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
        else:
            digest = hashlib.sha256(data).digest()  # not every token hashes for an elliptic curve
            pair = bytes(self._key.sign(digest, mechanism=pkcs11.Mechanism.ECDSA))
            half = len(pair) // 2
            signature = encode_dss_signature(int.from_bytes(pair[:half]), int.from_bytes(pair[half:]))
        self._check(signature, data)
        return signature

    def _check(self, signature: bytes, data: bytes) -> None:
        """The key is found by its label alone: SealError where the certificate is of another."""
        try:
            if isinstance(self.public, rsa.RSAPublicKey):
                self.public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
            else:
                self.public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise SealError("the certificate is not that of the key in the token") from error


def _pkcs11() -> Any:
    try:
        import pkcs11  # only here: who has no token does without the library
    except ImportError as error:
        raise SealError("PKCS#11 needs python-pkcs11: install paet-kit[documents]") from error
    return pkcs11


@contextmanager
def _token_errors(key: TokenKey) -> Iterator[None]:
    """What a token says, as what may pass or what an operator must mend."""
    if key.refused:
        raise SealError(key.refused)
    wrong = _pkcs11().exceptions
    pin = (wrong.PinIncorrect, wrong.PinInvalid, wrong.PinLenRange, wrong.PinLocked, wrong.PinExpired)
    try:
        yield
    except (*pin, wrong.NoSuchKey, wrong.MultipleObjectsReturned) as error:
        key.refused = f"the PKCS#11 token refuses: {type(error).__name__}"
        raise SealError(key.refused) from error
    except (wrong.PKCS11Error, RuntimeError) as error:
        raise TokenAway(f"the PKCS#11 token does not answer: {type(error).__name__}") from error


Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | TokenKey


@dataclass(frozen=True)
class Credentials:
    """A private key with its certificate and those between it and the root, the root itself left out or not."""

    key: Key
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    @classmethod
    def from_pkcs12(cls, data: bytes, password: bytes | None) -> Self:
        """Read PKCS#12. SealError when the password is wrong or key or certificate is missing."""
        try:
            key, certificate, chain = pkcs12.load_key_and_certificates(data, password)
        except ValueError as error:
            raise SealError("the PKCS#12 file cannot be opened") from error
        return cls._checked(key, certificate, chain)

    @classmethod
    def from_pem(cls, key: bytes, certificates: bytes, password: bytes | None = None) -> Self:
        """Read a PEM key and PEM certificates, the signer's first. SealError when they do not fit."""
        try:
            loaded = serialization.load_pem_private_key(key, password)
            first, *chain = x509.load_pem_x509_certificates(certificates)
        except (ValueError, TypeError) as error:
            raise SealError("the key or the certificates cannot be read") from error
        return cls._checked(loaded, first, chain)

    @classmethod
    def from_token(cls, description: Path) -> Self:
        """Read the description of a key in a PKCS#11 token (TOML); the token itself is asked at the first seal.

        ``module`` is the token's library, ``token`` and ``key`` are labels, ``pin_file`` is looked for beside; the
        certificates (PEM, the signer's first) stand in ``….pem`` beside. SealError when something is missing.
        """
        try:
            said = tomllib.loads(description.read_text(encoding="utf-8"))
            pin = (description.parent / said["pin_file"]).read_text(encoding="utf-8").strip()
            beside = description.with_name(description.name.removesuffix(".pkcs11.toml") + ".pem")
            first, *chain = x509.load_pem_x509_certificates(beside.read_bytes())
            key = TokenKey(said["module"], said["token"], said["key"], pin, first.public_key())
        except (OSError, ValueError, KeyError, TypeError) as error:
            msg = f"{description.name} does not describe a key in a token: {type(error).__name__}"
            raise SealError(msg) from error
        return cls._checked(key, first, chain)

    @classmethod
    def _checked(cls, key: object, certificate: x509.Certificate | None, chain: list[x509.Certificate]) -> Self:
        if not isinstance(key, Key) or certificate is None:
            raise SealError("a seal needs an EC or RSA key and its certificate")
        if not isinstance(certificate.public_key(), (ec.EllipticCurvePublicKey, rsa.RSAPublicKey)):
            raise SealError("a seal needs an EC or RSA key and its certificate")
        if certificate.public_key() != key.public_key():
            raise SealError("the certificate is not that of the key")
        try:
            usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        except x509.ExtensionNotFound as error:
            raise SealError("the certificate does not say what its key is for") from error
        if not (usage.digital_signature and usage.content_commitment):
            raise SealError("the certificate is not for seals: digitalSignature and contentCommitment are needed")
        return cls(key, certificate, tuple(chain))

    @cached_property
    def longest(self) -> int:
        """Bytes that a signature takes at the most."""
        public = self.certificate.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            return public.key_size // 8
        assert isinstance(public, ec.EllipticCurvePublicKey)  # noqa: S101 - checked when it was loaded
        return 2 * (public.key_size + 7) // 8 + 10

    def try_out(self) -> None:
        """Have a token sign something once. SealError where it refuses, TokenAway where it does not answer."""
        if isinstance(self.key, TokenKey):
            self.key.sign(b"")

    def sign(self, data: bytes) -> bytes:
        """Sign with SHA-256."""
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return self.key.sign(data, ec.ECDSA(hashes.SHA256()))
        return self.key.sign(data)
