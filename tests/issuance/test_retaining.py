"""Licences are kept for ten years after their life, what was never issued for ten years; then only numbers stay."""

import asyncio
import re
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, insert, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import select
from uuid_utils.compat import uuid7

from kit.clock import BANGKOK, clock
from kit.cloudevents import compose
from kit.contracts.claims import ErasureClaim
from kit.contracts.events import ErasureRequested, IssuanceErasureAnswered, JourneyHeld, JourneyReleased
from kit.contracts.retention import Reason, RecordClass
from kit.database import DUE_WORK, TOMBSTONE
from kit.retention import REMOVE, removable
from kit.storage import Files
from services.issuance import commands
from services.issuance.domain import Kind, Tokens, corrections_name, first_broken
from services.issuance.duework import WORK
from services.issuance.models import METADATA, ArchivedFile, Credential, Document, DocumentAct, Number
from tests.issuance.conftest import FORM, Office
from tests.issuance.holder import Holder, offered, value_at

pytestmark = pytest.mark.req("Y4", part="licences")
TOLD = "ผู้ถือใบอนุญาตชื่อกนกวรรณ"
TEN = 10


@pytest.fixture(scope="module")
async def registry(office):
    """The service; nothing is removed but by these tests."""
    async with office.kit.database.engine.begin() as connection:
        await connection.execute(delete(DUE_WORK).where(DUE_WORK.c.kind == REMOVE))
    return office


def at_night(day: date) -> datetime:
    return datetime.combine(day, time(2), BANGKOK)


async def night(registry, day: date) -> None:
    """The removal of a day."""
    with clock.freeze(at_night(day)):
        await WORK[REMOVE].one(registry.kit, "all", {})


async def row_of(registry, document: UUID) -> dict:
    (row,) = await registry.harness.rows(select(Document).where(Document.id == document))
    return row


async def kept(registry, *rows: dict) -> list[bool]:
    return [(await row_of(registry, row["id"]))["removed_on"] is None for row in rows]


async def put(registry, **values) -> dict:
    """A document as if it had been issued in 2020."""
    at = datetime(2020, 3, 1, 5, tzinfo=UTC)
    row = registry.row | {
        "id": uuid7(), "journey_id": uuid4(), "person_id": uuid4(), "token": registry.kit.resource(Tokens).new(),
        "running": 1000 + uuid4().int % 10**8, "sha256": uuid4().hex, "requested_at": at, "numbered_at": at,
        "issued_at": at, "issued_on": at.date(), "valid_until": date(2021, 2, 28),
    } | values  # fmt: skip
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(insert(Document), [row])
    return row


async def act(registry, row: dict, **values) -> None:
    """A document revoked, or otherwise acted on."""
    told = {
        "id": uuid7(), "document_id": row["id"], "term_id": row["origin"] or row["id"], "agency": row["agency"],
        "place": 0, "act": "revoke", "phase": "confirmed", "proposal_id": uuid4(), "officer": uuid4(),
        "authority": {"th": "ก", "en": "a"}, "facts": TOLD, "law": "x", "considerations": "x", "digest": "d",
        "at": datetime(2022, 5, 5, 5, tzinfo=UTC),
    } | values  # fmt: skip
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(insert(DocumentAct), [told])


async def everything(registry) -> str:
    """Every row of issuance's own tables, as text."""
    found = [await registry.harness.rows(text(f'SELECT each::text FROM "{name}" AS each')) for name in METADATA.tables]
    return "\n".join(row["each"] for rows in found for row in rows)


async def is_gone(registry, *names: str) -> bool:
    for name in names:
        with suppress(FileNotFoundError):
            await registry.kit.resource(Files).get(name)
            return False
    return True


# ── what goes and what stays ─────────────────────────────────────────────────────────────────────


async def lived(registry) -> SimpleNamespace:
    """A licence with an act on it, a copy, a credential, and files that are in no row."""
    person = uuid4()
    event, row = await registry.issued(person=person)
    officers = Office(registry, row)
    proposal = (await officers.propose("suspend", facts=TOLD)).json()["id"]
    await officers.post(f"{officers.at}/acts/{proposal}/rejection", {"reason": TOLD})
    desk = SimpleNamespace(client=registry.client, harness=registry.harness, event=event, row=row)
    claims = await Holder(registry.client).credential(await offered(desk, person))
    at, mine = f"/journeys/{event.journey}/document/copies", registry.harness.citizen(person)
    await registry.client.post(at, headers=mine)

    async def there():
        (found,) = (await registry.client.get(at, headers=mine)).json()
        return found if found["state"] == "made" else None

    await registry.harness.until(there)
    (copy,) = await registry.harness.rows(text(f"SELECT * FROM certified_copy WHERE document_id = '{row['id']}'"))
    stray = [corrections_name(row["agency"], row["id"], "x"), row["stored_as"].replace(".pdf", ".v2.pdf")]
    for name in stray:
        await registry.kit.resource(Files).put(name, TOLD.encode())
    files = [row["stored_as"], copy["stored_as"], *stray]
    pdfs = [await registry.kit.resource(Files).get(name) for name in files[:2]]
    names = [row["file_name"], copy["file_name"]]
    return SimpleNamespace(row=row, status=claims["status"]["status_list"], files=files, pdfs=pdfs, names=names)


