"""What providers report of what they took."""

from fastapi import APIRouter, Depends, Request

from kit.app import Kit
from kit.auth import allow
from kit.errors import NotFound
from services.delivery import commands
from services.delivery.channels import Channels, Reporting
from services.delivery.schemas import Heard
from services.delivery.settings import Settings

router = APIRouter(tags=["delivery"])
ANY_BODY = {"requestBody": {"required": False, "content": {"application/json": {}, "application/octet-stream": {}}}}


@router.post("/delivery-reports/{provider}", dependencies=[Depends(allow("anyone"))], openapi_extra=ANY_BODY)
async def report(request: Request, provider: str) -> Heard:
    """Take a provider's signed report down: LINE's webhook, an SMS gateway's or a post-house's report, a bounce.

    A report that was taken before, or of something unknown, changes nothing.
    """
    kit: Kit = request.app.state.kit
    channel = kit.resource(Channels).get(provider)
    if not isinstance(channel, Reporting):
        raise NotFound
    reports = channel.read_reports(request.headers, await request.body())
    settings = kit.resource(Settings)
    hashed = [(each, settings.hashes_of(provider, each.address)) for each in reports]
    async with kit.database.transaction() as session:
        await commands.hear(session, provider, hashed, settings.notice_rules)
    return Heard(reports=len(reports))
