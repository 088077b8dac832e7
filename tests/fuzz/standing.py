"""What stands in each part before it is tried: things to ask for, and requests that would be right."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from sqlalchemy import select
from uuid_utils.compat import uuid7

from kit.clock import clock, local_date
from kit.contracts.definition import Bundle, section_for
from kit.contracts.journey import Process
from kit.local.doubles.bank.book import Payment
from kit.local.doubles.bank.callback import confirmation
from kit.local.doubles.mail.outlet import hex_signature
from kit.testing import AGENCY, Harness
from services.delivery.commands import settle_letter
from services.delivery.domain import LetterState
from services.issuance.domain import wallets
from services.issuance.models import CredentialGrant, Document, Substitute
from services.payment.models import Invoice
from services.payment.statements.table import COLUMNS
from tests.authorisation import objects
from tests.authorisation.objects import Thing
from tests.bundles import document_bundle, information_bundle, licence_bundle
from tests.identity.conftest import SOMCHAI, Browser, ThaiD
from tests.issuance.conftest import licence
from tests.issuance.holder import GRANT, Holder, claims_of
from tests.request.conftest import Desk
from tests.review.conftest import REASONS, corrected, queued
from tests.search import conftest as searching

OFFICER = UUID("0190a5d0-0000-7000-8000-000000000001")
"""Who claims cases and decides, so that what is theirs is found by later requests."""

STATEMENT = ",".join(COLUMNS)
Key = tuple[str, str]


@dataclass(frozen=True)
class Target:
    """Something that is there: what fills the paths to it, and whose it is (None: its journey's holder)."""

    ids: Mapping[str, str]
    person: UUID | None = None


@dataclass(frozen=True)
class Right:
    """A request that would be right: body, and what else belongs to it."""

    body: Any = None
    media_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Standing:
    """Of one part."""

    targets: list[Target] = field(default_factory=list)
    right: dict[Key, list[Right]] = field(default_factory=dict)
    sessions: list[tuple[str, str]] = field(default_factory=list)
    """People who have really signed in, with their sessions; only identity knows any."""

    def add(self, thing: Thing, person: UUID | None) -> Thing:
        """Take a thing in, with what is asked of it."""
        self.targets.append(Target(thing.ids, person))
        for (method, path), sent in thing.asking.items():
            self.may(method, path, Right(sent.get("json"), headers=sent.get("headers", {})))
        return thing

    def may(self, method: str, path: str, *right: Right) -> None:
        """These requests would be right."""
        self.right.setdefault((method, path), []).extend(right)

    def claims(self, *names: str) -> None:
        """The claims may be asked about everything that stands here."""
        ids = [value for target in self.targets for key, value in target.ids.items() if key.endswith("_id")]
        for name in names:
            self.may("POST", f"/internal/claims/{name}", Right({"ids": ids}))


def _sections(standing: Standing, process: Process, *bundles: Bundle) -> None:
    bodies = [section_for(bundle, process).model_dump(mode="json") for bundle in bundles]
    paths = ["/internal/definitions/check"] + ["/internal/document-previews"] * (process is Process.ISSUANCE)
    for path in paths:
        standing.may("POST", path, *(Right(body) for body in bodies))


async def _search(search: Harness) -> Standing:
    standing = Standing([Target({"definition_id": "test-licence"})])
    await searching.publish(search, licence_bundle())
    standing.may("GET", "/search", Right(query={"q": "ใบอนุญาต"}), Right(query={"topic": "food", "language": "en"}))
    standing.may("GET", "/services", Right(query={"after": "a", "limit": "1"}))
    _sections(standing, Process.SEARCH, licence_bundle())
    return standing


async def _identity(identity: Harness, thaid: ThaiD) -> Standing:
    standing = Standing()
    standing.add(await objects.officer(identity, None), None)
    client = {"name": "known-client", "agency": AGENCY, "scopes": ["events.read"]}
    made = await identity.client.post("/clients", json=client, headers=identity.officer("administrator"))
    basic = {"client_id": made.json()["client_id"], "client_secret": made.json()["client_secret"]}
    signed = await Browser(identity, thaid).sign_in(SOMCHAI)
    waiting, begun = Browser(identity, thaid), Browser(identity, thaid)
    code = (await waiting.answer(SOMCHAI)).json()["code"]
    address = (await begun.begin()).json()["authorization_url"]
    back = await thaid.visit(address, SOMCHAI)
    forms = [
        {"grant_type": "client_credentials"} | basic,
        {"grant_type": "refresh_token", "refresh_token": signed.tokens["refresh_token"]},
        {"grant_type": "authorization_code", "code": code, "code_verifier": waiting.verifier},
    ]
    standing.may("POST", "/token", *(Right(form, "application/x-www-form-urlencoded") for form in forms))
    standing.may("GET", "/sign-in/callback", Right(query=back), Right(query=_state(address) | {"error": "denied"}))
    start = {"as": "citizen", "provider": "thaid", "code_challenge": begun.challenge}
    standing.may("POST", "/sign-in", Right(start), Right(start | {"acr_values": "urn:paet:ial:2.3"}))
    standing.sessions.append((signed.claims["sub"], signed.claims["sid"]))
    person, once = UUID(signed.claims["sub"]), {"Idempotency-Key": "a-key-of-erasures"}
    by = identity.citizen(person, sid=signed.claims["sid"])
    asked = await identity.client.post("/erasures", headers=by | once)
    standing.targets.append(Target({"erasure_id": asked.json()["id"]}, person))
    standing.may("POST", "/erasures", Right(headers=once))
    standing.claims("erasures")
    _sections(standing, Process.IDENTITY, licence_bundle())
    return standing


def _state(address: str) -> dict[str, str]:
    return {"state": parse_qs(urlsplit(address).query)["state"][0]}


async def _request(request: Harness) -> Standing:
    standing, person = Standing(), uuid4()
    standing.add(await objects.application(request, None), None)
    standing.add(await objects.application(request, person), person)
    desk = Desk(request)
    for state in ("filed", "withdrawn", "sealed"):
        journey = await desk.filed(person)
        if state == "withdrawn":
            await desk.withdraw(journey, person)
        elif state == "sealed":
            await desk.seal(journey)
        standing.targets.append(Target({"journey_id": str(journey)}, person))
    for _ in range(2):
        standing.add(await objects.defective(request, person), person)
    new = {"journey_id": str(uuid4()), "definition": "test-licence@1", "person": str(person)}
    standing.may("POST", "/internal/journeys", Right(new), Right(new | {"definition": "test-information@1"}))
    standing.may("POST", "/journeys/{journey_id}/submission", Right(headers={"Idempotency-Key": "k"}))
    standing.claims("applications", "corrections")
    _sections(standing, Process.REQUEST, licence_bundle(), information_bundle())
    return standing


async def _review(review: Harness) -> Standing:
    standing = Standing()
    standing.add(await objects.case(review, None), None)
    claimed = standing.add(await objects.case(review, None), None)
    review.publish(document_bundle(identifier="test-certificate"))
    journey, decided_here = await queued(review)
    standing.targets.append(Target({"journey_id": str(journey), "case_id": str(decided_here)}))
    me = review.officer("reviewer", officer=OFFICER)
    for case in (claimed.ids["case_id"], decided_here):
        taken = await review.client.post(f"/cases/{case}/claim", headers=me)
        assert taken.status_code == 200, taken.text
    await _corrected(review, standing.add(await objects.case(review, None), None).ids)
    page = await review.client.get("/cases", params={"limit": 1}, headers=me)
    standing.may("GET", "/cases", Right(query={"cursor": page.json()["next"], "limit": "1", "unit": "sanitation"}))
    refusal = Right(REASONS | {"result": "refuse"})
    standing.may("POST", "/cases/{case_id}/recommendation", refusal)
    standing.claims("cases", "defects", "delays")
    _sections(standing, Process.REVIEW, licence_bundle())
    return standing


async def _corrected(review: Harness, ids: dict[str, str]) -> None:
    """Another officer than the one who asks has recorded the defects of a case, and they are corrected."""
    another = review.officer("reviewer")
    listed = {"items": [{"what": "ขาดหนังสือยินยอม"}], "days": 15, "name": "สมศรี ใจดี", "position": "เจ้าหน้าที่"}
    for act, body in (("claim", None), ("defects", listed)):
        done = await review.client.post(f"/cases/{ids['case_id']}/{act}", json=body, headers=another)
        assert done.is_success, done.text
    await review.deliver(corrected(review, UUID(ids["journey_id"]), UUID(done.json()["id"]), clock.now()))


async def _approval(approval: Harness) -> Standing:
    standing = Standing()
    standing.add(await objects.decision(approval, None), None)
    made = standing.add(await objects.decision(approval, None), None)
    me = approval.officer("approver", officer=OFFICER)
    page = await approval.client.get("/decisions", params={"limit": 1}, headers=me)
    standing.may("GET", "/decisions", Right(query={"cursor": page.json()["next"], "unit": "district"}))
    granted = await approval.client.post(f"/decisions/{made.ids['decision_id']}/grant", headers=me)
    assert granted.status_code == 200, granted.text
    standing.may("POST", "/decisions/{decision_id}/grant", Right(REASONS))
    _sections(standing, Process.APPROVAL, licence_bundle())
    standing.claims("decisions")
    return standing


async def _payment(payment: Harness) -> Standing:
    standing = Standing()
    for person in (None, uuid4()):
        standing.add(await objects.invoice(payment, person), person)
        standing.add(await objects.open_invoice(payment, person), person)
    standing.add(await objects.refund(payment, None), None)
    for acts in (["proposal"], ["proposal", "approval"]):
        standing.add(await _refund(payment, acts), None)
    for _ in range(2):
        proposed = standing.add(await objects.refund(payment, None), None)
        path = f"/discrepancies/{proposed.ids['discrepancy_id']}/proposal"
        wish = {"resolution": "write-off", "reason": "x"}
        await payment.client.post(path, json=wish, headers=payment.officer("cashier"))
    row = (await payment.rows(select(Invoice)))[0]
    told = Payment(
        "20261102A", row["biller_id"], row["reference1"], "", "", row["amount"], "2026-11-02T10:00:00+07:00", ""
    )
    standing.may("POST", "/payment-callbacks/{provider}", Right(confirmation(told)))
    lines = f"{STATEMENT}\n2026-11-02T10:00:00+07:00,{row['biller_id']},NOBODY,,10.00,20261102B,PMH\n"
    standing.may("POST", "/statements", Right(lines.encode(), "text/csv"))
    standing.targets.append(Target({"day": await _closed(payment)}))
    ways = ({"resolution": "explain"}, {"resolution": "return", "reference": "R-1", "paid_on": "2026-11-02"})
    standing.may("POST", "/discrepancies/{discrepancy_id}/proposal", *(Right({"reason": "x"} | way) for way in ways))
    question = {"definition": licence_bundle().definition.ref, "form": {"shop_name": "ก", "area": 120}}
    standing.may("POST", "/fee-estimates", Right(question))
    standing.targets.append(Target({"provider": "scb"}))
    standing.claims("receipts")
    _sections(standing, Process.PAYMENT, licence_bundle())
    return standing


async def _closed(payment: Harness) -> str:
    """A day that is over and closed: nothing came in."""
    day = str(local_date(clock.now()) - timedelta(days=1))
    (row, *_) = await payment.rows(select(Invoice))
    period = {"first_day": day, "last_day": day, "biller": row["biller_id"]}
    headers = payment.officer("cashier") | {"Content-Type": "text/csv"}
    await payment.client.post("/statements", content=f"{STATEMENT}\n", params=period, headers=headers)
    closed = await payment.client.post(f"/reconciliations/{day}/closing", headers=headers)
    assert closed.status_code == 200, closed.text
    return day


async def _refund(payment: Harness, acts: Sequence[str]) -> Thing:
    """Money due back that has come so far, each act by another cashier."""
    thing = await objects.refund(payment, None)
    for act in acts:
        path = f"/refunds/{thing.ids['refund_id']}/{act}"
        answer = await payment.client.post(path, json={"reason": "x"}, headers=payment.officer("cashier"))
        assert answer.status_code == 200, answer.text
    return thing


async def _issuance(issuance: Harness) -> Standing:
    standing, person = Standing(), uuid4()
    standing.add(await objects.licence_at_work(issuance, None), person)
    issued = standing.add(await objects.copied_document(issuance, person), person)
    standing.targets.append(Target({"licence_id": issued.ids["document_id"]}))
    amend = REASONS | {"act": "amend", "corrections": {"shop_name": "ร้านใหม่", "area": 7}}
    suspend = REASONS | {"act": "suspend", "until": str(local_date(clock.now()))}
    standing.may("POST", "/licences/{licence_id}/acts", Right(amend), Right(suspend))
    (row,) = await issuance.rows(select(Document).where(Document.id == UUID(issued.ids["document_id"])))
    standing.targets.append(Target({"token": row["token"]}))
    for ids in await _licences(issuance, row, amend):
        standing.targets.append(Target(ids))
    path = f"/journeys/{issued.ids['journey_id']}/document.pdf"
    pdf = (await issuance.client.get(path, headers=issuance.citizen(person))).content
    standing.may("GET", "/register", Right(query={"q": row["public"][0]["value"], "status": "valid", "limit": "1"}))
    standing.may("POST", "/verifications", Right(pdf, "application/pdf"))
    standing.may("POST", "/verify/{token}", Right({"file": pdf}, "multipart/form-data"))
    matching = {"If-None-Match": f'"{row["sha256"]}"'}
    standing.may("GET", "/journeys/{journey_id}/document.pdf", Right(headers=matching))
    standing.claims("documents")
    _sections(standing, Process.ISSUANCE, licence())
    await _wallets(issuance, standing, issued.ids["journey_id"], person)
    return standing


async def _wallets(issuance: Harness, standing: Standing, journey: str, person: UUID) -> None:
    """An offer, a token for what is issued, one for what is still being made, and a credential that was got."""
    holder, base = Holder(issuance.client), "/issuers/{agency}"
    issued, stuck = standing.targets[1].ids["document_id"], standing.targets[0].ids["document_id"]
    tokens = {name: wallets.new_secret() for name in ("new", "used", "stuck")}
    async with issuance.kit.database.transaction() as session:
        for name, token in tokens.items():
            session.add(CredentialGrant(
                document_id=UUID(stuck if name == "stuck" else issued), token_digest=wallets.digest_of(token),
                expires_at=clock.now() + timedelta(days=1), holder_key=holder.jwk,
                transaction_digest=wallets.digest_of("transaction"),
            ))  # fmt: skip
    got = await holder.ask(tokens["used"], holder.proof(await holder.nonce()))
    path = f"/journeys/{journey}/credential-offers"
    offer = (await issuance.client.post(path, headers=issuance.citizen(person))).json()
    placed = claims_of(got)["status"]["status_list"]["uri"]
    ids = {"agency": AGENCY, "document_type": "test-licence", "list_id": placed.rpartition("/")[2]}
    standing.targets.append(Target(ids))
    by = {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}
    code = offer["offer"]["grants"][GRANT]["pre-authorized_code"]
    form = {"grant_type": GRANT, "pre-authorized_code": code, "tx_code": offer["tx_code"]}
    standing.may("POST", f"{base}/token", Right(form, "application/x-www-form-urlencoded"))
    proofs = {"jwt": [holder.proof(await holder.nonce())]}
    asked = {"credential_configuration_id": "test-licence", "proofs": proofs}
    standing.may("POST", f"{base}/credential", Right(asked, headers=by["new"]))
    deferred = Right({"transaction_id": "transaction"}, headers=by["stuck"])
    standing.may("POST", f"{base}/deferred-credential", deferred)
    told = {"notification_id": got.json()["notification_id"], "event": "credential_deleted"}
    standing.may("POST", f"{base}/notification", Right(told, headers=by["used"]))


async def _licences(issuance: Harness, row: Mapping[str, Any], amend: Any) -> list[dict[str, str]]:
    """One that is suspended, one of which a substitute is wanted, one of which an amendment is proposed."""
    alike = [
        Document(**row | {"id": uuid7(), "journey_id": uuid4(), "token": uuid4().hex, "running": place, "state": state})
        for place, state in enumerate(("suspended", "issued", "issued"), 10**8)
    ]
    wish = Substitute(
        document_id=alike[1].id, journey_id=alike[1].journey_id, agency=AGENCY, reason="lost",
        known_on=row["issued_on"], is_late=False, state="asked", asked_at=clock.now(),
    )  # fmt: skip
    ids = [{"licence_id": str(each.id)} for each in alike]
    found = [ids[0], {"substitute_id": str(wish.id)}]
    async with issuance.kit.database.transaction() as session:
        session.add_all(alike)
        await session.flush()
        session.add(wish)
    path = f"/licences/{ids[2]['licence_id']}/acts"
    made = await issuance.client.post(path, json=amend, headers=issuance.officer("reviewer"))
    assert made.status_code == 201, made.text
    return [*found, ids[2] | {"act_id": made.json()["id"]}]


async def _delivery(delivery: Harness) -> Standing:
    standing = Standing()
    for person in (None, uuid4()):
        standing.add(await objects.notice(delivery, person), person)
    letter = standing.add(await objects.at_counter(delivery, None), None).ids["letter_id"]
    async with delivery.kit.database.transaction() as session:
        await settle_letter(session, UUID(letter), LetterState.SENT, "<x@paet>", "0" * 64, "250")
    standing.targets.append(Target({"provider": "email"}))
    await _templates(delivery, standing)
    bounce = b"Content-Type: text/rfc822-headers\n\nMessage-ID: <unknown@paet>\n"
    signed = hex_signature("s", bounce)
    standing.may("POST", "/delivery-reports/{provider}", Right(bounce, "application/octet-stream", signed))
    _sections(standing, Process.DELIVERY, licence_bundle(), information_bundle())
    return standing


async def _templates(delivery: Harness, standing: Standing) -> None:
    """Words of the agency for two kinds of notice: the one is read and worded anew, the other taken back."""
    words = {name: {"th": "แจ้ง {number}", "en": "Notice {number}"} for name in ("subject", "body")}
    for kind in ("received", "granted"):
        standing.targets.append(Target({"kind": kind}))
        path, by = f"/notice-templates/{kind}/versions", delivery.officer("administrator")
        made = await delivery.client.post(path, json=words | {"based_on": 0}, headers=by)
        assert made.status_code == 201, made.text
    again = [Right(words | {"based_on": version}) for version in (1, 2)]
    standing.may("POST", "/notice-templates/{kind}/versions", *again)
    standing.may("POST", "/notice-templates/{kind}/withdrawal", *(Right({"based_on": each}) for each in (1, 2, 3)))
    standing.may("POST", "/notice-templates/{kind}/preview", Right(words))


async def _gateway(gateway: Harness) -> Standing:
    standing, person = Standing(), uuid4()
    standing.add(await objects.journey(gateway, person), person)
    standing.right.clear()
    standing.add(await objects.journey(gateway, None), None)
    standing.right.clear()
    published = {"definition_id": "test-licence", "version": "1", "day": "2027-01-04"}
    standing.targets += [Target(published | {"service": process}) for process in ("request", "review")]
    with_fees = searching.charging().definition.manual.model_dump(mode="json", exclude_unset=True)
    bundle = licence(identifier="made-here", manual=with_fees).model_dump(mode="json", exclude_unset=True)
    for path in ("/v1/definitions", "/v1/definition-previews"):
        standing.may("POST", path, Right(bundle))
    for name in ("test-licence", "test-information"):
        standing.may("POST", "/v1/journeys", Right({"definition": name}, headers={"Idempotency-Key": name}))
    holds, why = "/v1/journeys/{journey_id}/holds", {"reason": "x", "legal_basis": "x"}
    standing.may("POST", holds, Right(why, headers={"Idempotency-Key": "a-key-of-holds"}))
    standing.may("POST", f"{holds}/{{hold_id}}/release", Right({"reason": "x"}))
    standing.may("PUT", "/v1/calendar/{day}", Right({"is_workday": False}))
    return standing


async def standing_of(harness: Harness, thaid: ThaiD) -> Standing:
    """Make what the part is asked about."""
    if harness.service == "identity":
        return await _identity(harness, thaid)
    return await MAKERS[harness.service](harness)


MAKERS: Mapping[str, Callable[[Harness], Awaitable[Standing]]] = {
    "search": _search, "request": _request, "review": _review, "approval": _approval, "payment": _payment,
    "issuance": _issuance, "delivery": _delivery, "gateway": _gateway,
}  # fmt: skip
