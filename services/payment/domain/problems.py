"""What can be wrong with what payment is asked."""

from dataclasses import replace

from kit.contracts.text import Text
from kit.errors import Conflict, FieldError, Forbidden, NotFound, TooManyRequests, Unavailable, Unprocessable


class InvoiceNotFound(NotFound):
    """No such invoice, or somebody else's."""

    code = "invoice-not-found"
    title = Text(th="ไม่พบใบแจ้งชำระเงินนี้", en="There is no such invoice")


class UnknownBill(NotFound):
    """A callback about a reference that nobody was billed under."""

    code = "unknown-bill"
    title = Text(th="ไม่พบรายการเรียกเก็บเงินนี้", en="There is no such bill")


class TooManyCallbacks(TooManyRequests):
    """So many unverified callbacks about one bill that another is only noise."""

    code = "too-many-callbacks"
    title = Text(
        th="มีการแจ้งชำระเงินของรายการนี้ที่ยังไม่ได้ตรวจสอบมากเกินไป", en="Too many unverified confirmations of this bill"
    )


class MalformedCallback(Unprocessable):
    """A callback that does not have the provider's shape."""

    code = "malformed-callback"
    title = Text(th="รูปแบบการแจ้งชำระเงินไม่ถูกต้อง", en="The payment confirmation is malformed")


class CallbackNotSigned(Forbidden):
    """A callback that its provider signs, without the provider's signature, or signed too long ago."""

    code = "callback-not-signed"
    title = Text(
        th="การแจ้งชำระเงินไม่มีลายมือชื่อของผู้ให้บริการที่ถูกต้อง", en="The payment confirmation lacks its provider's signature"
    )


class CardNotOffered(Conflict):
    """A fee that is not paid by card: the definition does not have it so, or no gateway is configured."""

    code = "card-not-offered"
    title = Text(th="รายการนี้ไม่รับชำระด้วยบัตร", en="This fee cannot be paid by card")


class InvoiceNotOpen(Conflict):
    """There is nothing to pay any more; ``state`` says why."""

    code = "invoice-not-open"
    title = Text(th="ใบแจ้งชำระเงินนี้ไม่อยู่ในสถานะที่ชำระได้", en="This invoice is not open for payment")


class CardGatewayAway(Unavailable):
    """The gateway of cards does not answer now; the same question later leads to the same page."""

    code = "card-gateway-away"
    title = Text(
        th="ระบบรับชำระด้วยบัตรไม่พร้อมใช้งานชั่วคราว โปรดลองใหม่หรือชำระด้วย QR",
        en="Payment by card is not available for the moment; try again, or pay by the QR code",
    )


class FeeUndecidable(Unprocessable):
    """The form lacks what a fee rule looks for, or no rule holds for this agency and day."""

    code = "fee-undecidable"
    title = Text(th="คำนวณค่าธรรมเนียมจากคำขอไม่ได้", en="The fee cannot be computed from the application")

    @classmethod
    def at(cls, pointer: str, detail: Text) -> "FeeUndecidable":
        """Name the field of the form."""
        return cls(errors=[FieldError(pointer, "fee-undecidable", detail)])

    def under(self, prefix: str) -> "FeeUndecidable":
        """The same where the form stands under a member of the body."""
        return FeeUndecidable(self.detail, [replace(each, pointer=prefix + each.pointer) for each in self.errors])


class ServiceNotFound(NotFound):
    """No such definition is published, or it charges nothing that could be reckoned."""

    code = "service-not-found"
    title = Text(th="ไม่พบบริการนี้", en="There is no such service")


class RefundNotFound(NotFound):
    """No such refund, or another agency's."""

    code = "refund-not-found"
    title = Text(th="ไม่พบรายการคืนเงินนี้", en="There is no such refund")


class RefundStateForbids(Conflict):
    """The refund is not in the state that this needs; ``state`` says in which it is."""

    code = "refund-state-forbids"
    title = Text(th="สถานะของรายการคืนเงินไม่อนุญาตให้ดำเนินการนี้", en="The state of the refund does not allow this")


class ApproverIsProposer(Forbidden):
    """Who proposed a payout does not approve it (separation of duties)."""

    code = "approver-is-proposer"
    title = Text(
        th="ผู้เสนอคืนเงินไม่อาจเป็นผู้อนุมัติรายการเดียวกัน", en="Who proposed the refund may not approve it; another cashier must"
    )


class MoreThanOwed(Unprocessable):
    """More than is still owed, approved, or left of what was paid."""

    code = "more-than-owed"
    title = Text(th="จำนวนเงินเกินกว่าที่คืนได้", en="More than can be paid back")


class PartsGoBackWhole(Unprocessable):
    """Of a fee that is paid in part, all that was paid goes back, or nothing."""

    code = "parts-go-back-whole"
    title = Text(
        th="เงินที่ชำระไว้บางส่วนต้องคืนทั้งจำนวนที่ชำระไว้", en="What was paid in part goes back as a whole, or not at all"
    )


