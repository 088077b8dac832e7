"""What follows a document: a substitute with its stamp, one with corrected data, one of a new term."""

import json
import re
from datetime import timedelta
from types import SimpleNamespace
from uuid import uuid4

import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from kit.clock import clock, local_date
from kit.contracts.definition import section_for
from kit.contracts.events import Issued, Replaced
from kit.contracts.journey import Process
from kit.documents import verify_async
from kit.storage import Files
from services.issuance.domain import XML_FILE_NAME, FormSchema, check_section, restored, xml_of
from services.issuance.models import Document, DocumentAct
from tests import pdf
from tests.issuance.conftest import FORM, NAME, PID, REASONS, Office, licence, living
from tests.issuance.holder import Holder, offered, value_at

STAMP = re.compile(r"ออกใบแทนวันที่[๐-๙]{1,2}[ก-ฮะ-์]+๒๕[๐-๙]{2}")


@pytest.fixture
async def issued(registry):
    # A template cannot take the stamp of a substitute away.
    template = '#set page(..("foreground": none))\n' + licence().files["document.typ"]
    registry.harness.publish(living(template))
    event, row = await registry.issued()
    return event, Office(registry, row)


def code_of(answer):
    return answer.status_code, answer.json()["type"].rpartition(":")[2]


def squeezed(file):
    """The text of a file without blanks: where a line was broken is the page's affair."""
    return re.sub(r"\s+", "", pdf.text_of(file))


def red_of(file, page=0):
    """How many points of a page, at 36 dpi, are red, and the lowest and the rightmost of them as a share."""
    picture = pypdfium2.PdfDocument(file)[page].render(scale=0.5).to_pil().convert("RGB")
    width, height = picture.size
    places = [
        divmod(place, width)
        for place, (r, g, b) in enumerate(picture.get_flattened_data())
        if r > g + 30 and r > b + 30
    ]
    return len(places), max((y / height for y, _ in places), default=0), max((x / width for _, x in places), default=0)


@pytest.mark.req("L6", part="a substitute (ใบแทน): what the original said, for the rest of its term, under a red stamp")
async def test_a_substitute_says_what_the_original_said_under_a_red_stamp(registry, issued):
    event, office = issued
    registry.peers.claims.clear()  # what others would say by now is not asked for
    asked = await office.lose()
    assert (asked.status_code, asked.json()["state"], asked.json()["is_late"]) == (201, "asked", False)
    assert (await office.lose("damaged")).json() == asked.json()
    before, after = await office.substitute(event)
    assert (before["state"], after["state"], after["kind"]) == ("replaced", "issued", "substitute")
    assert (after["valid_until"], after["public"], after["replaces"]) == (
        before["valid_until"], before["public"], before["id"],
    )  # fmt: skip
    assert (await office.statuses(before), await office.statuses(after)) == ({"replaced"}, {"valid"})
    (fact,) = await registry.harness.facts(Replaced)
    assert (fact.data.document, fact.data.by, fact.data.kind, fact.step) == (
        before["id"], after["id"], "substitute", "issuance",
    )  # fmt: skip
    assert len(await registry.harness.facts(Issued)) == len(await registry.numbers()) == 1

    old, new = await registry.pdf(before), await registry.pdf(after)
    expected, number = squeezed(old), Document(**before).number
    for was, now in ((number, f"{number}-1"), (before["token"], after["token"]), (str(before["id"]), str(after["id"]))):
        expected = expected.replace(was, now)
    assert STAMP.sub("", squeezed(new)).replace("ใบแทน", "", 1) == expected
    assert "ใบแทน" in pdf.text_of(new)
    assert STAMP.search(squeezed(new))
    count, lowest, rightmost = red_of(new)
    assert (red_of(old)[0], count > 20, lowest < 0.09, rightmost < 0.5) == (0, True, True, True)
    assert (pdf.pdfa_faults(new), pdf.qr_codes(new)) == ([], [f"http://127.0.0.1:8000/verify/{after['token']}"])
    assert NAME in pdf.attachments(new)[XML_FILE_NAME].decode()
    assert PID not in pdf.attachments(new)[XML_FILE_NAME].decode()

    seal = await verify_async(new, [(registry.kit.settings.seals / "root.pem").read_bytes()])
    (act,) = await registry.harness.rows(select(DocumentAct).where(DocumentAct.about == after["id"]))
    assert seal.bottom_line, seal.fault
    assert (seal.refers_to.uri, seal.refers_to.sha256) == (f"urn:uuid:{act['id']}", act["digest"])
    assert (act["law"], "สูญหาย" in act["facts"]) == ("กฎหมายทดสอบ มาตรา 1", True)
    mine = await registry.client.get(f"/journeys/{event.journey}/document", headers=office.holder())
    assert (mine.json()["id"], mine.json()["replaces"]) == (str(after["id"]), str(before["id"]))