@pytest.mark.req("L10")
async def test_ten_years_after_its_life_only_its_number_is_left_and_it_is_not_called_forged(registry):
    had = await lived(registry)
    row, client = had.row, registry.client
    last = row["valid_until"].replace(year=row["valid_until"].year + TEN)
    marks = {str(row["person_id"]), str(row["journey_id"]), TOLD}
    for name in had.names:
        assert re.fullmatch(rf"{row['agency']}(_[a-zA-Z0-9-]+){{3}}_25\d{{6}}_v\d+\.pdf", name), name
    await night(registry, last)
    assert (await kept(registry, row), await is_gone(registry, *had.files)) == ([True], False)
    assert [each for each in marks if each not in await everything(registry)] == []
    numbers = await registry.numbers()
    await night(registry, last + timedelta(days=1))
    assert await kept(registry, row) == [False]
    left = await everything(registry)
    assert [each for each in marks if each in left] == []
    shell = await row_of(registry, row["id"])
    assert FORM["shop_name"] not in str(shell)
    assert (await registry.numbers(), shell["state"]) == (numbers, "removed")
    with clock.freeze(at_night(last + timedelta(days=1))):
        await registry.harness.until(lambda: is_gone(registry, *had.files))

    for language, said in (("th", "พ้นกำหนดเวลาเก็บรักษา"), ("en", "no longer kept")):
        headers = {"Accept-Language": language}
        for answer in (
            await client.get(f"/verifications/{row['token']}", headers=headers),
            *[await client.post("/verifications", content=pdf, headers=headers) for pdf in had.pdfs],
        ):
            assert (answer.status_code, answer.json()["type"][-14:]) == (410, "no-longer-kept")
            assert said in answer.json()["title"]
            assert answer.json()["number"] == Document(**row).number
        for page in ("", "/display"):
            answer = await client.get(f"/verify/{row['token']}{page}", headers=headers)
            assert (answer.status_code, said in answer.text, "genuine" in answer.text) == (410, True, False)
    assert (await client.post("/verifications", content=b"another")).json()["genuine"] is False
    found = (await client.get("/register", params={"q": Document(**row).number})).json()["items"]
    assert [each for each in found if each["number"] == Document(**row).number] == []


async def test_places_in_status_lists_and_the_chain_of_acts_outlive_what_they_were_of(registry):
    had = await lived(registry)
    acts = select(DocumentAct).where(DocumentAct.document_id == had.row["id"]).order_by(DocumentAct.place)
    before = await registry.harness.rows(acts)
    await night(registry, date(2060, 1, 1))
    after = await registry.harness.rows(acts)
    assert [(each["previous"], each["digest"]) for each in after] == [(e["previous"], e["digest"]) for e in before]
    assert {(each["facts"], each["officer"], str(each["authority"])) for each in after} == {("", None, "{}")}
    rows = [DocumentAct(**each) for each in after]
    assert first_broken(each.link for each in rows) is None
    rows[1].previous = "another"
    assert first_broken(each.link for each in rows) == 1
    (credential,) = await registry.harness.rows(select(Credential).where(Credential.document_id == had.row["id"]))
    assert (credential["place"], credential["holder"]) == (had.status["idx"], "")
    answer = await registry.client.get(had.status["uri"].removeprefix("http://127.0.0.1:8000/v1"))
    assert value_at(answer.text, had.status["idx"]) == 1


async def test_a_licence_without_an_end_is_kept_for_ever_and_a_revoked_one_for_ten_years(registry):
    endless = await put(registry, valid_until=None)
    revoked = await put(registry, valid_until=None, state="revoked")
    of_old = await put(registry, valid_until=None, state="revoked")  # nobody knows when
    await act(registry, revoked)
    await night(registry, date(2032, 5, 5))
    assert await kept(registry, endless, revoked, of_old) == [True, True, True]
    await night(registry, date(2032, 5, 6))
    assert await kept(registry, endless, revoked, of_old) == [True, False, True]
    await night(registry, date(2300, 1, 1))
    assert await kept(registry, endless, of_old) == [True, True]


