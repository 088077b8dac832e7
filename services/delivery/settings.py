"""Settings of delivery: the mail server it sends through."""

from kit import settings


class Settings(settings.Settings):
    """PAET_SMTP_*; in production the mail server must speak TLS."""

    service: str = "delivery"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_tls: bool = True
    smtp_from: str = "no-reply@localhost"

    def production_faults(self) -> list[str]:
        """Mail leaves the agency's network encrypted, from an address of its own."""
        faults = super().production_faults()
        if not self.smtp_tls:
            faults.append("smtp_tls must be on")
        if self.smtp_from.endswith("@localhost"):
            faults.append("smtp_from must be the agency's address")
        return faults
