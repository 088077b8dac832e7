"""Things that belong to somebody, one maker per process: whose they are, and how one asks for them.

`person` is the citizen whose the thing is; None makes it that of an anonymous journey's holder.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlmodel import col

from kit.clock import clock, local_date
from kit.contracts.claims import ApplicationClaim, PersonClaim
from kit.contracts.events import Completed, Granted, Paid, Submitted
from kit.contracts.journey import Outcome, Process
from kit.testing import AGENCY, Harness
from services.delivery.channels import Channels
from services.identity.models import Erasure, Person
from services.issuance.models import Document, Substitute
from services.payment import commands as payment_commands
from services.payment.domain import BankTransaction, Told, ToldLine
from services.payment.models import Discrepancy, Invoice, LedgerEntry, Payment, Receipt, Refund
from tests.approval.conftest import waiting
from tests.bundles import OTHER_AGENCY, information_bundle, licence_bundle
from tests.delivery.conftest import lay_ready
from tests.issuance.conftest import Registry, licence
from tests.request.conftest import FORM, Desk
from tests.review.conftest import REASONS, queued

NAMES = {"th": "ก", "en": "A"}
CHECK = "/internal/definitions/check"


@dataclass(frozen=True)
class Thing:
    """Something of a person, or of an agency's work: `ids` fill the paths, `mark` is in every list that shows it."""

    ids: Mapping[str, str]
    mark: str
    asking: Mapping[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """What to send, by method and path, where an empty body is refused before anything else."""


Maker = Callable[[Harness, UUID | None], Awaitable[Thing]]


async def application(request: Harness, person: UUID | None) -> Thing:
    """A saved draft."""
    bundle = licence_bundle() if person else information_bundle()
    request.publish(bundle)
    desk = Desk(request)
    desk.current(bundle.definition.ref, 1)
    journey = await desk.open(person, bundle.definition.ref)
    headers = request.citizen(person) if person else request.holder(journey)
    body = {"form": FORM if person else {}, "language": "th"}
    save = {"json": body, "headers": {"If-Match": "*"}}
    path = f"/journeys/{journey}/application"
    saved = await request.client.put(path, json=body, headers=headers | {"If-Match": "*"})
    assert saved.status_code == 200, saved.text
    acts = {("PUT", "/journeys/{journey_id}/application"): save}
    return Thing(_journey(journey), str(journey), acts | _corrections("0" * 64))


async def defective(request: Harness, person: UUID | None) -> Thing:
    """A filed application whose defects are recorded."""
    assert person is not None
    bundle = licence_bundle()
    request.publish(bundle)
    desk = Desk(request)
    desk.current(bundle.definition.ref, 1)
    journey = await desk.filed(person)
    record = await desk.record(journey)
    return Thing(_journey(journey), str(journey), _corrections(record.digest))


def _corrections(digest: str) -> dict[tuple[str, str], dict[str, Any]]:
    path = "/journeys/{journey_id}/correction"
    form = FORM | {"place_address": "๑๒/๔ ถนนสุขุมวิท"}
    return {
        ("POST", path): {"json": {"form": form, "digest": digest}},
        ("POST", f"{path}/acknowledgement"): {"json": {"digest": digest}},
    }


async def case(review: Harness, _person: UUID | None) -> Thing:
    """A case in the queue."""
    review.publish(licence_bundle())
    journey, case_id = await queued(review)
    acts = {("POST", f"/cases/{{case_id}}/{act}"): {"json": REASONS} for act in ("recommendation", "refusal")}
    acts["POST", "/cases/{case_id}/delay"] = {"json": {"reason": "รอผลการตรวจสถานที่"}}
    item = {"pointer": "/area", "what": "พื้นที่ไม่ตรงกับแผนผัง", "law": "ข้อ 5"}
    listed = {"items": [item], "days": 15, "name": "สมศรี ใจดี", "position": "นักวิชาการสุขาภิบาล"}
    acts["POST", "/cases/{case_id}/defects"] = {"json": listed}
    leave = {"reason": "officer_negligence", "explanation": "ตรวจไม่ครบในครั้งแรก"}
    acts["POST", "/cases/{case_id}/defects-leave"] = {"json": leave}
    acts["POST", "/cases/{case_id}/recommendation"] = {"json": REASONS | {"result": "grant"}}
    return Thing(_journey(journey) | {"case_id": str(case_id)}, str(case_id), acts)


async def decision(approval: Harness, _person: UUID | None) -> Thing:
    """A decision that waits for an approver."""
    approval.publish(licence_bundle())
    journey, decision_id = await waiting(approval)
    refusal = {("POST", "/decisions/{decision_id}/refusal"): {"json": REASONS}}
    return Thing(_journey(journey) | {"decision_id": str(decision_id)}, str(decision_id), refusal)


async def invoice(payment: Harness, person: UUID | None) -> Thing:
    """An invoice that is paid, with its receipt."""
    row = await _billed(payment, person)
    paid = BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], row["amount"], clock.now())
    async with payment.kit.database.transaction() as session:
        await payment_commands.settle(session, row["id"], "scb", [paid])
    if person is not None:
        name = PersonClaim(person=person, name_th="นายทดสอบ สิทธิ", name_en=None, pid_masked="x")
        payment.peers.know("identity", "persons", person, name)
    (receipt,) = await payment.rows(select(Receipt).where(Receipt.invoice_id == row["id"]))
    ids = {"invoice_id": str(row["id"]), "receipt_id": str(receipt["id"])}
    return Thing(_journey(row["journey_id"]) | ids, str(row["journey_id"]))