async def worth(registry, claims):
    """What the list says of a credential."""
    placed = claims["status"]["status_list"]
    answer = await registry.client.get(f"/status-lists/{placed['uri'].rpartition('/')[2]}")
    return value_at(answer.text, placed["idx"])


@pytest.mark.req("L5", part="a substitute goes into a wallet, and the credential of the one before is worth nothing")
async def test_a_substitute_goes_into_a_wallet_as_the_first_document_did(registry, issued):
    event, office = issued
    desk = SimpleNamespace(client=registry.client, harness=registry.harness, event=event)
    holder, person = Holder(registry.client), office.row["person_id"]
    first = await holder.credential(await offered(desk, person))
    assert await worth(registry, first) == 0
    await office.substitute(event)
    second = await holder.credential(await offered(desk, person))
    assert [await worth(registry, each) for each in (first, second)] == [1, 0]


@pytest.mark.req(
    "L6", part="a substitute is asked for by the holder only, within the days of the definition, and may be refused"
)
async def test_a_wish_for_a_substitute_is_judged(registry, issued):
    event, office = issued
    today = local_date(clock.now())
    for day in (today - timedelta(days=1), today + timedelta(days=1)):
        answer = await office.lose(known_on=day)
        assert code_of(answer) == (422, "known-on-impossible")
        assert answer.json()["errors"][0]["pointer"] == "/known_on"
    path = f"/journeys/{event.journey}/document/substitutes"
    body = {"reason": "lost", "known_on": str(today)}
    assert code_of(await office.post(path, body, registry.harness.citizen())) == (404, "document-not-found")
    assert (await office.post(path, body | {"reason": "sold"}, office.holder())).status_code == 422
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(days=16))
        wish = (await office.lose(known_on=today)).json()
        assert wish["is_late"] is True
        at = f"/substitutes/{wish['id']}"
        stranger = office.officer(uuid4(), agency="12007000")
        assert code_of(await office.post(f"{at}/grant", headers=stranger)) == (404, "substitute-not-found")
        assert code_of(await office.post(f"{at}/refusal", REASONS | {"law": ""})) == (422, "reasons-missing")
        assert (await office.post(f"{at}/refusal", REASONS)).json()["state"] == "refused"
        assert code_of(await office.post(f"{at}/grant")) == (409, "substitute-settled")
        await office.act("suspend", until=str(local_date(clock.now())))
        assert code_of(await office.lose()) == (409, "document-status-forbids")
    listed = await registry.client.get(path, headers=office.holder())
    assert [each["state"] for each in listed.json()] == ["refused"]
    assert len(await registry.family(event)) == 1


@pytest.mark.req("L6", part="amended and renewed: other data, another term, linked to the one before")
async def test_a_document_is_amended_and_then_renewed(registry, issued):
    event, office = issued
    for wrong in ({}, {"owner": "x"}, {"area": "ร้อย"}, {"area": True}, {"shop_name": " "}, {"shop_name": "x" * 121}):
        answer = await office.propose("amend", corrections=wrong)
        assert code_of(answer) == (422, "correction-impossible"), wrong
    corrections = {"shop_name": "ร้านใหม่ 1234567890121", "area": 150}
    for rubbish in (
        {"shop_name": "a\0b"},
        {"shop_name": "\x1b"},
        {"a\n": "x"},
        {"area": float("1e400")},
        {"area": 10**40},
    ):
        sent = json.dumps(REASONS | {"act": "amend", "corrections": rubbish})
        headers = office.officer() | {"Content-Type": "application/json"}
        assert (await registry.client.post(f"{office.at}/acts", content=sent, headers=headers)).status_code == 422
    half = '{"act": "amend", "facts": "x", "law": "x", "considerations": "x", "corrections": {"shop_name": "\\ud800"}}'
    headers = office.officer() | {"Content-Type": "application/json"}
    assert (await registry.client.post(f"{office.at}/acts", content=half, headers=headers)).status_code == 422
    act = await office.act("amend", corrections=corrections)
    seen = await registry.client.get(
        f"{office.at}/acts/{act['id']}/corrections", headers=office.officer(role="reviewer")
    )
    assert seen.json() == corrections
    before, amended = await registry.succeeded(event)
    text = pdf.text_of(await registry.pdf(amended))
    assert "ร้านใหม่ 1234567890121" in text
    assert "๑๕๐ ตารางเมตร" in text
    assert NAME in text
    assert FORM["shop_name"] not in text
    shown = {each["name"]: each["value"] for each in amended["public"]}
    assert shown == {"shop_name": "ร้านใหม่ x-xxxx-xxxxx-12-1", "area": "150"}
    assert (amended["kind"], amended["valid_until"]) == ("amended", before["valid_until"])
    kept = [str(row) for row in await registry.harness.rows(select(DocumentAct))]
    assert not any("ร้านใหม่" in each for each in kept)

    after = Office(registry, amended)
    assert code_of(await after.post(f"{after.at}/renewal", REASONS)) == (409, "document-status-forbids")
    with clock.freeze(clock.now()) as advance:
        advance(timedelta(days=300))
        assert (await after.post(f"{after.at}/renewal", REASONS)).status_code == 202
        *_, old, renewed = await registry.succeeded(event, 3)
    assert old["state"] == "replaced"
    assert (renewed["valid_until"] - old["valid_until"]).days in (365, 366)
    assert (renewed["running"], renewed["edition"], renewed["year"]) == (1, 0, before["year"] + 1)
    assert "ร้านใหม่" in pdf.text_of(await registry.pdf(renewed))
    assert [fact.data.kind for fact in await registry.harness.facts(Replaced)] == ["amended", "renewed"]
    assert len({row["file_name"] for row in await registry.family(event)}) == 3, "each its own name"


