"""What the suite on one machine consists of: processes, ports, secrets, partners. Data, in one place.

In commands and settings `$name` stands for the port of that name, `$local` for the folder of the state,
`$secrets` for the folder of the program's own secrets. A secret named by several programs is the same for all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from kit.local import ports
from kit.local.faults import LocalError

PORT_BASE = 8000
POSTGRES_PORT = 54320
NATS_PORT = 42220
THAID = {"name": "thaid", "issuer": "http://127.0.0.1:$thaid", "client_id": "paet", "ial": "2.3", "aal": "2.1"}
"""ThaiD as a provider: that it gives IAL 2.3 is [C2], AAL 2.1 is [K] (thailand: no claim tells it)."""
ISSUERS = {
    "22000000": {
        "address": {
            "text": {
                "th": "ศาลาว่าการกรุงเทพมหานคร 173 ถนนดินสอ แขวงเสาชิงช้า เขตพระนคร กรุงเทพมหานคร 10200",
                "en": "Bangkok City Hall, 173 Dinso Road, Sao Chingcha, Phra Nakhon, Bangkok 10200",
            },
            "building_number": "173", "street": "ถนนดินสอ", "subdistrict_code": "100106", "district_code": "1001",
            "province_code": "10", "postcode": "10200",
        },
        "receiver": {
            "name": {"th": "เจ้าหน้าที่รับเงิน (ตัวอย่าง)", "en": "Receiving officer (sample)"},
            "position": {"th": "ตำแหน่งตัวอย่าง", "en": "Sample position"},
        },
        "source": {"law": {"th": "ข้อมูลตัวอย่าง ต้องตรวจสอบก่อนใช้จริง", "en": "Sample, check before use"}, "mark": "K"},
    }
}  # fmt: skip
"""What receipts of the demonstration agency say of it [K]."""
SARABAN = {
    code: {"name": {"th": th, "en": en}, "mailbox": f"saraban@{name}.localhost.invalid"}
    for code, name, th, en in (
        ("22000000", "bangkok", "กรุงเทพมหานคร", "Bangkok Metropolitan Administration"),
        ("12007000", "sample", "หน่วยงานตัวอย่าง", "Sample agency"),
    )
}
"""Central mailboxes of agencies, all of them in the catcher of mail."""
PROVIDERS = (
    "smtp_report_secret", "line_token", "line_secret", "sms_token", "sms_report_secret", "post_token",
    "post_report_secret",
)  # fmt: skip
"""Secrets that delivery shares with whoever takes its notices."""
LEVEL_AND_TELEMETRY = ("PAET_LOG_LEVEL", "PAET_OTLP_ENDPOINT")  # what the caller's environment may pass on


@dataclass(frozen=True, slots=True)
class Program:
    """One process beside the servers. `command` follows the interpreter; `ports` are offsets from a base.

    A program with a `package` is a service: it is migrated, has a database, a bus user and a key of its own.
    `ready` is the path that answers 200 when it works; None where an open port is enough.
    """

    name: str
    command: tuple[str, ...]
    ports: Mapping[str, int]
    package: str | None = None
    ready: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()  # each a file of 32 random bytes as base64url, named like the setting
    scheme: str = "http"  # what its own port speaks


@dataclass(frozen=True, slots=True)
class Layout:
    """A whole suite."""

    programs: tuple[Program, ...]
    partners: tuple[str, ...] = ()

    @property
    def services(self) -> tuple[Program, ...]:
        """The programs of Paet itself."""
        return tuple(program for program in self.programs if program.package)

    @property
    def offsets(self) -> dict[str, int]:
        """Every port name with its offset."""
        return {name: offset for program in self.programs for name, offset in program.ports.items()}


def service(name: str, offset: int, *secrets: str, package: str | None = None, **settings: str) -> Program:
    """Describe a service on `offset`; further settings are given by their names without PAET_."""
    package = package or f"services.{name}"
    command = f"-m kit.serve {package}.main:app --port ${name} --end-seconds 3"
    own = {f"PAET_{key.upper()}": value for key, value in settings.items()}
    return Program(name, tuple(command.split()), {name: offset}, package, "/readyz", own, secrets)


def double(
    name: str, offset: int, *secrets: str, arguments: str = "", scheme: str = "http", **more_ports: int
) -> Program:
    """Describe the double of an outside system; `arguments` are split at spaces."""
    command = f"-m kit.local.doubles.{name} --port ${name} {arguments}"
    return Program(name, tuple(command.split()), {name: offset, **more_ports}, scheme=scheme, secrets=secrets)


LAYOUT = Layout(
    programs=(
        double(
            "thaid",
            11,
            "provider_thaid_secret",
            arguments="--client-id paet --client-secret-file $secrets/provider_thaid_secret"
            " --redirect-uri http://127.0.0.1:$gateway/v1/sign-in/callback",
        ),
        double(
            "bank",
            12,
            "bank_api_secret",
            "card_secret_key",
            "card_webhook_secret",
            arguments="--api-key paet --api-secret-file $secrets/bank_api_secret --late-seconds 2 --retry-seconds 2"
            " --book $local/files/bank.sqlite --callback http://127.0.0.1:$gateway/v1/payment-callbacks/scb"
            " --card-key-file $secrets/card_secret_key --card-webhook-secret-file $secrets/card_webhook_secret"
            " --card-webhook http://127.0.0.1:$gateway/v1/payment-callbacks/card",
        ),
        double(
            "mail",
            13,
            *PROVIDERS,
            arguments="--http-port $mail_view --folder $local/mail --secrets $secrets"
            " --authority $local/files/seals"
            " --callback http://127.0.0.1:$gateway/v1/delivery-reports",
            scheme="smtp",
            mail_view=14,
        ),
        service("gateway", 0, package="gateway"),
        service("search", 1),
        service(
            "identity", 2, "pid_encryption_key", "pid_lookup_key", "provider_thaid_secret",
            providers=json.dumps([THAID]),
        ),
        service("request", 3),
        service("review", 4),
        service("approval", 5, "officer_key_encryption_key"),
        service(
            "payment", 6, "bank_api_secret", "card_secret_key", "card_webhook_secret",
            bank_url="http://127.0.0.1:$bank", bank_api_key="paet", card_url="http://127.0.0.1:$bank/card",
            receipt_issuers=json.dumps(ISSUERS, ensure_ascii=False),
        ),
        service(
            "issuance", 7, timestamp_url="http://127.0.0.1:$mail_view/tsa/",
            revocation_lists='["http://127.0.0.1:$mail_view/tsa/root.crl"]',
        ),
        service(
            "delivery", 8, *PROVIDERS, "evidence_key", smtp_host="127.0.0.1", smtp_port="$mail", smtp_tls="false",
            smtp_from="no-reply@paet.localhost", line_url="http://127.0.0.1:$mail_view/line",
            sms_url="http://127.0.0.1:$mail_view/sms", post_url="http://127.0.0.1:$mail_view/post", pickup="true",
            saraban_book=json.dumps(SARABAN),
        ),
    ),
    partners=("dbd",),
)  # fmt: skip


def standard_ports(layout: Layout, environment: Mapping[str, str]) -> dict[str, int]:
    """Ports by name, as PAET_PORT_BASE, PAET_POSTGRES_PORT and PAET_NATS_PORT move them."""
    base = _port(environment, "PAET_PORT_BASE", PORT_BASE)
    return {
        "postgres": _port(environment, "PAET_POSTGRES_PORT", POSTGRES_PORT),
        "nats": _port(environment, "PAET_NATS_PORT", NATS_PORT),
    } | {name: base + offset for name, offset in layout.offsets.items()}


def free_ports(layout: Layout) -> dict[str, int]:
    """Free ports for a suite beside others, as tests want."""
    return {name: ports.free_port() for name in ("postgres", "nats", *layout.offsets)}


def setting_of(port_name: str) -> str:
    """Name the setting that moves a port."""
    return {"postgres": "PAET_POSTGRES_PORT", "nats": "PAET_NATS_PORT"}.get(port_name, "PAET_PORT_BASE")


def _port(environment: Mapping[str, str], setting: str, default: int) -> int:
    text = environment.get(setting, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65_000:
        raise LocalError(f"{setting} must be a port number, not {text!r}")
    return int(text)
