"""``make demo``: walks the shipped government services through the gateway to their end, before your eyes.

Everything is done as a citizen, an officer or a bank customer would, by the public API alone. The
documents are left in ``.local/demo/``.
"""

import asyncio
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kit.local import samples
from kit.local.bootstrap import OFFICERS
from kit.local.suite import ROOT
from kit.local.visitor import Journey, Unexpected, Visitor, visitor


class Show:
    """Prints each step as it happens and keeps the documents."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._began = time.monotonic()

    def scene(self, title: str) -> None:
        """A new scene."""
        print(f"\n━━ {title}")

    def say(self, words: str) -> None:
        """One step."""
        print(f"  {time.monotonic() - self._began:6.1f} s  {words}")

    def keep(self, name: str, body: bytes) -> None:
        """Leave a document."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(body)
        self.say(f"saved {name} ({len(body):,} bytes)")

    async def story_of(self, journey: Journey) -> dict[str, Any]:
        """Print the timeline of an ended journey."""
        seen = await journey.until_ended()
        for entry in seen["timeline"]:
            following = f" → {entry['next']}" if entry["next"] else ""
            self.say(f"    {entry['seq']:2} {entry['type']:38}{following:12} {entry['label']['th']}")
        self.say(f"ended: {seen['ended']['text']['th']} / {seen['ended']['text']['en']}")
        return seen


def main(urls: Mapping[str, str]) -> int:
    """Walk every shipped service on the suite at these addresses; the exit status."""
    folder = Path(os.environ.get("PAET_LOCAL") or ROOT / ".local").resolve() / "demo"
    try:
        asyncio.run(walk(urls, Show(folder)))
    except Unexpected as error:
        print(f"the demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\nAll journeys came to their end. Their documents are in {folder}")
    return 0


async def walk(urls: Mapping[str, str], show: Show) -> None:
    """The scenes, one after the other."""
    async with visitor(urls) as anyone:
        await public_information(anyone, show)
        citizen = await anyone.sign_in(samples.CITIZENS["first"])
        await personal_document(citizen, show)
        await food_licence_granted(anyone, citizen, show)
        await food_licence_refused(anyone, citizen, show)
        await food_licence_withdrawn(citizen, show)


async def public_information(anyone: Visitor, show: Show) -> None:
    """Search → request → delivery; nobody signs in."""
    show.scene("Public information, anonymous (search → request → delivery)")
    found = await anyone.get("/v1/search", params={"q": "ขอข้อมูล ร้านอาหาร"})
    show.say(f"search found {len(found['items'])} services; answer time and disclaimer are shown")
    journey = await anyone.start("public-information")
    show.say("journey started; tracking number and secret instead of a name")
    receipt = await journey.submit()
    show.say(f"filed: number {receipt['number']}, promised by {receipt['promised_at']}")
    await show.story_of(journey)
    show.keep("public-information.md", await journey.visitor.get(f"{journey.path}/public-document"))
    show.keep("acknowledgement.pdf", await journey.visitor.get(f"{journey.path}/acknowledgement.pdf"))


async def personal_document(citizen: Visitor, show: Show) -> None:
    """Identity → request → review → (payment) → issuance → delivery: whichever version is in force."""
    me = await citizen.get("/v1/me")
    show.scene("Personal document (identity → request → review → payment → issuance → delivery)")
    show.say(f"signed in through ThaiD as {me['pid_masked']} at IAL {me['ial']}")
    view = await citizen.get("/v1/definitions/personal-document")
    journey = await citizen.start("personal-document")
    await journey.fill(samples.PERSONAL[view["ref"]], email=samples.EMAIL)
    receipt = await journey.submit()
    show.say(f"{view['ref']} filed: number {receipt['number']}; decided by its decision table")
    if any(step["process"] == "payment" for step in view["definition"]["plan"]):
        bill = await journey.pay()
        show.say(f"paid {bill['amount_satang'] / 100:,.2f} baht by PromptPay QR at the sandbox bank")
    await show.story_of(journey)
    show.keep("personal-document.pdf", await journey.visitor.get(f"{journey.path}/document.pdf"))


async def apply_for_food_licence(citizen: Visitor, show: Show) -> Journey:
    """File the application."""
    journey = await citizen.start("food-licence")
    await journey.fill(samples.FOOD_PLACE, email=samples.EMAIL)
    receipt = await journey.submit()
    show.say(f"filed: number {receipt['number']}, legally received {receipt['legally_received_at']}")
    return journey


