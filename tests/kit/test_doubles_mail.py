"""The mail catcher over real sockets: what arrives is shown as it was sent; each failure is the one told."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest

from kit.local.doubles import NotDevelopmentError, running
from kit.local.doubles.mail import create_app
from kit.local.ports import free_port

CITIZEN = "citizen@example.invalid"


@dataclass
class Catcher:
    smtp_port: int
    url: str
    http: httpx.Client

    async def send(self, mail: EmailMessage, *recipients: str) -> Any:
        return await aiosmtplib.send(
            mail, hostname="127.0.0.1", port=self.smtp_port, sender="paet@example.invalid",
            recipients=list(recipients or (CITIZEN,)), timeout=5, start_tls=False,
        )  # fmt: skip

    def mails(self, **params: str) -> list[dict[str, Any]]:
        return self.http.get(f"{self.url}/messages", params=params).raise_for_status().json()

    def misbehave(self, mode: str, **more: Any) -> None:
        self.http.post(f"{self.url}/_control/misbehave", json={"mode": mode, **more}).raise_for_status()


def mail(subject: str = "ใบอนุญาตของท่านออกแล้ว") -> EmailMessage:
    built = EmailMessage()
    built["From"], built["To"], built["Subject"] = "แปด <paet@example.invalid>", CITIZEN, subject
    built.set_content("เปิดดูเอกสารได้ที่ http://127.0.0.1:8000/inbox\n.\n..จุดนำหน้า\n")
    built.add_alternative("<p>เปิดดูเอกสาร</p>", subtype="html")
    built.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="ใบอนุญาต.pdf")
    return built


@pytest.fixture
def catcher(tmp_path: Path, monkeypatch) -> Iterator[Catcher]:
    monkeypatch.setenv("PAET_ENVIRONMENT", "development")
    port = free_port()
    app = create_app(smtp_port=port, folder=tmp_path / "new" / "mail")
    with running(app, free_port()) as url, httpx.Client() as http:
        yield Catcher(port, url, http)


def test_refuses_to_be_built_outside_development(monkeypatch, tmp_path):
    for environment in ("production", ""):
        monkeypatch.setenv("PAET_ENVIRONMENT", environment)
        with pytest.raises(NotDevelopmentError):
            create_app(smtp_port=1, folder=tmp_path / "never")
    assert not (tmp_path / "never").exists()


async def test_a_mail_is_shown_as_it_was_sent(catcher):
    sent = mail()
    await catcher.send(sent)
    shown = catcher.mails()[0]
    assert (shown["mail_from"], shown["delivered_to"]) == ("paet@example.invalid", [CITIZEN])
    assert shown["subject"] == "ใบอนุญาตของท่านออกแล้ว"
    assert shown["from"] == "แปด <paet@example.invalid>"
    assert "เปิดดูเอกสารได้ที่ http://127.0.0.1:8000/inbox\n.\n..จุดนำหน้า" in shown["text"].replace("\r\n", "\n")
    assert "<p>เปิดดูเอกสาร</p>" in shown["html"]
    assert shown["attachments"] == [{"name": "ใบอนุญาต.pdf", "type": "application/pdf", "size": 5}]
    raw = catcher.http.get(f"{catcher.url}/messages/{shown['id']}")
    assert raw.headers["content-type"] == "message/rfc822"
    assert message_from_bytes(raw.content, policy=default)["Message-ID"] == sent["Message-ID"]


async def test_mails_are_files_in_the_folder_in_order(catcher, tmp_path):
    for number in range(3):
        await catcher.send(mail(f"ฉบับที่ {number}"))
    assert [shown["subject"] for shown in catcher.mails()] == ["ฉบับที่ 0", "ฉบับที่ 1", "ฉบับที่ 2"]
    assert len(list((tmp_path / "new" / "mail").iterdir())) == 3


async def test_one_mail_to_two_is_one_mail_found_by_either(catcher):
    await catcher.send(mail(), CITIZEN, "second@example.invalid")
    assert catcher.mails(to=CITIZEN) == catcher.mails(to="second@example.invalid") == catcher.mails()
    assert len(catcher.mails()) == 1
    assert catcher.mails(to="third@example.invalid") == []


async def test_delete_empties_the_box(catcher):
    await catcher.send(mail())
    mail_id = catcher.mails()[0]["id"]
    assert catcher.http.delete(f"{catcher.url}/messages").status_code == 204
    assert catcher.mails() == []
    assert catcher.http.get(f"{catcher.url}/messages/{mail_id}").status_code == 404


@pytest.mark.parametrize("mail_id", ["..%2f..%2fetc%2fpasswd", "1-zz", "x"])
def test_a_name_that_is_no_mail_id_is_refused(catcher, mail_id):
    assert catcher.http.get(f"{catcher.url}/messages/{mail_id}").status_code in (404, 422)


async def test_refuse_is_550_and_keeps_nothing(catcher):
    catcher.misbehave("refuse", match=CITIZEN)
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
        await catcher.send(mail())
    assert refused.value.recipients[0].code == 550
    assert catcher.mails() == []
    errors, _ = await catcher.send(mail(), CITIZEN, "second@example.invalid")
    assert (set(errors), len(catcher.mails())) == ({CITIZEN}, 1)


async def test_tempfail_is_451_once_and_then_passes(catcher):
    catcher.misbehave("tempfail", times=1)
    with pytest.raises(aiosmtplib.SMTPDataError) as refused:
        await catcher.send(mail())
    assert refused.value.code == 451
    assert catcher.mails() == []
    await catcher.send(mail())
    assert len(catcher.mails()) == 1


async def test_a_dropped_connection_keeps_nothing(catcher):
    catcher.misbehave("drop-connection", times=1)
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await catcher.send(mail())
    assert catcher.mails() == []
    await catcher.send(mail())
    assert len(catcher.mails()) == 1


async def test_delay_accepts_after_all(catcher):
    catcher.misbehave("delay", seconds=0.3, times=1)
    before = time.monotonic()
    await catcher.send(mail())
    assert time.monotonic() - before >= 0.3
    assert len(catcher.mails()) == 1


async def test_a_sender_that_gives_up_waiting_has_sent_all_the_same(catcher):
    catcher.misbehave("delay", seconds=2, times=1)
    smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=catcher.smtp_port, start_tls=False)
    await smtp.connect()
    with pytest.raises(aiosmtplib.SMTPException):
        await smtp.send_message(mail(), sender="paet@example.invalid", recipients=[CITIZEN], timeout=0.7)
    smtp.close()
    assert len(catcher.mails()) == 1
