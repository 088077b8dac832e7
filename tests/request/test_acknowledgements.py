"""The page of an acknowledgement, with the longest title that is shipped."""

import io
from datetime import UTC, datetime
from uuid import uuid4

import pikepdf

from kit.contracts.definition import Section, section_for
from kit.contracts.journey import Process
from kit.documents import Composer
from services.request import queries
from services.request.models import Application
from services.request.queries import acknowledgements
from tests.gateway.test_catalogue import BUNDLES

AT = datetime(2026, 11, 24, 3, 15, tzinfo=UTC)


def said(section: Section):
    """What is acknowledged of an application that was just filed."""
    step = section.slip().step.id
    application = Application(
        journey_id=uuid4(), agency=section.agency, definition=section.definition, step=step, slip={}, person=uuid4(),
        language="th", form={}, number=f"{section.agency}-FOOD-69-000001", entered_system_at=AT,
        legally_received_at=AT, promised_at=AT, payload_sha256="ab" * 32,
    )  # fmt: skip
    return queries.acknowledgement(application, section, "https://services.example.go.th")


def test_every_shipped_service_has_its_acknowledgement_on_one_page():
    with Composer() as composer:
        for bundle in BUNDLES.values():
            filed = said(section_for(bundle, Process.REQUEST))
            pdf = composer.compose(
                acknowledgements._template(), acknowledgements._data(filed), title="ใบรับคำขอ", author="หน่วยงาน",
                attachment_xml=acknowledgements._xml(filed), attachment_name="acknowledgement.xml", timestamp=AT,
            )  # fmt: skip
            with pikepdf.open(io.BytesIO(pdf)) as opened:
                assert len(opened.pages) == 1, filed.title.en