async def review(anyone: Visitor, journey: Journey, show: Show) -> None:
    """An officer looks at the case and recommends."""
    officer = await anyone.sign_in(OFFICERS["reviewer"], "officer")
    await journey.until_at("review")
    case = await find(officer, "/v1/cases", journey)
    await officer.post(f"/v1/cases/{case['id']}/claim")
    await officer.post(f"/v1/cases/{case['id']}/recommendation", samples.RECOMMENDATION)
    show.say("the reviewer claimed the case and recommended, with facts, law and considerations")


async def correct(anyone: Visitor, citizen: Visitor, journey: Journey, show: Show) -> None:
    """The officer lists what is wanting, once; the applicant signs the record and corrects it."""
    officer = await anyone.sign_in(OFFICERS["reviewer"], "officer")
    case = await find(officer, "/v1/cases", journey)
    await officer.post(f"/v1/cases/{case['id']}/claim")
    await officer.post(f"/v1/cases/{case['id']}/defects", samples.DEFECTS)
    seen = await journey.until(lambda view: view["action"]["code"] == "correct")
    show.say(f"the reviewer recorded a defect: {seen['action']['text']['en']}")
    record = await citizen.get(f"{journey.path}/correction")
    await citizen.post(f"{journey.path}/correction/acknowledgement", {"digest": record["digest"]})
    await citizen.post(f"{journey.path}/correction", {"form": samples.FOOD_PLACE | {"area": 250}})
    show.say("the applicant signed the record and corrected the form; the legal clock runs from now")
    await find(officer, "/v1/cases", journey)


async def find(officer: Visitor, queue: str, journey: Journey) -> dict[str, Any]:
    """The item of a queue that is about the journey."""
    for _ in range(600):
        page = await officer.get(queue, params={"limit": 100})
        for item in page["items"]:
            if item["journey_id"] == journey.id:
                return dict(item)
        await asyncio.sleep(0.1)
    raise Unexpected(f"{queue} has nothing about journey {journey.id}")


async def food_licence_granted(anyone: Visitor, citizen: Visitor, show: Show) -> None:
    """Review → correction → approval → payment → issuance → delivery."""
    show.scene("Food licence, corrected and granted (review → approval → payment → issuance → delivery)")
    journey = await apply_for_food_licence(citizen, show)
    await correct(anyone, citizen, journey, show)
    await review(anyone, journey, show)
    approver = await anyone.sign_in(OFFICERS["approver"], "officer")
    decision = await find(approver, "/v1/decisions", journey)
    await approver.post(f"/v1/decisions/{decision['id']}/grant", {})
    show.say("another officer granted; the decision is signed")
    bill = await journey.pay_by_card()
    show.say(f"paid {bill['amount_satang'] / 100:,.2f} baht by card at the sandbox gateway of cards")
    await show.story_of(journey)
    show.keep("food-licence.pdf", await citizen.get(f"{journey.path}/document.pdf"))
    document = await citizen.get(f"{journey.path}/document")
    token = document["verify_url"].rpartition("/")[2]
    verified = await anyone.get(f"/v1/verifications/{token}")
    show.say(f"verified without login: number {verified['number']}, status {verified['status']}")


async def food_licence_refused(anyone: Visitor, citizen: Visitor, show: Show) -> None:
    """Review → approval refuses → delivery tells facts, law, reasons and the right to appeal."""
    show.scene("Food licence, refused (the applicant is told why, and how to appeal)")
    journey = await apply_for_food_licence(citizen, show)
    await review(anyone, journey, show)
    approver = await anyone.sign_in(OFFICERS["approver"], "officer")
    decision = await find(approver, "/v1/decisions", journey)
    await approver.post(f"/v1/decisions/{decision['id']}/refusal", samples.REFUSAL)
    await show.story_of(journey)
    notices = await citizen.get(f"{journey.path}/notices")
    for line in notices[-1]["body"]["th"].splitlines():
        show.say(f"    │ {line}")


async def food_licence_withdrawn(citizen: Visitor, show: Show) -> None:
    """Paid fees are owed back when the applicant withdraws before the document has its number."""
    show.scene("Food licence, withdrawn before the decision")
    journey = await apply_for_food_licence(citizen, show)
    await journey.until_at("review")
    await journey.withdraw()
    await show.story_of(journey)
