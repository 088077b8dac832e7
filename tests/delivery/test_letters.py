"""Letters from agency to agency: numbered without gaps, by real SMTP, once under one key whatever breaks."""

import asyncio
import hashlib
from datetime import timedelta
from email import policy
from email.parser import BytesParser
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from sqlalchemy import text
from sqlmodel import select

from kit.clients import Answer, PeerUnavailable
from kit.clock import clock
from kit.contracts.claims import DocumentClaim
from kit.contracts.events import Issued
from services.delivery.duework import letters as work
from services.delivery.models import Letter, LetterSeries
from services.delivery.settings import Settings
from tests.bundles import AGENCY, OTHER_AGENCY
from tests.delivery.conftest import BOOK
from tests.delivery.test_dates import at

pytestmark = pytest.mark.req("D7")

PDF, XML = b"%PDF-1.7 sealed", "<document>ร้านลับ</document>".encode()
NS = {"l": "urn:paet:letter:1"}


class Desk:
    """An administrator who writes letters, and the mailbox that they come to."""

    def __init__(self, delivery, mail):
        self.delivery, self.mail = delivery, mail
        self.by = delivery.officer("administrator")

    async def write(self, key=None, by=None, **body):
        said = {
            "to": OTHER_AGENCY, "subject": "ขอส่งสำเนาใบอนุญาต", "salutation": "อธิบดีกรมอนามัย",
            "body": "ตามที่ท่านขอ กรุงเทพมหานครขอส่งเอกสารมาพร้อมนี้", "signer": "(นายสมชาย ใจดี)",
            "position": "ผู้อำนวยการเขต", **body,
        }  # fmt: skip
        headers = (by or self.by) | {"Idempotency-Key": key or str(uuid4())}
        return await self.delivery.client.post("/letters", json=said, headers=headers)

    async def rows(self):
        return await self.delivery.rows(select(Letter).order_by(Letter.running))

    async def settled(self, state):
        async def there():
            rows = await self.rows()
            return rows if rows and all(row["state"] == state for row in rows) else None

        return await self.delivery.until(there)

    async def mails(self):
        """The mails as they were sent."""
        raw = [(await self.mail.http.get(f"/messages/{each['id']}")).content for each in await self.mail.messages()]
        return [each.partition(b"\r\nReceived: ")[2].partition(b"\r\n")[2] for each in raw]

    async def issue(self, known, pdf=PDF):
        """A journey of the agency with its document, and what issuance gives of it."""
        event = known(self.delivery.handover(Issued, at="issuance"), email=None)
        await self.delivery.deliver(event)
        document = DocumentClaim(
            journey=event.journey, document=uuid4(), number="๑/๒๕๖๙", title_th="ใบอนุญาต", title_en="Licence",
            file_name="22000000_test_1_licence_25691124_v1.pdf", sha256=hashlib.sha256(PDF).hexdigest(),
            issued_at=clock.now(), valid_until=None, verify_url="http://x/verify/1",
        )  # fmt: skip
        self.delivery.peers.know("issuance", "documents", event.journey, document)
        for part, content in (("pdf", pdf), ("xml", XML)):
            self.delivery.peers.answer("issuance", "GET", f"/internal/documents/{document.document}/{part}", content)
        return event.journey


@pytest.fixture
def desk(delivery, mail):
    return Desk(delivery, mail)