async def open_invoice(payment: Harness, person: UUID | None) -> Thing:
    """An invoice that nobody has paid, and that may be paid by card."""
    row = await _billed(payment, person)
    async with payment.kit.database.engine.begin() as connection:
        await connection.execute(update(Invoice).where(col(Invoice.id) == row["id"]).values(takes_card=True))
    return Thing(_journey(row["journey_id"]) | {"invoice_id": str(row["id"])}, str(row["journey_id"]))


async def _billed(payment: Harness, person: UUID | None) -> Mapping[str, Any]:
    payment.publish(licence_bundle())
    event = payment.handover(Granted, at="approval")
    payment.peers.know("request", "applications", event.journey, _filed(event, person))
    await payment.deliver(event)
    (row,) = await payment.rows(select(Invoice).where(Invoice.journey_id == event.journey))
    return row


async def refund(payment: Harness, person: UUID | None) -> Thing:
    """Money that was paid twice and is due back, and a paid invoice of which a part may be given back."""
    paid = await invoice(payment, person)
    (row,) = await payment.rows(select(Invoice).where(Invoice.id == UUID(paid.ids["invoice_id"])))
    twice = BankTransaction(uuid4().hex, row["biller_id"], row["reference1"], row["amount"], clock.now())
    async with payment.kit.database.transaction() as session:
        await payment_commands.settle(session, row["id"], "scb", [twice])
    (due,) = await payment.rows(select(Refund).where(Refund.invoice_id == row["id"]))
    why = {"reason": "ชำระซ้ำ"}
    differing = await _discrepancy(payment, row)
    acts = {
        ("POST", "/discrepancies/{discrepancy_id}/proposal"): {"json": why | {"resolution": "write-off"}},
        ("POST", "/discrepancies/{discrepancy_id}/rejection"): {"json": why},
        ("POST", "/refunds/{refund_id}/proposal"): {"json": why},
        ("POST", "/refunds/{refund_id}/rejection"): {"json": why},
        ("POST", "/refunds/{refund_id}/payout"): {
            "json": {"reference": "R1", "paid_on": local_date(clock.now()).isoformat()}
        },
        ("POST", "/invoices/{invoice_id}/refunds"): {"json": why | {"amount_satang": 100}},
        ("POST", "/receipts/{receipt_id}/cancellation"): {"json": why | {"purpose": "RCTC99"}},
        ("POST", "/receipts/{receipt_id}/reissue"): {"json": why | {"purpose": "RCTC99"}},
    }
    (entry, *_) = await payment.rows(select(LedgerEntry).where(LedgerEntry.invoice_id == row["id"]))
    ids = {"refund_id": due["id"], "discrepancy_id": differing, "booking_id": entry["booking_id"]}
    return Thing(dict(paid.ids) | {name: str(value) for name, value in ids.items()}, str(row["id"]), acts)


