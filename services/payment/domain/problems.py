"""What can be wrong with what payment is asked."""

from dataclasses import replace

from kit.contracts.text import Text
from kit.errors import FieldError, NotFound, TooManyRequests, Unprocessable


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
