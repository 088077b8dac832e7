"""The rules of delivery. Pure: no I/O."""

from services.delivery.domain.addresses import address_hash, masked
from services.delivery.domain.applicants import Applicant
from services.delivery.domain.ladders import (
    End,
    GiveUp,
    Quiet,
    Rung,
    Send,
    Sending,
    Try,
    Wait,
    ladder_of,
    next_act,
    pause_after,
    read_ladder,
    write_ladder,
)
from services.delivery.domain.outside import say_outside
from services.delivery.domain.problems import NoPublicDocument, NothingToFetch, NoticeUnknown
from services.delivery.domain.reports import MalformedReport, Report, SignatureRefused, Told, happened
from services.delivery.domain.sections import check_section, content_type
from services.delivery.domain.wording import MAIL, WORDING, Wording, say

__all__ = [
    "MAIL",
    "WORDING",
    "Applicant",
    "End",
    "GiveUp",
    "MalformedReport",
    "NoPublicDocument",
    "NothingToFetch",
    "NoticeUnknown",
    "Quiet",
    "Report",
    "Rung",
    "Send",
    "Sending",
    "SignatureRefused",
    "Told",
    "Try",
    "Wait",
    "Wording",
    "address_hash",
    "check_section",
    "content_type",
    "happened",
    "ladder_of",
    "masked",
    "next_act",
    "pause_after",
    "read_ladder",
    "say",
    "say_outside",
    "write_ladder",
]
