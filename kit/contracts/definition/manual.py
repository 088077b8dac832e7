"""The public manual (คู่มือสำหรับประชาชน, LFA58 s.7), in the order of info.go.th."""

from kit.contracts.codes import Code
from kit.contracts.definition.base import Duration, Model, Source
from kit.contracts.text import Text


class ManualStep(Model):
    """One row of "steps, time and responsible unit"."""

    title: Text
    unit: Text
    duration: Duration | None = None


class ManualDocument(Model):
    """One row of "documents required"; ``issued_by_state`` ones are fetched, not asked."""

    name: Text
    issued_by_state: bool = False
    condition: Text | None = None
    source: Source | None = None


class ManualFee(Model):
    """One row of "fees", for people to read; the rule that counts is the payment step's."""

    item: Text
    amount: Text
    source: Source


class Channel(Model):
    """An announced channel (EGOV65 s.20) with its hours."""

    kind: Code
    place: Text
    hours: Text


class Contact(Model):
    """Where to ask or complain."""

    name: Text
    telephone: str | None = None
    url: str | None = None


class Manual(Model):
    """The public manual record, in the order of info.go.th."""

    summary: Text
    category: Code
    laws: tuple[Source, ...] = ()
    criteria: Text
    channels: tuple[Channel, ...]
    steps: tuple[ManualStep, ...]
    documents: tuple[ManualDocument, ...] = ()
    fees: tuple[ManualFee, ...] = ()
    responsible_unit: Text
    complaints: tuple[Contact, ...] = ()
    disclaimer: Text
    answer_time: Duration
