"""The rules of delivery. Pure: no I/O."""

from services.delivery.domain.applicants import Applicant
from services.delivery.domain.problems import NoPublicDocument, NoticeUnknown
from services.delivery.domain.sections import check_section, content_type
from services.delivery.domain.wording import MAIL, WORDING, Wording, say

__all__ = [
    "MAIL",
    "WORDING",
    "Applicant",
    "NoPublicDocument",
    "NoticeUnknown",
    "Wording",
    "check_section",
    "content_type",
    "say",
]
