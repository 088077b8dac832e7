from fastapi import APIRouter
from sqlalchemy import func, select

from kit.app import create_app
from kit.database import Session
from kit.duework import InBulk, Later
from kit.metrics import Gauge
from tests.kit.toy import consumers
from tests.kit.toy.models import Tally

router = APIRouter()
DONE: list[str] = []
CHORE_FAULTS: list[Exception] = []
TOGETHER: list[list[str]] = []
ALONE: list[str] = []
BROKEN: set[str] = set()
LEFT: set[str] = set()
WORK = {}


@router.post("/commit-fails")
async def commit_fails(session: Session) -> dict:
    """The commit of this transaction fails, after the handler has returned."""
    from sqlalchemy import text

    await session.execute(text("CREATE TEMPORARY TABLE t (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)"))
    await session.execute(text("INSERT INTO t VALUES (1), (1)"))
    return {"stored": True}


async def parcels(kit, works):
    keys = [key for key, _ in works]
    TOGETHER.append(keys)
    if BROKEN & set(keys):
        raise LookupError("one of them is broken")
    return [key for key in keys if key in LEFT]


async def parcel(kit, key, payload):
    ALONE.append(key)
    if key in BROKEN:
        raise LookupError("this one")


async def chore(kit, key, payload):
    if CHORE_FAULTS:
        raise CHORE_FAULTS.pop(0)
    DONE.append(key)


WORK |= {"chore": chore, "parcel": InBulk(parcels, parcel)}


@router.get("/tallies/{name}")
async def tally(name: str) -> str:
    return name


async def tallies(session):
    counts = select(Tally.step, func.count()).group_by(Tally.step)
    return dict((await session.execute(counts)).all())


GAUGES = {"paet_tallies": Gauge(tallies, "Tallies by step", label="step")}


def build(settings):
    return create_app(settings, title="Toy", routers=[router], consumers=consumers, work=WORK, gauges=GAUGES)


__all__ = ["DONE", "Later", "Tally", "build"]
