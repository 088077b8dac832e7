"""Judges a sealed document by what was added to it for the long term (ETSI EN 319 102-1 s.5.6.3); fetches nothing."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from asn1crypto import crl, x509  # type: ignore[import-untyped]
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation import EmbeddedPdfSignature
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import (
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko_certvalidator.context import CertValidationPolicySpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy, RevocationCheckingPolicy, RevocationCheckingRule
from pyhanko_certvalidator.registry import SimpleTrustManager
from pyhanko_certvalidator.revinfo.archival import CRLContainer

REQUIRED = RevocationCheckingPolicy(
    ee_certificate_rule=RevocationCheckingRule.CRL_OR_OCSP_REQUIRED,
    intermediate_ca_cert_rule=RevocationCheckingRule.CRL_OR_OCSP_REQUIRED,
)
"""No certificate is believed without proof that it was not revoked."""


async def is_lasting(
    seal: EmbeddedPdfSignature, roots: Sequence[x509.Certificate], at: datetime, lists: Iterable[bytes] = ()
) -> bool:
    """Whether a seal holds at a time by its time-stamps and the proofs in the document.

    The last archive time-stamp itself is proved by ``lists`` of that time, where those in the document are too old.
    """
    known = [CRLContainer(crl.CertificateList.load(each)) for each in lists]
    specification = SignatureValidationSpec(
        cert_validation_policy=CertValidationPolicySpec(
            trust_manager=SimpleTrustManager.build(list(roots)), revinfo_policy=CertRevTrustPolicy(REQUIRED)
        ),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(RevinfoOnlineFetchingRule.LOCAL_ONLY),
        local_knowledge=LocalKnowledge(known_crls=known),
    )
    timing = ValidationTimingInfo(validation_time=at, best_signature_time=at, point_in_time_validation=True)
    found = await ades_lta_validation(seal, PdfSignatureValidationSpec(specification), timing)
    status = found.api_status  # the passed level does not say that nothing else was added
    is_whole = status is not None and status.intact and status.valid and status.docmdp_ok
    return bool(is_whole and found.ades_subindic == AdESPassed.OK)
