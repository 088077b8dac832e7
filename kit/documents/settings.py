"""Settings of a service whose seals carry time-stamps (PAdES B-T): which authority is asked, and whom it leads to."""

from pathlib import Path

from pydantic import Field, SecretStr

from kit import settings
from kit.documents.roots import Roots
from kit.documents.timestamps import Policy, Timestamps


class TimestampSettings(settings.Settings):
    """What time-stamps need besides the kit's settings.

    ``timestamp_url`` speaks RFC 3161; ``timestamp_user`` and ``timestamp_password`` where it asks for them. By
    ``timestamp_policy`` a seal without a stamp waits until it has one (``required``), is put on without (``deferred``),
    or no stamps are wanted (``none``; development without a URL has none either). ``seal_roots`` is a file of PEM
    certificates, to which those of seals and authorities must lead: ``root.pem`` beside the seals unless it is given.
    """

    timestamp_url: str | None = None
    timestamp_policy: Policy = "required"
    timestamp_user: str | None = None
    timestamp_password: SecretStr | None = Field(default=None)
    seal_roots: Path | None = None

    @property
    def seals(self) -> Path:
        """The folder of the seals."""
        raise NotImplementedError

    @property
    def roots_file(self) -> Path:
        """Where they stand to whom the certificates must lead."""
        return self.seal_roots or self.seals / "root.pem"

    def timestamps(self) -> Timestamps | None:
        """The authority, if there is one."""
        if self.timestamp_url is None or self.timestamp_policy == "none":
            return None
        login = None
        if self.timestamp_user is not None:
            login = self.timestamp_user, self.secret_of("timestamp_password") or ""
        return Timestamps(self.timestamp_url, Roots(self.roots_file), policy=self.timestamp_policy, login=login)

    def timestamp_faults(self) -> list[str]:
        """What is missing of it in production."""
        if self.timestamp_policy == "none":
            return []
        faults = [] if self.timestamp_url else ["timestamp_url is missing (or timestamp_policy must be none)"]
        if self.timestamp_user is not None and self.timestamp_password is None:
            faults.append("timestamp_password is missing")
        if not self.roots_file.is_file():
            faults.append("seal_roots must be a file of certificates (root.pem beside the seals unless it is given)")
        return faults