async def _discrepancy(payment: Harness, row: Mapping[str, Any]) -> UUID:
    """The bank's statement has a baht more than the books of what settled an invoice."""
    (settled,) = await payment.rows(select(Payment).where(Payment.invoice_id == row["id"], Payment.state == "applied"))
    told = ToldLine(
        2, settled["transaction_id"], row["biller_id"], row["reference1"], "", "", row["amount"] + 100,
        settled["paid_at"],
    )  # fmt: skip
    file = payment_commands.File("scb", uuid4().bytes, Told([told]))
    async with payment.kit.database.transaction() as session:
        await payment_commands.import_statement(session, AGENCY, file, None)
    query = select(Discrepancy).where(Discrepancy.transaction_id == settled["transaction_id"])
    (found,) = await payment.rows(query)
    identifier: UUID = found["id"]
    return identifier


async def document(issuance: Harness, person: UUID | None) -> Thing:
    """An issued document."""
    issuance.publish(licence())
    registry = Registry(issuance)
    event, row = await registry.issued(person=person)
    ask = {"reason": "lost", "known_on": str(local_date(clock.now()))}
    asking = {("POST", "/journeys/{journey_id}/document/substitutes"): {"json": ask}}
    return Thing(_journey(event.journey) | {"document_id": str(row["id"])}, str(row["id"]), asking)


async def copied_document(issuance: Harness, person: UUID | None) -> Thing:
    """An issued document with a certified copy."""
    issued = await document(issuance, person)
    headers = issuance.citizen(person)
    path = f"/journeys/{issued.ids['journey_id']}/document/copies"
    (await issuance.client.post(path, headers=headers)).raise_for_status()

    async def made() -> str | None:
        (copy,) = (await issuance.client.get(path, headers=headers)).json()
        return copy["id"] if copy["state"] == "made" else None

    return Thing(dict(issued.ids) | {"copy_id": await issuance.until(made)}, issued.mark, issued.asking)


async def licence_at_work(issuance: Harness, _person: UUID | None) -> Thing:
    """A licence with an act proposed and a substitute asked for, and a document of its journey that cannot be made."""
    issuance.publish(licence())
    event = issuance.handover(Paid, at="licence-fee")
    row = Document(
        **event.arrival(), person_id=uuid4(), application_number="1", agency_name=NAMES, title=NAMES, series="TEST",
        state="issued", requested_at=clock.now(), year=2569, running=uuid4().int % 10**9, issued_on=date(2026, 1, 1),
        issued_at=clock.now(), token=uuid4().hex,
    )  # fmt: skip
    stuck = Document(**row.model_dump(exclude={"id", "step", "token"}) | {"step": "issuance.1", "state": "failed"})
    wish = Substitute(
        document_id=row.id, journey_id=event.journey, agency=AGENCY, reason="lost", known_on=date(2026, 1, 1),
        is_late=False, state="asked", asked_at=clock.now(),
    )  # fmt: skip
    ids = {"licence_id": str(row.id), "document_id": str(stuck.id), "substitute_id": str(wish.id)}
    async with issuance.kit.database.transaction() as session:
        session.add_all([row, stuck])
        await session.flush()
        session.add(wish)
    sent = {"json": REASONS | {"act": "revoke"}}
    at = f"/licences/{row.id}/acts"
    proposed = await issuance.client.post(at, json=sent["json"], headers=issuance.officer("reviewer"))
    assert proposed.status_code == 201, proposed.text
    acts = {("POST", f"/licences/{{licence_id}}/{act}"): {"json": REASONS} for act in ("reinstatement", "renewal")}
    acts["POST", "/licences/{licence_id}/acts"] = sent
    acts["POST", "/licences/{licence_id}/acts/{act_id}/rejection"] = {"json": {"reason": "x"}}
    acts["POST", "/substitutes/{substitute_id}/refusal"] = {"json": REASONS}
    return Thing(_journey(event.journey) | ids | {"act_id": proposed.json()["id"]}, str(event.journey), acts)