class InvoiceNotPaid(Conflict):
    """Nothing was paid, or all of it is owed back since the journey ended."""

    code = "invoice-not-paid"
    title = Text(th="ใบแจ้งชำระเงินนี้ไม่มีเงินที่ชำระไว้ให้คืน", en="This invoice holds no money that could go back")


class RefundKeyUsed(Conflict):
    """The Idempotency-Key stands for a refund of another amount."""

    code = "refund-key-used"
    title = Text(th="Idempotency-Key นี้ใช้กับการคืนเงินจำนวนอื่นแล้ว", en="This Idempotency-Key stands for another refund")


class PayoutReferenceUsed(Conflict):
    """The bank's reference stands for another payout."""

    code = "payout-reference-used"
    title = Text(th="เลขอ้างอิงของธนาคารนี้บันทึกไว้กับการจ่ายอื่นแล้ว", en="This bank reference is recorded for another payout")


class PayoutAccountImpossible(Unprocessable):
    """Money left an account on which that payment never lay."""

    code = "payout-account-impossible"
    title = Text(
        th="เงินรายการนี้ไม่ได้ชำระด้วยบัตร จึงจ่ายคืนจากบัญชีบัตรไม่ได้",
        en="This money was not paid by card, so it cannot have left the account of cards",
    )


class PaidOnImpossible(Unprocessable):
    """A day to come, or one before the money was owed."""

    code = "paid-on-impossible"
    title = Text(
        th="วันที่จ่ายต้องไม่อยู่ในอนาคตและไม่ก่อนวันที่เกิดรายการคืนเงิน",
        en="The day of payment lies in the future or before the refund arose",
    )


class ReceiptNotFound(NotFound):
    """No such receipt, somebody else's, or another agency's."""

    code = "receipt-not-found"
    title = Text(th="ไม่พบใบเสร็จรับเงินนี้", en="There is no such receipt")


class ReceiptEnded(Conflict):
    """The receipt is cancelled or replaced already; ``state`` says which."""

    code = "receipt-ended"
    title = Text(th="ใบเสร็จรับเงินนี้ถูกยกเลิกหรือออกใหม่แล้ว", en="This receipt is cancelled or replaced already")


class ReceiptKeyUsed(Conflict):
    """The Idempotency-Key stands for another act on this receipt."""

    code = "receipt-key-used"
    title = Text(th="Idempotency-Key นี้ใช้กับการดำเนินการอื่นแล้ว", en="This Idempotency-Key stands for another act")


class ReceiptActIncomplete(Unprocessable):
    """The purpose code needs what is missing, or does not take what is there."""

    code = "receipt-act-incomplete"
    title = Text(th="ข้อมูลไม่ครบตามรหัสสาเหตุ", en="What the purpose code needs is not complete")


class NothingReturned(Conflict):
    """No money went back by decision since, or nothing is left: no receipt can be over the rest."""

    code = "nothing-returned"
    title = Text(
        th="ไม่มีเงินที่คืนตามคำสั่งให้หักออกจากใบเสร็จรับเงิน หรือไม่มีเงินเหลือ", en="Nothing went back by decision, or nothing is left"
    )


class NothingKept(Conflict):
    """All of the fee went back, or is owed back: its receipt can be cancelled, and none be issued anew."""

    code = "nothing-kept"
    title = Text(
        th="คืนเงินทั้งจำนวนแล้ว ยกเลิกใบเสร็จรับเงินได้แต่ออกใหม่ไม่ได้", en="All of it went back: a receipt can only be cancelled"
    )


class MoneyKept(Conflict):
    """RCTC03 says that all of the fee went back, and some of it is still kept."""

    code = "money-kept"
    title = Text(th="ยังมีเงินที่ไม่ได้คืน จึงยกเลิกด้วยรหัสคืนทั้งจำนวนไม่ได้", en="Some of the fee has not gone back")


class PayerUnknown(Conflict):
    """Identity knows nothing of the payer any more: a receipt that nobody has fetched yet cannot be made."""

    code = "payer-unknown"
    title = Text(th="ไม่มีข้อมูลผู้ชำระเงินสำหรับจัดทำใบเสร็จรับเงิน", en="Nothing is known of the payer any more")


class ReceiptNotMade(Unavailable):
    """The document could not be made now: the agency's seal is missing or does not hold, or a text cannot be shown."""

    code = "receipt-not-made"
    title = Text(th="ยังจัดทำใบเสร็จรับเงินไม่ได้", en="The receipt cannot be made for the moment")


class Unprintable(Unprocessable):
    """A name or an address has characters that no document can show."""

    code = "unprintable"
    title = Text(th="มีอักขระที่พิมพ์ในเอกสารไม่ได้", en="There are characters that no document can show")
