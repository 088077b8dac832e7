"""What a document costs, part by part, with what issuance keeps loaded: fonts, key and certificate.

Its seal carries a time-stamp (PAdES B-T). What makes it last a day later (B-LTA) is measured apart. The authority that
is asked runs beside as a process of its own, which is not counted.
"""

import asyncio
import os
import secrets
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from bench.stage import DEFINITION
from bench.usage import family
from gateway.commands.definitions import read_bundle
from kit.clock import clock
from kit.contracts.claims import ApplicationClaim, DecisionClaim, PersonClaim, Receipt
from kit.contracts.definition import IssuanceStep, Section, section_for
from kit.contracts.journey import Process
from kit.documents import Composer, DocumentProperties, Reference, Seal, qr_svg
from kit.documents.archiving import Archive
from kit.documents.rewriting import with_properties
from kit.documents.roots import Roots
from kit.documents.seals import Seals
from kit.documents.timestamps import Timestamps
from kit.local.ports import answers, free_port
from services.issuance import domain
from services.issuance.domain import Basis, Decision, Registered

COUNT = 60
LASTS = "makes it last (B-LTA, later)"
VERIFY_URL = "https://paet.example.go.th/verify/"


OUTSIDE: set[int] = set()
"""Processes that are not counted."""


def on_cpu() -> float:
    """CPU seconds of this process and the compositor, all threads, to the nanosecond (/proc/*/schedstat)."""
    counted = set(family(os.getpid())) - OUTSIDE
    tasks = [task for pid in counted for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9


@dataclass
class Parts:
    """CPU and wall seconds of each part, document by document."""

    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wall: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _marks: tuple[float, float] = (0.0, 0.0)

    def begin(self) -> None:
        """Start counting."""
        self._marks = on_cpu(), time.perf_counter()

    def end(self, part: str) -> None:
        """What was used since the last mark belongs to the part."""
        now = on_cpu(), time.perf_counter()
        self.cpu[part].append(now[0] - self._marks[0])
        self.wall[part].append(now[1] - self._marks[1])
        self._marks = now

    def medians(self) -> dict[str, dict[str, float]]:
        """Milliseconds by part."""
        return {
            part: {
                "cpu_ms": 1000 * statistics.median(self.cpu[part]),
                "wall_ms": 1000 * statistics.median(self.wall[part]),
            }
            for part in self.cpu
        }


async def measure(*, count: int = COUNT, quick: bool = False) -> dict[str, Any]:
    """Make documents one after the other as issuance does, off the event loop; the first ones are not counted."""
    section = section_for(read_bundle(DEFINITION), Process.ISSUANCE)
    parts = Parts()
    sizes: list[int] = []
    with TemporaryDirectory() as folder, Composer() as composer, _authority(Path(folder)) as url:
        roots = Roots(Path(folder) / "seals" / "root.pem")
        timestamps = Timestamps(f"{url}/", roots)
        archive = Archive(timestamps, roots, [f"{url}/root.crl"])
        seals = Seals(Path(folder) / "seals", "development", timestamps=timestamps)
        seal = await seals.of(section.agency, section.agency_name)
        for number in range(-3, 3 if quick else count):
            counted = parts if number >= 0 else Parts()
            sealed = await _make(section, composer, seal, counted, abs(number) + 1)
            sizes.append(len(sealed))
            counted.begin()
            await archive.extend(sealed)
            counted.end(LASTS)
        archive.close()
        await timestamps.close()
    medians = parts.medians()
    return {
        "documents": len(parts.cpu["seal"]),
        "bytes": statistics.median(sizes),
        "parts": medians,
        "compose_and_seal_cpu_ms": sum(medians[part]["cpu_ms"] for part in ("compose", "properties", "seal")),
        "archive_cpu_ms": medians[LASTS]["cpu_ms"],
    }


@contextmanager
def _authority(folder: Path) -> Iterator[str]:
    """A time-stamp authority in a process of its own."""
    port = free_port()
    command = f"-m kit.local.doubles.mail --port {free_port()} --http-port {port} --folder {folder}/mail"
    environment = os.environ | {"PAET_ENVIRONMENT": "development"}
    options = [*command.split(), "--authority", str(folder / "seals")]
    program = subprocess.Popen([sys.executable, *options], env=environment)
    OUTSIDE.add(program.pid)
    try:
        while not answers(port):
            if program.poll() is not None:
                raise RuntimeError("the time-stamp authority did not start")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/tsa"
    finally:
        program.terminate()
        program.wait()
        OUTSIDE.discard(program.pid)


async def _make(section: Section, composer: Composer, seal: Seal, parts: Parts, number: int) -> bytes:
    """The work of `services.issuance.duework.composing.sealed`, with a mark between its parts."""
    settings: IssuanceStep = section.settings("issuance")
    template = section.files[settings.template]
    entry, basis = _entry(section, settings, number), _basis(section, number)
    at = clock.now()
    parts.begin()
    data = domain.data_of(section, settings, template, entry, basis)
    xml, images = domain.xml_of(data), {"qr.svg": qr_svg(entry.verify_url)}
    parts.end("data")
    pdf = await composer.compose_async(
        template,
        data,
        attachment_xml=xml,
        attachment_name=domain.XML_FILE_NAME,
        title=f"{settings.title.th} {entry.number}",
        author=section.agency_name.th,
        timestamp=at,
        images=images,
    )
    parts.end("compose")
    properties = DocumentProperties(f"{section.agency}_{number}.pdf", "1", entry.number, entry.oid)
    pdf = await asyncio.to_thread(with_properties, pdf, properties)
    parts.end("properties")
    refers_to = Reference(f"urn:uuid:{basis.decision.id}", basis.decision.digest)
    sealed = await seal.seal_async(
        pdf, at=at, reason=f"ออก{settings.title.th} เลขที่ {entry.number}", refers_to=refers_to
    )
    parts.end("seal")
    return sealed


def _entry(section: Section, settings: IssuanceStep, number: int) -> Registered:
    return Registered(
        number=f"CERT-2569-{number:06d}",
        uuid=uuid4(),
        oid=domain.oid_of(settings.oid, section.agency, settings.document_type),
        issued_on=clock.now().date(),
        valid_until=None,
        verify_url=VERIFY_URL + secrets.token_urlsafe(16),
    )


def _basis(section: Section, number: int) -> Basis:
    journey, now = uuid4(), clock.now()
    application = ApplicationClaim(
        journey=journey, application=uuid4(), number=f"{section.agency}-CERT-69-{number:06d}", agency=section.agency,
        definition=section.definition, person=uuid4(), form={"purpose": "welfare", "recipient": "สำนักงานตัวอย่าง"},
        email=None, language="th", submitted_at=now, legally_received_at=now, is_open=True,
    )  # fmt: skip
    person = PersonClaim(
        person=uuid4(), name_th="นางสาวกนกวรรณ ศรีสุขสมบูรณ์ทรัพย์", name_en=None, pid_masked="x-xxxx-xxxxx-12-1",
        pid="1234567890121", birthdate="1990-01-31", address="๙๙ หมู่ ๙ ตำบลในเมือง อำเภอเมือง จังหวัดตัวอย่าง",
    )  # fmt: skip
    decision = DecisionClaim(
        journey=journey, decision=uuid4(), result="granted", authority_th="นายทะเบียนท้องถิ่น",
        authority_en="Local registrar", rule_th="ตามตาราง", facts="ก", law="ข", considerations="ค", decided_at=now,
        digest="5f" * 32, signature="x",
    )  # fmt: skip
    receipt = Receipt(number="BMACERT-2569-000001", amount_satang=2000, paid_at=now, step="certificate-fee")
    return Basis(application, person, Decision.of_approval(decision), (receipt,))