async def test_a_letter_comes_to_the_mailbox_with_the_document_and_its_xml(desk, known):
    journey = await desk.issue(known)
    answer = await desk.write(journey=str(journey), attach_document=True, urgency="very_urgent", secrecy="confidential")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["state"], answer.json()["enclosure"]["number"]) == ("registered", "๑/๒๕๖๙")
    (row,) = await desk.settled("sent")
    year = clock.local_date(clock.now()).year + 543
    assert (row["number"], row["year"], row["running"]) == ("กท 0501/1", year, 1)
    (sent,) = await desk.mails()
    assert hashlib.sha256(sent).hexdigest() == row["sha256"]
    mail = BytesParser(policy=policy.default).parsebytes(sent)
    assert (mail["To"], mail["Message-ID"]) == ("saraban@anamai.moph.go.th", f"<letter-{row['id']}@paet>")
    assert mail["From"] == "กรุงเทพมหานคร <saraban@bangkok.go.th>"
    assert (mail["Subject"], mail["Importance"]) == ("ที่ กท 0501/1 เรื่อง ขอส่งสำเนาใบอนุญาต", "high")
    said = mail.get_body().get_content()
    for words in ("ชั้นความเร็ว: ด่วนมาก", "ชั้นความลับ: ลับ", "เรียน อธิบดีกรมอนามัย", "สิ่งที่ส่งมาด้วย ใบอนุญาต เลขที่ ๑/๒๕๖๙"):
        assert words in said
    files = {each.get_filename(): each.get_content() for each in mail.iter_attachments()}
    letter, pdf, xml = files.values()
    assert (pdf, xml) == (PDF, XML)
    assert list(files)[1:] == [f"22000000_test_1_licence_25691124_v1.{ending}" for ending in ("pdf", "xml")]
    root = ElementTree.fromstring(letter)
    assert root.findtext("l:number", namespaces=NS) == "กท 0501/1"
    assert root.find("l:to", NS).attrib == {"agency": OTHER_AGENCY}
    assert root.find("l:enclosure", NS).attrib["sha256"] == hashlib.sha256(PDF).hexdigest()


async def test_what_is_top_secret_never_travels_electronically(desk):
    answer = await desk.write(secrecy="top_secret")
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/secrecy", "never-electronic")
    assert await desk.rows() == []
    assert await desk.delivery.rows(select(LetterSeries)) == []


async def test_numbers_have_no_gaps_whatever_comes_at_once(desk):
    keys = [str(index) for index in range(6)]
    good = [desk.write(key) for key in (*keys, *keys)]
    bad = [desk.write(secrecy="top_secret"), desk.write(to="99999999"), desk.write(journey=str(uuid4()))]
    answers = await asyncio.gather(*good, *bad)
    assert sorted(answer.status_code for answer in answers) == [201] * 12 + [422] * 3
    numbers = [answer.json()["running"] for answer in answers[:12]]
    assert numbers[:6] == numbers[6:]
    assert sorted(numbers[:6]) == [row["running"] for row in await desk.rows()] == [1, 2, 3, 4, 5, 6]
    assert (await desk.write("0", subject="อื่น")).json()["type"] == "urn:paet:problem:letter-key-used"
    assert (await desk.write()).json()["running"] == 7


async def test_a_register_begins_anew_with_the_buddhist_year_in_thailand(desk):
    with clock.freeze(at("2026-12-31", "23:59:59")) as advance:
        desk.by = desk.delivery.officer("administrator")
        assert (await desk.write()).json()["year"] == 2569
        advance(timedelta(seconds=1))
        letter = (await desk.write()).json()
        assert (letter["year"], letter["running"]) == (2570, 1)


async def test_a_mailbox_that_refuses_leaves_the_number_and_the_answer_in_the_register(desk):
    await desk.mail.misbehave("refuse")
    await desk.write()
    (row,) = await desk.settled("refused")
    assert row["reply"] == "550 5.1.1"
    assert row["sha256"]
    await desk.mail.behave()
    assert (await desk.write()).json()["running"] == 2
    listed = (await desk.delivery.client.get("/letters", headers=desk.by)).json()["items"]
    assert listed[-1]["state"] == "refused"


OURS = ["refuse-sender", "no-relay", "sign-in", "refuse-content"]


@pytest.mark.parametrize("mode", ["tempfail", "drop-connection", *OURS])
async def test_trouble_at_the_mail_server_delays_a_letter_and_loses_none(desk, mode):
    await desk.mail.misbehave(mode)
    await desk.write()

    async def tried():
        return await desk.delivery.rows(text("SELECT error FROM due_work WHERE attempts > 0"))

    await desk.delivery.until(tried)
    assert [row["state"] for row in await desk.rows()] == ["registered"]
    await desk.mail.behave()
    await desk.settled("sent")
    assert len(await desk.mails()) == 1


