"""The acknowledgement of a submission: as data, and as a sealed PDF/A-3 that is made once and kept."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from kit.app import Kit
from kit.clock import BANGKOK, clock
from kit.contracts.definition import Duration, RequestStep, Section
from kit.contracts.text import Text
from kit.documents import Composer
from kit.documents.seals import Seals
from kit.storage import Files
from services.request.domain import NotSubmitted
from services.request.models import Application
from services.request.schemas import Acknowledgement, DocumentReceived

TEMPLATE = Path(__file__).parents[1] / "templates" / "acknowledgement.typ"
NAMESPACE = "urn:paet:acknowledgement:1"
REASON = "รับคำขอ"
FORM = Text(th="แบบคำขอ", en="Application form")
UNITS = {
    "minutes": Text(th="นาที", en="minutes"),
    "hours": Text(th="ชั่วโมง", en="hours"),
    "working_days": Text(th="วันทำการ", en="working days"),
    "calendar_days": Text(th="วัน", en="days"),
}


def acknowledgement(application: Application, section: Section, public_url: str) -> Acknowledgement:
    """What was submitted and what is promised; the same for ever. NotSubmitted for a draft."""
    if application.number is None or application.promised_at is None:
        raise NotSubmitted()
    settings: RequestStep = section.settings(application.step)
    digest = str(application.payload_sha256)
    document = DocumentReceived(name=FORM, form_code=settings.legal_form_code, sha256=digest)
    return Acknowledgement(
        **application.model_dump(include=set(Acknowledgement.model_fields)),
        application_id=application.id,
        title=section.title,
        agency_name=section.agency_name,
        responsible_unit=settings.responsible_unit,
        promised_date=clock.local_date(application.promised_at),
        manual_period=section.periods.manual,
        act_period=section.periods.act,
        documents_received=[document],
        status_url=f"{public_url.rstrip('/')}/v1/journeys/{application.journey_id}",
    )


async def sealed_acknowledgement(kit: Kit, said: Acknowledgement) -> bytes:
    """The sealed PDF: made at the first download; the file that was stored first is everybody's."""
    return await kit.resource(Files).once(f"acknowledgements/{said.application_id}.pdf", lambda: _compose(kit, said))


async def _compose(kit: Kit, said: Acknowledgement) -> bytes:
    seal = await kit.resource(Seals).of(said.agency, said.agency_name)
    pdf = await kit.resource(Composer).compose_async(
        _template(),
        _data(said),
        attachment_xml=_xml(said),
        attachment_name="acknowledgement.xml",
        title=f"ใบรับคำขอ {said.number}",
        author=said.agency_name.th,
        timestamp=said.entered_system_at,
    )
    return await seal.seal_async(pdf, at=clock.now(), reason=f"{REASON} {said.number}")


@cache
def _template() -> str:
    return TEMPLATE.read_text(encoding="utf-8")


def _data(said: Acknowledgement) -> dict[str, Any]:
    """What the template prints: moments as day and time in Thailand, periods in words."""
    return {
        **said.model_dump(
            mode="json", include={"number", "title", "agency_name", "responsible_unit", "status_url", "payload_sha256"}
        ),
        "form_code": said.documents_received[0].form_code,
        "documents": [each.model_dump(mode="json") for each in said.documents_received],
        "entered": _moment(said.entered_system_at),
        "received": _moment(said.legally_received_at),
        "promised": _moment(said.promised_at),
        "manual_period": _period(said.manual_period),
        "act_period": _period(said.act_period) if said.act_period else None,
    }


def _moment(at: datetime) -> dict[str, str]:
    local = at.astimezone(BANGKOK)
    return {"date": local.date().isoformat(), "time": local.strftime("%H.%M")}


def _period(period: Duration) -> dict[str, str]:
    unit = UNITS[period.unit]
    return {"th": f"{period.amount} {unit.th}", "en": f"{period.amount} {unit.en}"}


def _xml(said: Acknowledgement) -> bytes:
    """The acknowledgement as XML: one element per member, times in UTC."""
    root = ElementTree.Element("Acknowledgement", xmlns=NAMESPACE)
    _append(root, said.model_dump(mode="json"))
    return ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)


def _append(parent: ElementTree.Element, members: dict[str, Any]) -> None:
    for name, value in members.items():
        for each in value if isinstance(value, list) else [value]:
            if each is None:
                continue
            child = ElementTree.SubElement(parent, name)
            if isinstance(each, dict):
                _append(child, each)
            else:
                child.text = str(each)
