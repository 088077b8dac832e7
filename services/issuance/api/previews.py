"""The document of a bundle as it would look, for its author: sample data, a mark over every page, no seal."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from kit.app import Kit
from kit.auth import Principal, allow
from kit.contracts.definition import Section
from kit.documents import Composer, TemplateError, qr_svg
from kit.documents.overlaying import laid_over
from services.issuance import domain

router = APIRouter(prefix="/internal", tags=["internal"])

PDF = "application/pdf"


# A plain function: composing belongs off the event loop.
@router.post("/document-previews", response_class=Response, responses={200: {"content": {PDF: {}}}})
def preview(
    request: Request,
    section: Section,
    _caller: Annotated[Principal, Depends(allow("service:gateway"))],
    whole: Annotated[bool, Query()] = True,
) -> Response:
    """Compose the document of a section with sample data: of a form with every field, or with the required ones only.

    Nothing is stored, numbered or sealed. NothingToPreview, PreviewFaulty.
    """
    kit: Kit = request.app.state.kit
    step, template = domain.previewed(section)
    data = domain.sample_data(section, step, template, whole=whole)
    try:
        pdf = kit.resource(Composer).compose(
            template,
            data,
            attachment_xml=domain.xml_of(data),
            attachment_name=domain.XML_FILE_NAME,
            title=f"ตัวอย่าง {step.title.th}",
            author=section.agency_name.th,
            timestamp=domain.SAMPLE_TIME,
            images={"qr.svg": qr_svg(data["verify_url"])},
        )
        mark = kit.resource(Composer).compose(
            domain.MARK, {}, attachment_xml=b"<x/>", title="", author="", timestamp=domain.SAMPLE_TIME
        )
    except TemplateError as error:
        raise domain.PreviewFaulty(error) from error
    return Response(laid_over(pdf, mark), media_type=PDF)
