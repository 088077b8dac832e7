"""HTTP of search: the search box, topics to browse, the catalogue, the manual of a service. Open to anyone."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from kit.auth import allow
from kit.contracts.codes import Code, DefinitionId
from kit.contracts.text import Language
from services.search.domain import Notice
from services.search.queries import Catalogue, topic_name
from services.search.schemas import SearchAnswer, ServiceCard, ServiceList, ServicePage, TopicCount, Topics

router = APIRouter(tags=["search"], dependencies=[Depends(allow("anyone"))])


async def catalogue_of(request: Request) -> Catalogue:
    """The catalogue of this process."""
    catalogue: Catalogue = request.app.state.kit.resource(Catalogue)
    return catalogue


async def notice_of(request: Request) -> Notice:
    """What answers of no single service say."""
    notice: Notice = request.app.state.kit.resource(Notice)
    return notice


CatalogueOf = Annotated[Catalogue, Depends(catalogue_of)]
NoticeOf = Annotated[Notice, Depends(notice_of)]


@router.get("/search")
async def search(
    catalogue: CatalogueOf,
    notice: NoticeOf,
    q: Annotated[str, Query(max_length=200, description="what somebody asks, in everyday words")] = "",
    topic: Annotated[Code | None, Query(description="only services of this topic")] = None,
    language: Annotated[Language, Query(description="of the order when nothing is asked")] = "th",
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> SearchAnswer:
    """Find services by everyday words in Thai or English, mistyped ones too, or browse a topic."""
    entries, total = catalogue.find(q, topic, language, limit)
    return SearchAnswer(**dict(notice), total=total, items=[ServiceCard.of(entry) for entry in entries])


@router.get("/topics")
async def topics(catalogue: CatalogueOf, notice: NoticeOf) -> Topics:
    """The topics to browse by, with the number of services of each."""
    counted = catalogue.topics().items()
    items = [TopicCount(topic=topic, name=topic_name(topic), services=count) for topic, count in counted]
    return Topics(**dict(notice), items=items)


@router.get("/services")
async def services(
    catalogue: CatalogueOf,
    notice: NoticeOf,
    after: Annotated[DefinitionId | None, Query(description="the cursor that the page before gave")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> ServiceList:
    """The whole catalogue with the service level of each, page by page."""
    entries, cursor = catalogue.page(after, limit)
    return ServiceList(**dict(notice), items=[ServiceCard.of(entry) for entry in entries], next=cursor)


@router.get("/services/{definition_id}")
async def service(definition_id: DefinitionId, catalogue: CatalogueOf) -> ServicePage:
    """One service with its manual, as it is in force."""
    return ServicePage.of(catalogue.get(definition_id))
