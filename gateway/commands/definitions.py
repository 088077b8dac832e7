"""Publishing definitions: read a bundle from its folder, have it checked, keep it for ever."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.domain import definitions as domain
from gateway.models import DefinitionVersion
from gateway.queries import definitions as queries
from kit import outbox
from kit.auth import Principal
from kit.clients import PeerRefused, Peers, PeerUnavailable
from kit.clock import clock
from kit.contracts.definition import Bundle, Definition, Fault, section_for
from kit.contracts.events import DefinitionPublished
from kit.contracts.journey import Process
from kit.contracts.text import Text
from kit.telemetry import log

CHECK = "/internal/definitions/check"
PREVIEW = "/internal/document-previews"
BOOKS = 0x626F6F6B
"""Of two agencies that publish at once for the first time under one book, one waits and is refused."""


async def publish(session: AsyncSession, bundle: Bundle, publisher: Principal) -> tuple[DefinitionVersion, bool]:
    """Keep a checked bundle as the next version and tell it; a repeat gives what stands, and False.

    Raises VersionImmutable, VersionOutOfTurn, IdentifierTaken, DefinitionFaulty for a book of receipts that is taken.
    """
    definition = bundle.definition
    await _take_turns(session, definition.id)
    standing = await find_repeat(session, bundle)
    if standing is not None:
        return standing, False
    await _keep_books_apart(session, definition)
    row = DefinitionVersion(
        id=definition.id, version=definition.version, agency=definition.agency,
        agency_name=definition.agency_name.model_dump(), title=definition.title.model_dump(),
        kind=definition.kind, level=definition.level, bundle=bundle.model_dump(mode="json"),
        digest=domain.digest_of(bundle), published_at=clock.now(),
        published_by=f"{publisher.kind}:{publisher.subject}",
    )  # fmt: skip
    session.add(row)
    await session.flush()
    fact = DefinitionPublished(definition=definition.ref, agency=definition.agency)
    await outbox.add(session, fact, agency=definition.agency, subject=definition.ref)
    return row, True


async def _take_turns(session: AsyncSession, identifier: str) -> None:
    """Two publications of one id wait for each other until the transaction ends."""
    number = int.from_bytes(hashlib.sha256(identifier.encode()).digest()[:8], signed=True)
    await session.execute(select(func.pg_advisory_xact_lock(number)))


async def _keep_books_apart(session: AsyncSession, definition: Definition) -> None:
    """A book of receipts, whose numbers run without gaps, is one agency's: DefinitionFaulty for another's."""
    books = domain.receipt_books(definition)
    await session.execute(select(func.pg_advisory_xact_lock(BOOKS)))
    taken = await queries.books_of_others(session, definition.agency, sorted(set(books.values())))
    if faults := [domain.book_taken(path) for path, book in books.items() if book in taken]:
        raise domain.DefinitionFaulty(faults)


async def find_repeat(session: AsyncSession, bundle: Bundle) -> DefinitionVersion | None:
    """The version as it stands if this is a repeat, None if it is the next one; Conflict otherwise."""
    definition = bundle.definition
    published = await queries.versions_of(session, definition.id)
    if published and published[0].agency != definition.agency:
        raise domain.IdentifierTaken()
    if domain.is_repeat(bundle, {row.version: row.digest for row in published}):
        return next(row for row in published if row.version == definition.version)
    return None


async def check(peers: Peers, bundle: Bundle) -> None:
    """Find every fault of a bundle, each service in its own section, all at once.

    Raises DefinitionFaulty with all of them, CheckImpossible when a service is away.
    """
    processes = domain.services_to_ask(bundle.definition)
    answers = await asyncio.gather(*(_ask(peers, bundle, process) for process in processes), return_exceptions=True)
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
    faults = domain.own_faults(bundle)
    faults += [fault for answer in answers if not isinstance(answer, BaseException) for fault in answer]
    if faults:
        raise domain.DefinitionFaulty(faults)


async def _ask(peers: Peers, bundle: Bundle, process: Process) -> list[Fault]:
    section = section_for(bundle, process).model_dump(mode="json")
    try:
        answer = await peers.post(process, CHECK, json=section)
    except (PeerUnavailable, PeerRefused) as error:
        log.warning("section not checked", checker=process.value, error=str(error))
        raise domain.CheckImpossible(process) from error
    faults = [Fault.model_validate(each) for each in answer["faults"]]
    return [domain.rebase(fault, bundle.definition, process) for fault in faults]


async def preview(peers: Peers, bundle: Bundle, *, whole: bool) -> bytes:
    """The document of a bundle as a marked PDF, with sample data: of a form with every field, or the required ones.

    Raises DefinitionFaulty with what the gateway and issuance find, NothingToPreview, CheckImpossible.
    """
    if Process.ISSUANCE not in domain.services_to_ask(bundle.definition):
        raise domain.NothingToPreview()
    if faults := [*domain.own_faults(bundle), *await _ask(peers, bundle, Process.ISSUANCE)]:
        raise domain.DefinitionFaulty(faults)
    section = section_for(bundle, Process.ISSUANCE).model_dump(mode="json")
    path = f"{PREVIEW}?whole={str(whole).lower()}"
    answer = await peers.request(Process.ISSUANCE, "POST", path, json=section)
    if 400 <= answer.status < 500:  # found only when the whole document is made
        told = str(answer.json().get("detail") or answer.json().get("title"))
        raise domain.DefinitionFaulty([Fault(path="/files", message=Text(th=told, en=told), service=Process.ISSUANCE)])
    if answer.status != 200:
        log.warning("document not previewed", status=answer.status)
        raise domain.CheckImpossible(Process.ISSUANCE)
    return answer.content


# ── bundles in folders ───────────────────────────────────────────────────────────────────────────


class _Loader(yaml.SafeLoader):
    """YAML as JSON knows it: a date stays text, and a key given twice is refused."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[Any, Any]:
    pairs = loader.construct_pairs(node, deep=True)
    if len(mapping := dict(pairs)) != len(pairs):
        raise yaml.constructor.ConstructorError(None, None, "a key is given twice", node.start_mark)
    return mapping


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read_raw(folder: Path) -> dict[str, Any]:
    """``definition.yaml`` of a folder and the files that its steps name, as the body of a publication.

    Nothing is judged here: absent files are left out, and the gateway says what is wrong. ValueError when
    the file is no YAML mapping or names a file outside its folder.
    """
    definition = yaml.load((folder / "definition.yaml").read_text(encoding="utf-8"), _Loader)  # noqa: S506
    if not isinstance(definition, dict):
        raise ValueError(f"{folder / 'definition.yaml'} is not a mapping")
    return {"definition": definition, "files": _files(folder, definition)}


def _files(folder: Path, definition: dict[str, Any]) -> dict[str, str]:
    steps = [step for step in definition.get("plan") or [] if isinstance(step, dict)]
    names = {step[field] for step in steps for field in domain.NAMING_FIELDS if isinstance(step.get(field), str)}
    files = {}
    for name in sorted(names):
        path = (folder / name).resolve()
        if not path.is_relative_to(folder.resolve()):
            raise ValueError(f"{name} is outside {folder}")
        if path.is_file():
            files[name] = path.read_text(encoding="utf-8")
    return files


def read_bundle(folder: Path) -> Bundle:
    """The bundle of a folder; ValueError (pydantic's ValidationError) when it has not the shape."""
    return Bundle.model_validate(read_raw(folder))


def definition_schema() -> dict[str, Any]:
    """JSON Schema of ``definition.yaml``, for editors."""
    schema = Definition.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:paet:schema:definition",
        **schema,
    }
