"""Settings of delivery: its channels, each but mail off unless set; when a notice is told; others' mailboxes."""

from datetime import time
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from kit.contracts.codes import AgencyCode
from kit.retention import RetentionSettings
from services.delivery.domain import (
    SHIPPED_RULES,
    Correspondent,
    DateRule,
    DelayCopies,
    Quiet,
    address_hash,
    number_is_plain,
)


class Settings(RetentionSettings):
    """PAET_SMTP_*, PAET_LINE_*, PAET_SMS_*, PAET_POST_*; in production everything outside is spoken to with TLS."""

    service: str = "delivery"
    evidence_key: SecretStr | None = None
    """Under which addresses are hashed and codes of the counter made; without it neither is done."""
    evidence_key_before: SecretStr | None = None
    """The former one: codes in hand stay good, and what its addresses are told of is still found."""

    contact_days: Annotated[int, Field(ge=1, le=3650)] = 30
    """How long copies of addresses stay after the end of a journey and after what was sent: reports come late [D]."""

    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_tls: bool = True
    smtp_from: str = "no-reply@localhost"
    notice_rules: tuple[DateRule, ...] = SHIPPED_RULES
    """By which events on which channels a notice counts as told, as JSON; each rule names its source."""
    saraban_book: dict[AgencyCode, Correspondent] = Field(default_factory=dict)
    """Central mailboxes by code of the agency, as JSON: whoever is not in it neither sends nor gets letters."""
    delay_copies: dict[AgencyCode, DelayCopies] = Field(default_factory=dict)
    """To whom an agency copies its notices of a delay, by its code, as JSON; without it, or a mailbox, to nobody."""
    letter_number: str = "{prefix}/{running}"
    """The pattern of the numbers of letters: ``{prefix}``, ``{running}``, ``{year}`` (Buddhist)."""

    @field_validator("letter_number")
    @classmethod
    def _numbers_run(cls, pattern: str) -> str:
        if not number_is_plain(pattern):
            raise ValueError("letter_number has {running}, and besides {prefix} and {year} nothing in braces")
        return pattern

    smtp_bounces: str | None = None
    """Envelope sender, to which bounces come back; smtp_from where there is none."""
    smtp_report_secret: SecretStr | None = None
    """With which the mail server signs the bounces that it hands on."""

    line_url: str = "https://api.line.me"
    line_token: SecretStr | None = None
    line_secret: SecretStr | None = None

    sms_url: str | None = None
    sms_token: SecretStr | None = None
    sms_report_secret: SecretStr | None = None
    sms_sender: str = "PAET"

    post_url: str | None = None
    post_token: SecretStr | None = None
    post_report_secret: SecretStr | None = None
    post_service: Literal["registered", "ems"] = "registered"

    pickup: bool = False
    """Whether there is a counter."""

    quiet_from: time = time(20)
    quiet_until: time = time(8)
    """In Bangkok; between them no telephone is made to ring. The same time twice: never quiet."""

    @property
    def quiet(self) -> Quiet:
        """The quiet hours."""
        return Quiet(self.quiet_from, self.quiet_until)

    def hash_of(self, channel: str, address: str | None) -> str | None:
        """The keyed hash of an address; None without a key."""
        if self.evidence_key is None or address is None:
            return None
        return address_hash(self.evidence_key.get_secret_value(), channel, address)

    def hashes_of(self, channel: str, address: str | None) -> list[str]:
        """The hashes under which an address may be kept."""
        keys = (self.evidence_key, self.evidence_key_before)
        return [address_hash(key.get_secret_value(), channel, address) for key in keys if key and address is not None]

    def production_faults(self) -> list[str]:
        """Everything leaves the agency's network encrypted, from addresses of its own, and leaves evidence."""
        faults = super().production_faults()
        if not self.smtp_tls:
            faults.append("smtp_tls must be on")
        if self.smtp_from.endswith("@localhost"):
            faults.append("smtp_from must be the agency's address")
        for name in ("line_url", "sms_url", "post_url"):
            if (url := getattr(self, name)) and urlsplit(url).scheme != "https":
                faults.append(f"{name} must be https")
        for group in (
            ("line_token", "line_secret"),
            ("sms_url", "sms_token", "sms_report_secret"),
            ("post_url", "post_token", "post_report_secret"),
        ):
            if 0 < sum(getattr(self, name) is not None for name in group) < len(group):
                faults.append(f"{', '.join(group)} go together")
        if self.evidence_key is None:
            faults.append("evidence_key must be set")
        return faults + self._faults_of_the_book()

    def _faults_of_the_book(self) -> list[str]:
        if all(each.is_of_the_state for each in self.saraban_book.values()):
            return []
        return ["saraban_book may have mailboxes under .go.th only"]
