"""Issued files are made to last: PAdES B-LTA, a new version of the file behind the one before, renewed in time.

Each phase may be repeated: the version that was stored first is the version, whoever made another one.
"""

import hashlib
import random
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from kit import crashpoint
from kit.app import Kit
from kit.clock import clock
from kit.cursors import cursor_of, read_cursor
from kit.documents.archiving import Archive, ProofAway, ProofMissing, stamp_ends_async
from kit.documents.roots import RootsAway
from kit.documents.timestamps import TimestampAway
from kit.duework import Later
from kit.storage import Files
from kit.telemetry import log
from services.issuance import commands, domain, queries
from services.issuance.domain import State
from services.issuance.duework.stored import registered_file
from services.issuance.models import ArchivedFile
from services.issuance.queries import StoredVersion
from services.issuance.settings import Settings

STORED = "archived file stored, not yet registered"
LOOK_AGAIN = timedelta(days=1)
BATCH = 500
"""Documents that are looked at in one statement: some milliseconds, and nobody waits for it."""
AWAY = timedelta(hours=1)
"""After trouble it is tried again an hour later at the earliest."""


async def archive(kit: Kit, key: str, _payload: dict[str, Any]) -> None:
    """Make the version ``<document id>:<version>`` of a file; doing it again changes nothing."""
    document_id, version = UUID(key.partition(":")[0]), int(key.partition(":")[2])
    settings = cast(Settings, kit.settings)
    if settings.archive_after is None:
        raise Later(clock.now() + LOOK_AGAIN)  # there may be an authority some day
    async with kit.database.reading() as session:
        found = await queries.documents(session, [document_id])
        files = await queries.files_of(session, document_id)
    if not found or State(found[0].state) not in domain.OUT or len(files) != version - 1:
        return
    stored_as = domain.archived_name(files[0].stored_as, version)
    pdf = await kit.resource(Files).once(stored_as, lambda: _extended(kit, document_id, files[-1]))
    crashpoint.reach(STORED)
    ends_at, now = await stamp_ends_async(pdf), clock.now()
    file = ArchivedFile(
        document_id=document_id, version=version, stored_as=stored_as, sha256=hashlib.sha256(pdf).hexdigest(),
        archived_at=now, ends_at=ends_at,
    )  # fmt: skip
    renew_at = domain.renewal_at(ends_at, timedelta(days=settings.archive_renew_days), now)
    async with kit.database.transaction() as session:
        await commands.add_version(session, file, renew_at, found[0].journey_id)


async def plan_archives(kit: Kit, _key: str, payload: dict[str, Any]) -> None:
    """Plan what is to last and has no plan: issued while there was no authority or by a release before, or lost.

    So many documents now, the rest at once after. ``after``: time of issue and id of the
    last document that was looked at.
    """
    settings = cast(Settings, kit.settings)
    if settings.archive_after is None:
        return
    after = read_cursor(payload["after"]) if "after" in payload else None
    async with kit.database.reading() as session:
        unplanned, following = await queries.unplanned(session, after, BATCH)
    now, margin = clock.now(), timedelta(days=settings.archive_renew_days)
    async with kit.database.transaction() as session:
        for each in unplanned:
            part = random.random()  # noqa: S311 - not all at once
            due_at = (
                domain.first_archive_at(each.issued_at, settings.archive_after, now, part)
                if each.ends_at is None
                else domain.renewal_at(each.ends_at, margin, now)
            )
            await commands.plan_archive(session, each.id, each.version, due_at, each.journey_id)
    if unplanned:
        log.info("documents are planned to be made to last", documents=len(unplanned))
    if following is not None:
        raise Later(now, {"after": cursor_of(*following)})


async def _extended(kit: Kit, document_id: UUID, before: StoredVersion) -> bytes:
    """The version before, as it is on the register, with its proofs.

    Later, where they cannot be had now: it can wait, and others are not to wait for it. FileChanged.
    """
    pdf = await registered_file(kit, before.stored_as, before.sha256)
    try:
        return await kit.resource(Archive).extend(pdf)
    except (ProofAway, TimestampAway, RootsAway) as error:
        wait = LOOK_AGAIN if isinstance(error, ProofMissing) else AWAY * random.uniform(1, 2)  # noqa: S311 - not at once
        log.warning("a document is made to last later", document=str(document_id), hours=wait / AWAY, reason=str(error))
        raise Later(clock.now() + wait) from error
