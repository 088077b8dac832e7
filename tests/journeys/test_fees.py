"""Fees before the review, after the approval, both, or none: what is charged where the plan says so."""

import shutil
from pathlib import Path

import pytest
import yaml

from bench.stage import DEFINITION
from kit.local import bootstrap, samples

FORM = {"purpose": "welfare", "recipient": "สำนักงานตัวอย่าง"}


@pytest.fixture
def publish(suite, tmp_path):
    """Publishes the bench's definition with these fees: before the review, and after the approval; in satang."""

    def made(identifier: str, before: int | None, after: int | None) -> str:
        folder = tmp_path / identifier
        shutil.copytree(DEFINITION, folder)
        definition = yaml.safe_load((folder / "definition.yaml").read_text(encoding="utf-8"))
        plan = [each for each in definition["plan"] if each["process"] != "payment"]
        (sample,) = [each for each in definition["plan"] if each["process"] == "payment"]
        for process, name, amount in (("review", "application-fee", before), ("issuance", "licence-fee", after)):
            if amount is not None:
                fee = sample["fees"][0] | {"amount": amount, "revenue_code": name}
                place = next(index for index, each in enumerate(plan) if each["process"] == process)
                plan.insert(place, sample | {"id": name, "fees": [fee]})
        definition |= {"id": identifier, "plan": plan}
        if before is None and after is None:
            definition["manual"]["fees"] = []
        text = yaml.safe_dump(definition, allow_unicode=True, sort_keys=False)
        (Path(folder) / "definition.yaml").write_text(text, encoding="utf-8")
        bootstrap.publish(suite, [folder])
        return identifier

    return made


@pytest.mark.req("P2")
@pytest.mark.parametrize(
    ("identifier", "before", "after"),
    [
        ("paid-before", 1_500, None),
        ("paid-after", None, 2_500),
        ("paid-twice", 1_500, 2_500),
        ("paid-never", None, None),
    ],
)
async def test_a_fee_is_charged_where_the_plan_has_one_and_nothing_goes_on_before_it_is_paid(
    anyone, publish, identifier, before, after
):
    citizen = await anyone.sign_in(samples.CITIZENS["third"])
    journey = await citizen.start(publish(identifier, before, after))
    await journey.fill(FORM)
    await journey.submit()
    charged = [each for each in (before, after) if each is not None]
    for count, amount in enumerate(charged, 1):
        assert (await journey.pay())["amount_satang"] == amount
        await journey.until(lambda seen, count=count: facts_of(seen).count("payment.paid") == count)
    seen = await journey.until_ended()
    assert seen["ended"]["outcome"] == "passed"
    told = facts_of(seen)
    paid = [place for place, fact in enumerate(told) if fact == "payment.paid"]
    assert len(paid) == len(charged)
    if before is not None:
        assert paid[0] < told.index("review.opened")
    if after is not None:
        assert told.index("approval.granted") < paid[-1] < told.index("issuance.issued")
    receipts = await citizen.get(f"{journey.path}/receipts")
    assert [each["amount_satang"] for each in receipts] == charged


def facts_of(seen) -> list[str]:
    """What the timeline tells, as ``payment.paid``."""
    return [entry["type"].removeprefix("paet.").removesuffix(".v1") for entry in seen["timeline"]]
