"""Whether what no signature covers of a sealed PDF has its only lawful spelling: one changed byte fails anywhere."""

from collections.abc import Iterator

from asn1crypto import algos, cms, core, parser  # type: ignore[import-untyped]
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation import EmbeddedPdfSignature

SIGNED = [0x02, 0x30, 0x30, 0xA0, 0x30, 0x04]
"""Tags of a SignerInfo: version, whose, digest, what is signed, how, the signature (RFC 5652 s.5.3)."""
UNSIGNED = 0xA1


def is_gap_plain(pdf: bytes, seal: EmbeddedPdfSignature) -> bool:
    """Tell whether the only bytes that a seal does not cover are its own, in one spelling, and zeros."""
    start, length, end = (int(number) for number in list(seal.byte_range)[:3])
    spelled = seal.pkcs7_content.hex().encode()
    cms_length = parser.peek(seal.pkcs7_content)
    return (
        pdf[start + length : end] in (b"<%b>" % spelled, b"<%b>" % spelled.upper())
        and not seal.pkcs7_content[cms_length:].strip(b"\0")
        and _is_container_plain(seal.pkcs7_content[:cms_length])
    )


def _is_container_plain(der: bytes) -> bool:
    """Tell whether the fields of a CMS container that are not signed have their only lawful value (RFC 5652)."""
    if not _is_filled(der):
        return False
    signed = cms.ContentInfo.load(der)["content"]
    (signer,) = signed["signer_infos"]
    digest = algos.DigestAlgorithmId(signer["digest_algorithm"]["algorithm"].native).dump()
    algorithms = [bytes([0x30, len(body)]) + body for body in (digest, digest + core.Null().dump())]
    is_data = signed["encap_content_info"]["content_type"].native == "data"
    return (
        signed["version"].native == ("v1" if is_data else "v3")  # RFC 5652 s.5.1: 3 for what is not data
        and signer["version"].native == "v1"
        and [algorithm.dump() in algorithms for algorithm in signed["digest_algorithms"]] == [True]
        and signer["digest_algorithm"].dump() in algorithms
        and signer["sid"].chosen["issuer"].dump() == extract_certificate_info(signed).signer_cert.issuer.dump()
        and _are_stamps_plain(signer)
    )


def _are_stamps_plain(signer: cms.SignerInfo) -> bool:
    """Tell whether nothing stands unsigned behind the signature but one time-stamp, plain itself."""
    tags = [each[0] for each in _elements(parser.parse(signer.dump(), strict=True)[4])]
    if tags == SIGNED:
        return True
    if tags != [*SIGNED, UNSIGNED]:
        return False
    (attribute,) = signer["unsigned_attrs"]
    if attribute["type"].native != "signature_time_stamp_token":
        return False
    (token,) = attribute["values"]
    return _is_container_plain(token.dump())


def _elements(content: bytes) -> Iterator[bytes]:
    while content:
        length = parser.peek(content)
        yield content[:length]
        content = content[length:]


def _is_filled(der: bytes) -> bool:
    """Tell whether the outer sequence ends where its second and last element ends."""
    content = parser.parse(der, strict=True)[4]
    return len(list(_elements(content))) == 2