async def test_a_letter_whose_answer_was_lost_is_repeated_to_the_byte(desk, known, monkeypatch):
    journey, settle, lost = await desk.issue(known), work._settle, []

    async def dies_once(*args):
        if not lost:
            lost.append(args)
            raise PeerUnavailable(retry_after=1)
        await settle(*args)

    monkeypatch.setattr(work, "_settle", dies_once)
    await desk.write(journey=str(journey), attach_document=True)
    await desk.settled("sent")
    first, second = await desk.mails()
    assert first == second
    assert b"Message-ID: <letter-" in first


@pytest.mark.parametrize("why", ["enclosure-changed", "document-gone", "no-own-mailbox"])
async def test_a_letter_that_can_never_be_sent_says_so_in_the_register(desk, known, monkeypatch, why):
    journey = await desk.issue(known, pdf=b"%PDF another" if why == "enclosure-changed" else PDF)
    if why == "document-gone":
        desk.delivery.peers.answers.clear()
    await desk.mail.misbehave("tempfail")
    assert (await desk.write(journey=str(journey), attach_document=True)).status_code == 201
    if why == "no-own-mailbox":
        monkeypatch.setattr(desk.delivery.kit.settings, "saraban_book", {OTHER_AGENCY: BOOK[OTHER_AGENCY]})
    (row,) = await desk.settled("refused")
    assert (row["reply"], row["sha256"], row["message_id"]) == (why, None, None)
    assert row["settled_at"] is not None
    assert await desk.mails() == []


async def test_issuance_that_refuses_us_delays_a_letter(desk, known, monkeypatch):
    journey, ask = await desk.issue(known), desk.delivery.peers.request
    asked = []

    async def refuses_once(*args, **kwargs):
        asked.append(args)
        return Answer(403, b"") if len(asked) == 1 else await ask(*args, **kwargs)

    monkeypatch.setattr(desk.delivery.peers, "request", refuses_once)
    await desk.write(journey=str(journey), attach_document=True)
    await desk.settled("sent")


async def test_only_a_journey_of_the_own_agency_is_written_about(desk, known):
    journey = await desk.issue(known)
    other = desk.delivery.officer("administrator", agency=OTHER_AGENCY)
    answer = await desk.write(by=other, to=AGENCY, journey=str(journey), attach_document=True)
    unknown = await desk.write(by=other, to=AGENCY, journey=str(uuid4()), attach_document=True)
    assert (answer.status_code, unknown.status_code) == (422, 422)
    assert answer.json()["errors"] == unknown.json()["errors"]
    desk.delivery.peers.claims.pop(("issuance", "documents"))
    nothing = await desk.write(journey=str(journey), attach_document=True)
    assert nothing.json()["errors"][0]["code"] == "nothing-issued"


async def test_no_connection_is_held_while_issuance_is_asked(desk, known, monkeypatch):
    journey, claim = await desk.issue(known), desk.delivery.kit.claim

    async def asked(*args):
        await desk.delivery.read_beside()
        return await claim(*args)

    monkeypatch.setattr(desk.delivery.kit, "claim", asked)
    async with desk.delivery.one_connection():
        assert (await desk.write(journey=str(journey), attach_document=True)).status_code == 201


RUBBISH = [
    ({"to": "99999999"}, "/to"),
    ({"to": AGENCY}, "/to"),
    ({"to": "saraban@evil.example"}, "/to"),
    ({"subject": "เรื่อง\r\nBcc: x@example.org"}, "/subject"),
    ({"salutation": "a\nb"}, "/salutation"),
    ({"subject": "\u200b"}, "/subject"),
    ({"body": "ก" * 20_001}, "/body"),
    ({"body": "no character: \uffff"}, "/body"),
    ({"urgency": "now"}, "/urgency"),
    ({"attach_document": True}, "/journey"),
    ({"mailbox": "x@example.org"}, "/mailbox"),
]


async def test_rubbish_is_refused_naming_the_field(desk):
    for change, pointer in RUBBISH:
        answer = await desk.write(**change)
        assert answer.status_code == 422, answer.text
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
        assert await desk.rows() == []


