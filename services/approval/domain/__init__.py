"""States, transitions, the signed content, keys and the business errors of approval. Pure."""

from services.approval.domain.checks import check_section
from services.approval.domain.content import Content, digest_of
from services.approval.domain.decisions import (
    LONGEST_REASON,
    REASONS,
    DecisionNotFound,
    Standing,
    State,
    check_refusal,
    close,
    decide,
    due_at,
    grant_by_rule,
)
from services.approval.domain.signing import Keyring

__all__ = [
    "LONGEST_REASON",
    "REASONS",
    "Content",
    "DecisionNotFound",
    "Keyring",
    "Standing",
    "State",
    "check_refusal",
    "check_section",
    "close",
    "decide",
    "digest_of",
    "due_at",
    "grant_by_rule",
]
