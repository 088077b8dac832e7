"""What forbids an act on a document, in Thai and English."""

from kit.contracts.text import Text
from kit.errors import Conflict, Forbidden, NotFound, Unprocessable


class LicenceNotFound(NotFound):
    """No such document was issued by the officer's agency."""

    code = "licence-not-found"
    title = Text(th="ไม่พบเอกสารนี้ในหน่วยงานของท่าน", en="No such document was issued by your agency")


class ActForbidden(Conflict):
    """What the document is worth today does not allow the act."""

    code = "document-status-forbids"
    title = Text(th="สถานะของเอกสารไม่อนุญาตให้ดำเนินการนี้", en="The status of the document does not allow this")


class ActPending(Conflict):
    """Another act on the document waits to be confirmed or rejected."""

    code = "act-pending"
    title = Text(
        th="มีข้อเสนอเกี่ยวกับเอกสารนี้รอการพิจารณาอยู่", en="Another act on this document waits to be confirmed or rejected"
    )


class ProposalNotFound(NotFound):
    """Nothing of that id was proposed for this document."""

    code = "proposal-not-found"
    title = Text(th="ไม่พบข้อเสนอนี้", en="There is no such proposal")


class ProposalSettled(Conflict):
    """It is confirmed or rejected already."""

    code = "proposal-settled"
    title = Text(th="ข้อเสนอนี้ได้รับการพิจารณาแล้ว", en="The proposal is confirmed or rejected already")


class ConfirmerIsProposer(Forbidden):
    """Who proposed an act does not confirm it (separation of duties)."""

    code = "confirmer-is-proposer"
    title = Text(th="ผู้เสนอไม่อาจเป็นผู้สั่งการเรื่องเดียวกัน", en="Who proposed an act may not confirm it")


class NotTheProposer(Forbidden):
    """A proposal is taken back by whoever made it; an approver may reject any."""

    code = "not-the-proposer"
    title = Text(
        th="ผู้เสนอหรือผู้มีอำนาจเท่านั้นที่ยุติข้อเสนอนี้ได้", en="Only who proposed it, or an approver, may end this proposal"
    )


class UntilImpossible(Unprocessable):
    """A suspension cannot last until that day."""

    code = "until-impossible"
    title = Text(th="วันสุดท้ายของการพักใช้ไม่ถูกต้อง", en="A suspension cannot last until that day")


class SuspensionsUsedUp(Conflict):
    """The licence was suspended as often as its definition allows: a further cause is one for revocation."""

    code = "suspensions-used-up"
    title = Text(
        th="พักใช้ครบจำนวนครั้งแล้ว เหตุครั้งต่อไปให้พิจารณาเพิกถอน",
        en="It was suspended as often as may be; a further cause is one for revocation",
    )


class AppealUnknown(Conflict):
    """The definition names no right to appeal, so nothing can be taken away under it (APA39 s.40)."""

    code = "appeal-unknown"
    title = Text(
        th="บริการนี้ยังไม่ได้กำหนดสิทธิอุทธรณ์ จึงออกคำสั่งนี้ไม่ได้",
        en="This service names no right to appeal, so this order cannot be made under it",
    )


class ReasonsMissing(Unprocessable):
    """An order states facts, law and considerations (APA39 s.37)."""

    code = "reasons-missing"
    title = Text(th="คำสั่งต้องมีข้อเท็จจริง ข้อกฎหมาย และข้อพิจารณา", en="An order must state facts, law and considerations")


class SuccessorUnderWay(Conflict):
    """A document that takes the place of this one is being made already."""

    code = "successor-under-way"
    title = Text(th="กำลังออกเอกสารแทนฉบับนี้อยู่", en="A document that takes its place is being made already")


class SubstituteNotFound(NotFound):
    """No such wish for a substitute in the officer's agency."""

    code = "substitute-not-found"
    title = Text(th="ไม่พบคำขอใบแทนนี้", en="There is no such request for a substitute")


class SubstituteSettled(Conflict):
    """The wish for a substitute was granted, refused or has become void."""

    code = "substitute-settled"
    title = Text(th="คำขอใบแทนนี้ได้รับการพิจารณาแล้ว", en="The request for a substitute is settled")


class KnownOnImpossible(Unprocessable):
    """Nobody knew of the loss on that day: the document did not exist, or the day has not come."""

    code = "known-on-impossible"
    title = Text(th="วันที่ทราบเหตุไม่ถูกต้อง", en="The loss cannot have been known on that day")


class CorrectionImpossible(Unprocessable):
    """The document does not show such a field, or not such a value."""

    code = "correction-impossible"
    title = Text(th="แก้ไขรายการนี้ในเอกสารไม่ได้", en="This cannot be corrected on the document")