async def notice(delivery: Harness, person: UUID | None) -> Thing:
    """A notice of a journey that is done, with its public document."""
    delivery.publish(information_bundle())
    event = delivery.handover(Submitted, at="request")
    delivery.peers.know("request", "applications", event.journey, _filed(event, person))
    await delivery.deliver(event)
    headers = delivery.citizen(person) if person else delivery.holder(event.journey)
    notices = (await delivery.client.get(f"/journeys/{event.journey}/notices", headers=headers)).json()
    await lay_ready(delivery, UUID(notices[0]["id"]))
    return Thing(_journey(event.journey) | {"notice_id": notices[0]["id"]}, notices[0]["id"])


async def at_counter(delivery: Harness, _person: UUID | None) -> Thing:
    """A notice that lies ready to be fetched."""
    person = uuid4()
    named = PersonClaim(person=person, name_th="สมชาย ใจดี", name_en=None, pid_masked="1-xxxx")
    delivery.peers.know("identity", "persons", person, named)
    thing = await notice(delivery, person)
    code = {"code": delivery.kit.resource(Channels).get("pickup").code_of(UUID(thing.mark))}
    asking = {
        ("POST", "/pickups/lookup"): {"json": code},
        ("POST", "/pickups/collection"): {"json": code | {"identity": "id-card"}},
    }
    return await _with_letter(delivery, Thing(thing.ids, thing.mark, asking))


async def _with_letter(delivery: Harness, thing: Thing) -> Thing:
    """And a letter about its journey to another agency."""
    said = {"subject": thing.mark, "salutation": "อธิบดี", "body": "ตามที่ขอ", "signer": "สมชาย", "position": "ผู้อำนวยการ"}
    body = said | {"to": OTHER_AGENCY, "journey": thing.ids["journey_id"]}
    by = delivery.officer("administrator")
    made = await delivery.client.post("/letters", json=body, headers=by | {"Idempotency-Key": str(uuid4())})
    assert made.status_code == 201, made.text
    received = {"reference": "รับที่ 1", "received_on": local_date(clock.now()).isoformat()}
    asking = dict(thing.asking) | {
        ("POST", "/letters"): {"json": body, "headers": {"Idempotency-Key": str(uuid4())}},
        ("POST", "/letters/{letter_id}/acknowledgement"): {"json": received},
    }
    return Thing(dict(thing.ids) | {"letter_id": made.json()["id"]}, thing.mark, asking)


async def officer(identity: Harness, _person: UUID | None) -> Thing:
    """An officer of the agency, and what an administrator sends to make another and a client."""
    body = {"pid": _pid(), "agency": AGENCY, "roles": ["reviewer"]}
    by = identity.officer("administrator")
    made = await identity.client.post("/officers", json=body, headers=by)
    assert made.status_code == 201, made.text
    client = {"name": f"client-{uuid4().hex[:12]}", "agency": AGENCY, "scopes": ["events.read"]}
    asking = {
        ("PATCH", "/officers/{officer_id}"): {"json": {"is_active": False}},
        ("POST", "/officers"): {"json": body | {"pid": _pid()}},
        ("POST", "/clients"): {"json": client},
    }
    known = await identity.client.post("/clients", json=client | {"name": "known"}, headers=by)
    assert known.status_code in (201, 409), known.text
    return Thing({"officer_id": made.json()["id"]}, AGENCY, asking)


async def erasure(identity: Harness, person: UUID | None) -> Thing:
    """A request for erasure; it is about no journey."""
    known = Person(id=person or uuid4(), pid_hash=uuid4().bytes, pid=b"", profile=b"", created_at=clock.now(),
                   proved_at=clock.now())  # fmt: skip
    row = Erasure(person_id=known.id, idempotency=uuid4().bytes, requested_at=clock.now(), answer_by=clock.now())
    async with identity.kit.database.transaction() as session:
        session.add(known)
        await session.flush()
        session.add(row)
    return Thing(_journey(uuid4()) | {"erasure_id": str(row.id)}, str(row.id))