async def test_who_is_not_in_the_book_writes_no_letters_and_a_key_is_needed(desk):
    stranger = desk.delivery.officer("administrator", agency="33000000")
    assert (await desk.write(by=stranger)).json()["type"] == "urn:paet:problem:no-own-mailbox"
    answer = await desk.delivery.client.post("/letters", json={}, headers=desk.by)
    assert {"idempotency-key"} <= {each["pointer"].strip("/") for each in answer.json()["errors"]}


async def test_an_acknowledgement_is_taken_down_once_it_is_sent(desk):
    await desk.mail.misbehave("tempfail")
    letter = (await desk.write()).json()["id"]
    today = clock.local_date(clock.now()).isoformat()

    async def acknowledge(by=None, **change):
        body = {"reference": "รับที่ 77/2569", "received_on": today} | change
        return await desk.delivery.client.post(f"/letters/{letter}/acknowledgement", json=body, headers=by or desk.by)

    assert (await acknowledge()).json()["type"] == "urn:paet:problem:letter-state-forbids"
    await desk.mail.behave()
    await desk.settled("sent")
    assert (await acknowledge(received_on="2020-01-01")).status_code == 422
    assert (await acknowledge(desk.delivery.officer("administrator", agency=OTHER_AGENCY))).status_code == 404
    first, second = await acknowledge(), await acknowledge()
    assert (first.status_code, first.json()["state"], first.json()["acknowledged_as"]) == (
        200,
        "acknowledged",
        "รับที่ 77/2569",
    )
    assert first.json() == second.json()
    assert (await acknowledge(reference="อื่น")).status_code == 409


async def test_the_register_shows_every_letter_page_by_page_and_only_the_agencys(desk):
    for _ in range(3):
        await desk.write()
    page = (await desk.delivery.client.get("/letters?limit=2", headers=desk.by)).json()
    assert [each["running"] for each in page["items"]] == [3, 2]
    rest = (await desk.delivery.client.get(f"/letters?limit=2&before={page['next']}", headers=desk.by)).json()
    assert ([each["running"] for each in rest["items"]], rest["next"]) == ([1], None)
    assert (await desk.delivery.client.get("/letters?year=2560", headers=desk.by)).json()["items"] == []
    other = desk.delivery.officer("administrator", agency=OTHER_AGENCY)
    assert (await desk.delivery.client.get("/letters", headers=other)).json()["items"] == []
    path = f"/letters/{page['items'][0]['id']}"
    assert (await desk.delivery.client.get(path, headers=other)).status_code == 404
    assert (await desk.delivery.client.get(path, headers=desk.by)).json()["signer"] == "(นายสมชาย ใจดี)"


def test_outside_development_letters_go_to_mailboxes_of_the_state_only(tmp_path):
    plain = {
        "database_url": "x", "nats_url": "x", "nats_user": "x", "nats_password": "x", "peers": {},
        "trust_dir": tmp_path, "service_key_file": tmp_path, "public_url": "https://x.go.th",
        "smtp_from": "no-reply@x.go.th", "evidence_key": "k" * 43,
    }  # fmt: skip
    assert Settings(**plain, saraban_book=BOOK).saraban_book[AGENCY].prefix == "กท 0501"
    for mailbox in ("saraban@go.th.example.com", "saraban@notgo.th", "saraban@example.org"):
        elsewhere = {AGENCY: BOOK[AGENCY] | {"mailbox": mailbox}}
        with pytest.raises(ValueError, match=r"\.go\.th"):
            Settings(**plain, saraban_book=elsewhere)
    for pattern in ("{prefix}", "{running.x}", "{running}{who}", "{running"):
        with pytest.raises(ValueError, match="letter_number"):
            Settings(**plain, letter_number=pattern)
    for mailbox in ("a@b.go.th\r\nBcc: x@y.z", "a b@c.go.th", "A@b.go.th", "a@b@c.go.th"):
        with pytest.raises(ValueError, match="mailbox"):
            Settings(**plain, saraban_book={AGENCY: BOOK[AGENCY] | {"mailbox": mailbox}})