@pytest.mark.req("L6", part="no more than one renewal lies ahead where the definition names no limit")
async def test_what_is_renewed_is_not_renewed_again_at_once(registry):
    registry.harness.publish(living(life={}))
    event, row = await registry.issued()
    office = Office(registry, row)
    assert (await office.post(f"{office.at}/renewal", REASONS)).status_code == 202
    again = Office(registry, (await registry.succeeded(event))[-1])
    assert code_of(await again.post(f"{again.at}/renewal", REASONS)) == (409, "document-status-forbids")


@pytest.mark.req("L6", part="nothing is made from a file that is not the registered one")
async def test_a_changed_file_is_no_original(registry, issued, monkeypatch):
    event, office = issued
    stored, real = office.row["stored_as"], Files.get

    async def changed(self, name):
        body = await real(self, name)
        return body + b" " if name == stored else body

    monkeypatch.setattr(Files, "get", changed)
    wish = (await office.lose()).json()["id"]
    await office.post(f"/substitutes/{wish}/grant")

    async def failed():
        return [each for each in await registry.family(event) if each["state"] == "failed"]

    (row,) = await registry.harness.until(failed)
    assert (row["reason"], row["running"]) == ("original-unreadable", office.row["running"])
    assert await office.statuses() == {"valid"}


@pytest.mark.req("L6", part="a definition that leaves no place for the stamp, or no way to appeal, is refused")
def test_a_definition_without_a_place_for_the_stamp_or_an_appeal_is_refused():
    bundle = living("#set page(foreground: [x])\n#data.number #qr-block(data.verify_url)")
    section = section_for(bundle, Process.ISSUANCE).model_copy(update={"appeal": None})
    faults = check_section(section, lambda *_: [])
    assert [fault.path for fault in faults] == ["/appeal", "/files/document.typ"]
    assert check_section(section_for(living(), Process.ISSUANCE), lambda *_: []) == []


TEXT = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="\ufffe\uffff"), max_size=20
)
INTEGER = {"type": "integer"}
ENTRY = {"type": "object", "properties": {"f": {"type": "string"}, "b": INTEGER}}
GROUP = {"type": "object", "properties": {"a": {"enum": ["1", "2"]}, "h": {"type": "array", "items": INTEGER}}}
KINDS = {"a": "string", "b": "integer", "c": "boolean", "d": "number"}
FIELDS = {name: {"type": kind} for name, kind in KINDS.items()} | {"e": {"type": "array", "items": ENTRY}, "g": GROUP}
SCHEMA = FormSchema(json.dumps({"properties": FIELDS}))
FORMS = st.fixed_dictionaries(
    {},
    optional={
        "a": TEXT, "b": st.integers(), "c": st.booleans(), "d": st.floats(allow_nan=False, allow_infinity=False),
        "e": st.lists(st.fixed_dictionaries({"f": TEXT}, optional={"b": st.integers()}), max_size=3),
        "g": st.fixed_dictionaries({"h": st.lists(st.integers(), max_size=3)}, optional={"a": st.sampled_from("12")}),
    },
)  # fmt: skip


@pytest.mark.req("L6", part="what was printed is read back as it was")
@given(FORMS, TEXT, st.lists(st.integers(0, 10**9), max_size=2))
@settings(max_examples=60, deadline=None)
def test_what_the_xml_of_a_document_says_is_read_back(form, words, amounts):
    both = {"th": words, "en": "x"}
    data = {
        "number": words, "title": both, "agency": {"code": "1", **both}, "person": {"name": words}, "form": form,
        "decision": {"id": words, "authority": both},
        "receipts": [{"number": words, "amount": each} for each in amounts],
    }  # fmt: skip
    assert restored(xml_of(data), SCHEMA) == data