async def test_the_documents_of_one_term_go_together_and_those_of_the_next_stay(registry):
    journey = uuid4()
    at = {name: datetime(2020, 9, 1, 5, tzinfo=UTC) for name in ("numbered_at", "issued_at")}
    first = await put(registry, journey_id=journey, state="replaced")
    again = await put(
        registry, journey_id=journey, state="replaced", step="issuance.1", kind="substitute", replaces=first["id"],
        origin=first["id"], edition=1, **at,
    )  # fmt: skip
    at = {name: datetime(2021, 2, 1, 5, tzinfo=UTC) for name in ("numbered_at", "issued_at")}
    renewed = await put(
        registry, journey_id=journey, step="issuance.2", kind="renewed", replaces=again["id"], **at,
        valid_until=date(2030, 2, 28),
    )  # fmt: skip
    await night(registry, date(2031, 2, 1))  # the first one was replaced half a year before: it is of the licence
    assert await kept(registry, first, again, renewed) == [True, True, True]
    await night(registry, date(2031, 2, 2))
    assert await kept(registry, first, again, renewed) == [False, False, True]
    async with registry.kit.database.transaction() as session:
        document = (await session.exec(select(Document).where(Document.id == renewed["id"]))).one()
        following = await commands.order_successor(session, document, Kind.RENEWED, has_own_number=True)
    assert (await row_of(registry, following))["step"] == "issuance.3"
    await done(registry, f"UPDATE document SET state = 'stopped' WHERE id = '{following}'")  # nobody goes on making it
    await night(registry, date(2040, 3, 1))
    assert await kept(registry, renewed) == [False]


@pytest.mark.req("Y4", part="what was never issued is a request")
async def test_what_was_never_issued_is_kept_as_a_request_and_its_void_number_stays(registry):
    failed = await put(registry, state="failed", issued_at=None, valid_until=None, fault="x", attempt=2)
    waiting = await put(registry, state="failed", issued_at=None, valid_until=None)  # an operator may try it again
    ended = {"journey_id": failed["journey_id"], "reason": "withdrawn", "closed_at": failed["requested_at"]}
    trouble = {"kind": commands.WORK, "key": f"{failed['id']}:1", "error": TOLD, "due_at": clock.now()}
    making = await put(registry, state="requested", issued_at=None, numbered_at=None, valid_until=None)
    number = {name: failed[name] for name in ("agency", "series", "year", "running")} | {
        "document_id": failed["id"], "state": "void", "reason": "template", "given_at": failed["numbered_at"],
    }  # fmt: skip
    async with registry.kit.database.engine.begin() as connection:
        await connection.execute(insert(Number), [number])
        await connection.execute(insert(TOMBSTONE), [ended])
        await connection.execute(insert(DUE_WORK), [trouble | {"failed_at": clock.now()}])
    await night(registry, date(2030, 3, 1))
    assert await kept(registry, failed, making, waiting) == [True, True, True]
    await night(registry, date(2030, 3, 2))
    assert await kept(registry, failed, making, waiting) == [False, True, True]
    assert await registry.harness.rows(select(DUE_WORK.c.id).where(DUE_WORK.c.error == TOLD)) == []
    (void,) = [each for each in await registry.numbers() if each["document_id"] == failed["id"]]
    assert (void["state"], void["reason"], void["running"]) == ("void", "template", failed["running"])
    administrator = registry.harness.officer("administrator")
    answer = await registry.client.post(f"/documents/{failed['id']}/retry", headers=administrator)
    assert (answer.status_code, answer.json()["type"][-16:]) == (409, "document-settled")


# ── what keeps it ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("Y4", part="a legal hold")
async def test_a_held_journey_is_kept_until_it_is_released(registry):
    row, hold = await put(registry), uuid4()
    told = {"journey": row["journey_id"], "hold": hold}
    await registry.harness.deliver(compose(JourneyHeld(**told), subject=hold))
    await night(registry, date(2050, 1, 1))
    assert await kept(registry, row) == [True]
    await registry.harness.deliver(compose(JourneyReleased(**told), subject=hold))
    await night(registry, date(2050, 1, 1))
    assert await kept(registry, row) == [False]


