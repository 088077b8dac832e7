"""How the double of the time-stamp authority signs: RFC 3161 tokens by RSA, and wrong ones when it is told to."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped]
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kit.documents.development import ensure_development_tsa
from kit.local.doubles.tsa import POLICY

SHA256 = "sha256"


class Signer:
    """A key with a certificate for time-stamps."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        self._key = key
        self._certificate = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
        self._digest = certificate.fingerprint(hashes.SHA256())

    @classmethod
    def of_kind(cls, kind: str, folder: Path) -> Self:
        """`own` of the development root, `expired` by it too, `untrusted` by nobody."""
        files = ensure_development_tsa(folder, environment="development")
        key = serialization.load_pem_private_key(files.key.read_bytes(), None)
        own = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        assert isinstance(key, rsa.RSAPrivateKey)  # noqa: S101 - we wrote it
        if kind == "own":
            return cls(key, own)
        root_key = serialization.load_pem_private_key((folder / "root.key.pem").read_bytes(), None)
        issuer, by = (own.issuer, root_key) if kind == "expired" else (_name(kind), key)
        return cls(key, _another(key, issuer, by, _name(kind)))

    def reply(self, question: bytes, at: datetime, serial: int, faults: Mapping[str, bool]) -> bytes:
        """The `TimeStampResp` for a `TimeStampReq`; a rejection for what is none, or not for SHA-256."""
        try:
            asked = tsp.TimeStampReq.load(question, strict=True)
            imprint = asked["message_imprint"]
            is_known = imprint["hash_algorithm"]["algorithm"].native == SHA256
            is_whole = len(imprint["hashed_message"].native) == hashes.SHA256.digest_size
        except ValueError:
            is_known = is_whole = False
        if faults["refuse"] or not is_known or not is_whole:
            status = {"status": "rejection", "status_string": ["refused"], "fail_info": {"bad_request"}}
            body = bytes(tsp.PKIStatusInfo(status).dump())
            return bytes([0x30, len(body)]) + body  # the library knows no reply without a token
        token = self._token(self._info(asked, at, serial, faults), is_broken=faults["broken"])
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _info(self, asked: Any, at: datetime, serial: int, faults: Mapping[str, bool]) -> bytes:
        imprint = asked["message_imprint"].native
        if faults["wrong-imprint"]:
            imprint["hashed_message"] = bytes(32)
        info = {
            "version": 1, "policy": POLICY, "message_imprint": imprint, "serial_number": serial,
            "gen_time": at.astimezone(UTC).replace(microsecond=0),
        }  # fmt: skip
        if asked["nonce"].native is not None:
            info["nonce"] = asked["nonce"].native + bool(faults["wrong-nonce"])
        return bytes(tsp.TSTInfo(info).dump())

    def _token(self, info: bytes, *, is_broken: bool) -> cms.ContentInfo:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(info)
        algorithm = algos.DigestAlgorithm({"algorithm": SHA256})
        identified = tsp.SigningCertificateV2({"certs": [{"cert_hash": self._digest}]})
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [digest.finalize()]}),
                cms.CMSAttribute({"type": "signing_certificate_v2", "values": [identified]}),
            ]
        )
        signature = self._key.sign(attributes.dump() + bytes(is_broken), padding.PKCS1v15(), hashes.SHA256())
        mine = {"issuer": self._certificate.issuer, "serial_number": self._certificate.serial_number}
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(mine)}),
                "digest_algorithm": algorithm,
                "signed_attrs": attributes,
                "signature_algorithm": algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}),
                "signature": signature,
            }
        )
        content = {"content_type": "tst_info", "content": core.ParsableOctetString(info)}
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [algorithm],
                "encap_content_info": content,
                "certificates": [self._certificate],
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _name(kind: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Development TSA, {kind}")])


def _another(key: rsa.RSAPrivateKey, issuer: x509.Name, by: Any, subject: x509.Name) -> x509.Certificate:
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=4000))
        .not_valid_after(now - timedelta(days=3000))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    )
    return builder.sign(by, hashes.SHA256())
