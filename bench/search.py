"""How fast search answers with 20,000 services in its catalogue: of the service itself and through the gateway."""

import asyncio
import json
import random
import time
from typing import Any
from urllib.parse import quote

import aiohttp

from bench import usage
from bench.databases import connected
from bench.journeys import quantiles
from bench.stage import DEFINITION, Stage, staged
from gateway.commands.definitions import read_bundle
from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process

ENTRIES = 20_000
CALLS = 600
PATIENCE = 300.0


def words(text: str) -> list[str]:
    """Words with blanks between them."""
    return text.split()


ACTS = words("ขออนุญาต ขอใบอนุญาต จดทะเบียน แจ้ง ขอหนังสือรับรอง ต่ออายุใบอนุญาต ขอรับเงิน ร้องเรียน ขอตรวจสอบ ชำระ")
THINGS = words("""
ก่อสร้างอาคาร จำหน่ายอาหาร สะสมอาหาร ตลาด โรงงาน สถานพยาบาล ป้ายโฆษณา บ้านเลขที่ เกิด ตาย สมรส รถยนต์ เรือ อาวุธปืน
น้ำบาดาล ที่ดิน เบี้ยยังชีพผู้สูงอายุ คนพิการ ภาษีที่ดินและสิ่งปลูกสร้าง ขยะมูลฝอย สุนัข โรงแรม ร้านเกม หอพัก ปศุสัตว์
ประมง พันธุ์พืช วัตถุอันตราย เครื่องสำอาง ยา
""")
PLACES = words("กรุงเทพมหานคร เชียงใหม่ ขอนแก่น สงขลา ชลบุรี นครราชสีมา อุบลราชธานี ภูเก็ต ลำปาง ระยอง")
QUESTIONS = (
    """
อยากเปิดร้านอาหาร|ต่อเติมบ้านต้องขออนุญาตไหม|แจ้งเกิด|ทำป้ายหน้าร้าน|ขอเลขที่บ้าน|เบี้ยคนชรา|จดทะเบียนสมรส|ภาษีที่ดิน ขอนแก่น
ใบอนุญาตโรงแรม ภูเก็ต|เลี้ยงสุนัข|ขุดน้ำบาดาล|รถยนต์หาย|house registration|food licence|ขออนุญาต
""".strip()
    .replace("\n", "|")
    .split("|")
)


def sections(count: int) -> list[Section]:
    """Synthetic services: an act, a thing, a place and a number in the title; all else of the bench's own."""
    chance = random.Random(7)  # noqa: S311 - the same catalogue in every run
    model = section_for(read_bundle(DEFINITION), Process.SEARCH)
    step = model.settings("search")
    found = []
    for number in range(count):
        act, thing, place = chance.choice(ACTS), chance.choice(THINGS), chance.choice(PLACES)
        title = model.title.model_copy(update={"th": f"{act}{thing} {place} แบบที่ {number}", "en": f"Service {number}"})
        own = step.model_copy(update={"keywords": (f"{act}{thing}", f"{thing}{place}")})
        found.append(
            model.model_copy(update={"definition": f"bench-{number:05d}@1", "title": title, "steps": {"search": own}})
        )
    return found


async def fill(stage: Stage, count: int) -> float:
    """Put the services into the catalogue's table and wait until search has taken them in; the seconds of that."""
    async with connected(stage.suite, "search") as connection:
        last = await connection.fetchval("SELECT coalesce(max(revision), 0) FROM entry")
        rows = [
            (
                each.definition.partition("@")[0],
                1,
                json.dumps(each.model_dump(mode="json"), ensure_ascii=False),
                last + place,
            )
            for place, each in enumerate(sections(count), start=1)
        ]
        began = time.perf_counter()
        await connection.copy_records_to_table("entry", records=rows, columns=["id", "version", "section", "revision"])
    async with aiohttp.ClientSession(stage.suite.url("search")) as http, asyncio.timeout(PATIENCE):
        while not await _knows(http, f"/services/bench-{count - 1:05d}"):
            await asyncio.sleep(0.2)
    return time.perf_counter() - began


async def _knows(http: aiohttp.ClientSession, path: str) -> bool:
    async with http.get(path) as answer:
        return answer.status == 200


async def measured(stage: Stage, *, entries: int = ENTRIES, calls: int = CALLS) -> dict[str, Any]:
    """Ask the questions of people in turn, each way, one at a time and eight at a time."""
    taken_in = await fill(stage, entries)
    ways = {"direct": ("search", "/search"), "through": ("gateway", "/v1/search")}
    answers = []
    for lanes in (1, 8):
        for way, (program, path) in ways.items():
            answers.append(
                {"way": way, "lanes": lanes, "calls": calls, **await _ask(stage, program, path, lanes, calls)}
            )
    return {"entries": entries, "taken_in_seconds": taken_in, "answers": answers, "memory_mib": _memory(stage)}


def _memory(stage: Stage) -> float:
    return usage.memory_of(stage.suite)["search"].pss


async def _ask(stage: Stage, program: str, path: str, lanes: int, calls: int) -> dict[str, Any]:
    times: list[float] = []
    totals: list[int] = []
    asked = iter([f"{path}?q={quote(QUESTIONS[number % len(QUESTIONS)])}" for number in range(calls)])
    async with aiohttp.ClientSession(stage.suite.url(program)) as http:

        async def lane() -> None:
            for each in asked:
                began = time.perf_counter()
                async with http.get(each) as answer:
                    body = await answer.json()
                answer.raise_for_status()
                times.append(time.perf_counter() - began)
                totals.append(body["total"])

        before = usage.cpu_of(stage.suite)
        await asyncio.gather(*(lane() for _ in range(lanes)))
        spent = usage.spent(before, usage.cpu_of(stage.suite))
    cpu = {name: 1000 * spent[name] / calls for name in ("search", "gateway")}
    return {"ms": quantiles(times), "cpu_ms": cpu, "answered": sum(1 for each in totals if each)}


async def measure(*, quick: bool = False) -> dict[str, Any]:
    """The same on a suite started for it."""
    async with staged() as stage:
        return await measured(stage, **({"entries": 200, "calls": 30} if quick else {}))