async def test_what_is_done_to_a_document_while_it_is_removed_comes_before_or_finds_it_gone(registry):
    row = await put(registry)
    async with registry.kit.database.transaction() as session:
        await session.execute(text(f"UPDATE document SET valid_until = NULL WHERE id = '{row['id']}'"))
        removal = asyncio.create_task(night(registry, date(2050, 1, 1)))
        await until_somebody_waits(registry)
    await removal
    assert await kept(registry, row) == [True]
    headers = registry.harness.officer("approver")
    async with registry.kit.database.transaction() as session:
        await session.execute(text(f"UPDATE document SET valid_until = '2021-02-28' WHERE id = '{row['id']}'"))
        free = await removable(session, [row["journey_id"]])
        with clock.freeze(datetime(2050, 1, 1, tzinfo=UTC)):
            await commands.remove_past(session, registry.kit.settings, free)
        asked = asyncio.create_task(registry.client.post(f"/documents/{row['id']}/copies", headers=headers))
        late = ArchivedFile(
            document_id=row["id"], version=2, stored_as="x", sha256="x", archived_at=clock.now(), ends_at=clock.now()
        )
        archiving = asyncio.create_task(add_version(registry, late))
        await until_somebody_waits(registry)
    await archiving
    assert ((await asked).status_code, (await asked).json()["type"][-14:]) == (410, "no-longer-kept")
    assert await registry.harness.rows(select(ArchivedFile).where(ArchivedFile.document_id == row["id"])) == []


async def add_version(registry, file: ArchivedFile) -> None:
    async with registry.kit.database.transaction() as session:
        await commands.add_version(session, file, clock.now(), uuid4())


async def until_somebody_waits(registry) -> None:
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    await registry.harness.until(lambda: registry.harness.rows(waiting))


async def test_the_database_lets_no_act_be_emptied_while_its_document_is_kept(registry):
    row = await put(registry)
    await act(registry, row)
    which = f"WHERE document_id = '{row['id']}'"
    emptied = "UPDATE document_act SET officer = NULL, authority = '{}', facts = '', law = '', considerations = ''"
    marked = f"UPDATE document SET removed_on = '2050-01-01' WHERE id = '{row['id']}'"
    for statements in (
        [f"{emptied} {which}"], [f"DELETE FROM document_act {which}"], [marked, f"{emptied}, digest = 'x' {which}"],
        [marked, f"DELETE FROM document_act {which}"],
    ):  # fmt: skip
        with pytest.raises(IntegrityError):
            await done(registry, *statements)


async def done(registry, *statements: str) -> None:
    async with registry.kit.database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


# ── erasures ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.req("Y4", part="an erasure is answered once, class by class, with the last day")
async def test_an_erasure_takes_what_is_past_and_offers_at_once_and_names_the_rest(registry):
    person, erasure, now = uuid4(), uuid4(), clock.now()
    past = await put(registry, person_id=person, valid_until=date(2010, 1, 1))
    ends = await put(registry, person_id=person, valid_until=date(2031, 3, 3))
    await put(registry, person_id=person, valid_until=None)
    await put(registry, person_id=person, state="stopped", issued_at=None, valid_until=None)
    held = await put(registry, person_id=person, valid_until=date(2010, 1, 1))
    await registry.harness.deliver(compose(JourneyHeld(journey=held["journey_id"], hold=uuid4())))
    offer = {"document_id": ends["id"], "tx_digest": "x", "wrong": 0, "created_at": now, "expires_at": now}
    async with registry.kit.database.engine.begin() as connection:
        table = METADATA.tables["credential_offer"]
        await connection.execute(insert(table), [offer | {"id": uuid4(), "code_digest": uuid4().hex}])
    claim = ErasureClaim(erasure=erasure, person=person, requested_at=now)
    registry.peers.know("identity", "erasures", erasure, claim)
    await registry.harness.deliver(*(compose(ErasureRequested(erasure=erasure), subject=erasure) for _ in "ab"))

    async def answers():
        found = await registry.harness.facts(IssuanceErasureAnswered)
        return [each for each in found if each.data.erasure == erasure]

    (answer,) = await registry.harness.until(answers)
    told = {(each.record_class, each.reason): (each.erased, each.kept, each.until) for each in answer.data.records}
    licence, request = RecordClass.LICENCE, RecordClass.REQUEST
    assert told == {
        (licence, None): (1, 0, None), (licence, Reason.KEPT_BY_LAW): (0, 2, date(2041, 3, 3)),
        (licence, Reason.LEGAL_HOLD): (0, 1, None), (request, Reason.KEPT_BY_LAW): (0, 1, date(2030, 3, 1)),
    }  # fmt: skip
    assert await kept(registry, past, ends, held) == [False, True, True]
    assert await registry.harness.rows(select(table).where(table.c.document_id == ends["id"])) == []
    await registry.harness.deliver(compose(ErasureRequested(erasure=erasure), subject=erasure))
    await registry.harness.until(lambda: nothing_to_erase(registry))
    assert await answers() == [answer]


async def nothing_to_erase(registry) -> bool:
    return not await registry.harness.rows(select(DUE_WORK.c.id).where(DUE_WORK.c.kind == "erase"))