async def journey(gateway: Harness, person: UUID | None) -> Thing:
    """A journey that is done, and a definition that may be published next."""
    bundle = licence_bundle() if person else information_bundle()
    for process in Process:
        gateway.peers.answer(process, "POST", CHECK, {"faults": []})
    gateway.peers.answer("request", "POST", "/internal/journeys", {})
    gateway.peers.answer("issuance", "POST", "/internal/document-previews?whole=true", {})
    publisher = gateway.officer("publisher")
    body = bundle.model_dump(mode="json", exclude_unset=True)
    assert (await gateway.client.post("/v1/definitions", json=body, headers=publisher)).status_code in (200, 201)
    gateway.bundle = bundle
    headers = (gateway.citizen(person) if person else {}) | {"Idempotency-Key": str(uuid4())}
    started = await gateway.client.post("/v1/journeys", json={"definition": bundle.definition.id}, headers=headers)
    assert started.status_code == 201, started.text
    identifier = UUID(started.json()["id"])
    await gateway.deliver(gateway.event(Completed(outcome=Outcome.PASSED), journey=identifier))
    another = licence_bundle(identifier=f"made-{uuid4().hex[:8]}").model_dump(mode="json", exclude_unset=True)
    paths = ("/v1/definitions", "/v1/definition-previews")
    acts: dict[tuple[str, str], dict[str, Any]] = {("POST", path): {"json": another} for path in paths}
    return await _with_hold(gateway, identifier, acts)


async def _with_hold(gateway: Harness, journey: UUID, acts: dict[tuple[str, str], dict[str, Any]]) -> Thing:
    """And a legal hold on it."""
    path, why = "/v1/journeys/{journey_id}/holds", {"reason": str(journey), "legal_basis": "x"}
    by = gateway.officer("administrator") | {"Idempotency-Key": str(uuid4())}
    made = await gateway.client.post(path.format(journey_id=journey), json=why, headers=by)
    assert made.status_code == 201, made.text
    acts["POST", path] = {"json": why, "headers": {"Idempotency-Key": str(uuid4())}}
    acts["POST", f"{path}/{{hold_id}}/release"] = {"json": {"reason": "x"}}
    return Thing(_journey(journey) | {"hold_id": made.json()["hold_id"]}, str(journey), acts)


def _journey(journey_id: UUID) -> dict[str, str]:
    return {"journey_id": str(journey_id)}


def _filed(event: Any, person: UUID | None) -> ApplicationClaim:
    return ApplicationClaim(
        journey=event.journey, application=uuid4(), number="22000000-FOOD-69-000001", definition=event.definition,
        agency=event.agency, person=person, form=FORM, email=None, language="th", submitted_at=clock.now(),
        legally_received_at=clock.now(), is_open=True,
    )  # fmt: skip


def _pid() -> str:
    digits = [1, *(uuid4().int // 10**place % 10 for place in range(11))]
    check = (11 - sum(digit * (13 - index) for index, digit in enumerate(digits)) % 11) % 10
    return "".join(map(str, [*digits, check]))


OWNED: Mapping[str, Maker] = {
    "identity": erasure, "request": application, "payment": invoice, "issuance": document, "delivery": notice,
    "gateway": journey,
}  # fmt: skip
"""Of an applicant."""

WITHOUT_PERSON = frozenset({"request", "payment", "delivery", "gateway"})
"""Where an anonymous journey leaves something. A document is always somebody's: who decides must know about whom."""

WORKED: Mapping[str, Maker] = {
    "delivery": at_counter, "review": case, "approval": decision, "payment": refund, "issuance": licence_at_work,
    "identity": officer, "gateway": journey,
}  # fmt: skip
"""Of an agency."""

WORKED_BY_PATH: Mapping[str, Maker] = {
    "/documents/{document_id}/copies": document,
    "/documents/{document_id}/copies/{copy_id}/document.pdf": copied_document,
}
"""Where an endpoint is about something else than the others of its part."""

OWNED_BY_PATH: Mapping[str, Maker] = {
    "/journeys/{journey_id}/correction": defective,
    "/journeys/{journey_id}/correction/acknowledgement": defective,
    "/journeys/{journey_id}/document/copies": copied_document,
    "/journeys/{journey_id}/document/copies/{copy_id}/document.pdf": copied_document,
}
