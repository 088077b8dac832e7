"""Partners on the bus: the stream that holds what an agreement allows, and the durable consumer of it.

Works with the operator's rights on the bus and touches no database. The partner's account and user are the
server's configuration (``kit/nats_access.py``).
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path

import yaml
from nats.js import JetStreamContext
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
    StreamSource,
    SubjectTransform,
)
from nats.js.errors import NotFoundError
from pydantic import ValidationError

from kit.clock import BANGKOK
from kit.contracts.partner import Agreement
from kit.messaging import DAY, EVENTS
from kit.nats_access import partner_stream
from kit.settings import ACK_WAIT

RETENTION = 31 * DAY
SOURCE_HEADER = "Nats-Stream-Source"
"""On every copied event: the stream it comes from and its sequence number there, parted by a space."""


class InvalidAgreement(ValueError):
    """A file is no agreement; the text names the file and the faults."""


def read_agreements(folder: Path) -> list[Agreement]:
    """Every agreement of a folder, ``<name>.yaml`` each; InvalidAgreement for the first that is none."""
    return [_read(path) for path in sorted(folder.glob("*.yaml"))]


def _read(path: Path) -> Agreement:
    try:
        agreement = Agreement.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise InvalidAgreement(f"{path.name}: {error}") from error
    if agreement.name != path.stem:
        raise InvalidAgreement(f"{path.name}: the name within is {agreement.name}")
    return agreement


async def provision(jetstream: JetStreamContext, agreements: Iterable[Agreement], replicas: int = 1) -> None:
    """Make or change the stream and the consumer of every partner; running it again changes nothing.

    After a change of the agreement the copying goes on behind the last event copied: nothing comes twice,
    nothing is left out, and what is newly agreed is read from there on.
    """
    for agreement in agreements:
        await _provide_stream(jetstream, agreement, replicas)
        await _provide_consumer(jetstream, agreement.name)


async def replay(jetstream: JetStreamContext, name: str, since: datetime | None = None) -> None:
    """Let the partner read its events anew, from a time or from the beginning; NotFoundError without its stream.

    The events' ids are the same, so that the partner knows those it has.
    """
    stream = partner_stream(name)
    await jetstream.stream_info(stream)
    with suppress(NotFoundError):
        await jetstream.delete_consumer(stream, name)
    await jetstream.add_consumer(stream, _consumer(name, since))


async def end(jetstream: JetStreamContext, name: str) -> None:
    """End an agreement: what was copied for the partner is deleted; NotFoundError without its stream."""
    await jetstream.delete_stream(partner_stream(name))


async def _provide_stream(jetstream: JetStreamContext, agreement: Agreement, replicas: int) -> None:
    try:
        info = await jetstream.stream_info(partner_stream(agreement.name))
    except NotFoundError:
        await jetstream.add_stream(_stream(agreement, _source(agreement), replicas))
        return
    [standing] = info.config.sources or [StreamSource(name=EVENTS)]
    if _agreed(standing) == {each.src for each in _transforms(agreement)}:
        source = standing
    elif info.state.last_seq:
        source = _source(agreement, after=await _last_copied(jetstream, agreement.name, info.state.last_seq))
    else:
        source = _source(agreement)
    await jetstream.update_stream(_stream(agreement, source, replicas))


async def _last_copied(jetstream: JetStreamContext, name: str, sequence: int) -> int | None:
    """The sequence number in EVENTS of the last event copied; None when it has been dropped for its age."""
    try:
        last = await jetstream.get_msg(partner_stream(name), sequence)
    except NotFoundError:
        return None
    return int((last.headers or {})[SOURCE_HEADER].split(" ")[1])


async def _provide_consumer(jetstream: JetStreamContext, name: str) -> None:
    # One that stands is left alone: where a replay let it begin cannot be changed, nor should it be.
    try:
        await jetstream.consumer_info(partner_stream(name), name)
    except NotFoundError:
        await jetstream.add_consumer(partner_stream(name), _consumer(name, None))


def _transforms(agreement: Agreement) -> list[SubjectTransform]:
    return [
        SubjectTransform(src=f"events.{each}.*", dest=f"partner.{agreement.name}.{each}.{{{{wildcard(1)}}}}")
        for each in agreement.subjects()
    ]


def _agreed(source: StreamSource) -> set[str]:
    """The subjects that a source copies."""
    each = [one if isinstance(one, dict) else one.as_dict() for one in source.subject_transforms or ()]
    return {str(one["src"]) for one in each} - {_mark(source.opt_start_seq)}


def _mark(first: int | None) -> str:
    return f"events.from.{first}"


def _source(agreement: Agreement, after: int | None = None) -> StreamSource:
    """One source with all subjects: several would lose the order of the events."""
    source = StreamSource(name=EVENTS, subject_transforms=_transforms(agreement))
    if after is None:
        return source.evolve(opt_start_time=datetime.combine(agreement.effective_on, time(), BANGKOK))
    # The server knows a source again by its subjects and would go on where the same ones stood long ago. A
    # subject that no event has makes it another source.
    mark = SubjectTransform(src=_mark(after + 1), dest=f"partner.{agreement.name}.from")
    return source.evolve(opt_start_seq=after + 1, subject_transforms=[*_transforms(agreement), mark])


def _stream(agreement: Agreement, source: StreamSource, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=partner_stream(agreement.name),
        description=agreement.title.en,
        sources=[source],
        storage=StorageType.FILE,
        retention=RetentionPolicy.LIMITS,
        discard=DiscardPolicy.OLD,
        max_age=RETENTION,
        num_replicas=replicas,
    )


def _consumer(name: str, since: datetime | None) -> ConsumerConfig:
    return ConsumerConfig(
        durable_name=name,
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT,
        max_deliver=-1,
        deliver_policy=DeliverPolicy.BY_START_TIME if since else DeliverPolicy.ALL,
        opt_start_time=since,
    )
