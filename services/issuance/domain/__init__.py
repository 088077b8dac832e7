"""What may be issued, under which number, and what the document says. Pure."""

from services.issuance.domain.checking import SAMPLE_TIME, before, check_section, sample_data
from services.issuance.domain.content import Basis, Decision, Registered, act_digest, data_of
from services.issuance.domain.copies import (
    BOX,
    COPY_TYPE,
    COPY_XML,
    CopyNotFound,
    CopyState,
    copy_data,
    copy_storage_name,
)
from services.issuance.domain.credentials import (
    Configuration,
    Said,
    configurations,
    credential_claims,
    holder_of,
)
from services.issuance.domain.disclosures import joined
from services.issuance.domain.form import FormSchema
from services.issuance.domain.numbering import (
    buddhist_year,
    file_name,
    last_valid_day,
    number_text,
    oid_of,
    storage_name,
)
from services.issuance.domain.oid4vci import Places, Refused, invalid_token
from services.issuance.domain.previewing import MARK, NothingToPreview, PreviewFaulty, previewed
from services.issuance.domain.public import masked, public_fields
from services.issuance.domain.searching import Search, SearchTooShort, grams_of, search_of, searched
from services.issuance.domain.states import (
    OUT,
    STATUS_WORDS,
    STOPPABLE,
    UNFINISHED,
    DocumentNotFound,
    DocumentSettled,
    NotGranted,
    NumberState,
    State,
    Status,
    VerificationNotFound,
    is_in_force,
    may_be_offered,
    status_of,
)
from services.issuance.domain.tokens import Tokens
from services.issuance.domain.wallets import DocumentNotInForce, NoCredentials, TooManyOffers, WalletSecrets
from services.issuance.domain.xml import FILE_NAME as XML_FILE_NAME
from services.issuance.domain.xml import NAMESPACE, xml_of

__all__ = [
    "BOX",
    "COPY_TYPE",
    "COPY_XML",
    "MARK",
    "NAMESPACE",
    "OUT",
    "SAMPLE_TIME",
    "STATUS_WORDS",
    "STOPPABLE",
    "UNFINISHED",
    "XML_FILE_NAME",
    "Basis",
    "Configuration",
    "CopyNotFound",
    "CopyState",
    "Decision",
    "DocumentNotFound",
    "DocumentNotInForce",
    "DocumentSettled",
    "FormSchema",
    "NoCredentials",
    "NotGranted",
    "NothingToPreview",
    "NumberState",
    "Places",
    "PreviewFaulty",
    "Refused",
    "Registered",
    "Said",
    "Search",
    "SearchTooShort",
    "State",
    "Status",
    "Tokens",
    "TooManyOffers",
    "VerificationNotFound",
    "WalletSecrets",
    "act_digest",
    "before",
    "buddhist_year",
    "check_section",
    "configurations",
    "copy_data",
    "copy_storage_name",
    "credential_claims",
    "data_of",
    "file_name",
    "grams_of",
    "holder_of",
    "invalid_token",
    "is_in_force",
    "joined",
    "last_valid_day",
    "masked",
    "may_be_offered",
    "number_text",
    "oid_of",
    "previewed",
    "public_fields",
    "sample_data",
    "search_of",
    "searched",
    "status_of",
    "storage_name",
    "xml_of",
]
