"""Events in: every hand-over to delivery ends its journey; some facts are told on the way."""

from kit.claims import SECTION
from kit.contracts.events import Granted, Invoiced, Paid, RefundDue, RefundPaid, Submitted
from kit.worker import on, on_handover
from services.delivery import commands

HANDOVER = on_handover(
    commands.complete,
    needs=(
        SECTION,
        commands.APPLICANT,
        commands.ISSUED_DOCUMENT,
        commands.REFUSING_CASE,
        commands.REFUSING_DECISION,
    ),
    even_when_closed=True,
)

REACTIONS = (
    on(Submitted, commands.tell_received, needs=(SECTION, commands.APPLICANT)),
    on(Granted, commands.tell_granted, needs=(SECTION, commands.APPLICANT)),
    on(Invoiced, commands.tell_to_pay, needs=(SECTION, commands.APPLICANT)),
    on(Paid, commands.tell_paid, needs=(SECTION, commands.APPLICANT, commands.RECEIPTS_OF_PAID)),
    on(RefundDue, commands.tell_refund_due, needs=(SECTION, commands.APPLICANT)),
    on(RefundPaid, commands.tell_refunded, needs=(SECTION, commands.APPLICANT)),
)
