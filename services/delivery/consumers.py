"""Events in: every hand-over to delivery ends its journey; some facts are told on the way."""

from kit.claims import DEFECT, DELAY, ORDERS
from kit.contracts.events import (
    CalendarChanged,
    Corrected,
    DefectRecorded,
    Expiring,
    Granted,
    Invoiced,
    LicenceExpired,
    Overdue,
    Paid,
    ReceiptReplaced,
    RefundDue,
    RefundPaid,
    Reinstated,
    Reminded,
    Replaced,
    Revoked,
    Submitted,
    SubstituteRefused,
    Suspended,
    Underpaid,
)
from kit.erasing import ERASURES
from kit.retention import HOLDS
from kit.worker import on, on_handover
from services.delivery import commands

HANDOVER = on_handover(
    commands.complete,
    needs=(
        *commands.TELLING,
        commands.ISSUED_DOCUMENT,
        commands.REFUSING_CASE,
        commands.REFUSING_DECISION,
        commands.UNCORRECTED_DEFECT,
        commands.MISSED_CORRECTION,
    ),
    even_when_closed=True,
)

REACTIONS = (
    on(Submitted, commands.tell_received, needs=commands.TELLING),
    on(DefectRecorded, commands.tell_defect, needs=(*commands.TELLING, DEFECT)),
    on(Corrected, commands.tell_corrected, needs=(*commands.TELLING, commands.CORRECTED_APPLICANT)),
    on(Overdue, commands.tell_overdue, needs=(*commands.TELLING, DELAY)),
    on(Granted, commands.tell_granted, needs=commands.TELLING),
    *(on(fact, commands.tell_to_pay, needs=commands.TELLING) for fact in (Invoiced, Reminded, Underpaid)),
    on(ReceiptReplaced, commands.tell_of_receipt, needs=commands.TELLING),
    on(Paid, commands.tell_paid, needs=(*commands.TELLING, commands.RECEIPTS_OF_PAID)),
    on(RefundDue, commands.tell_refund_due, needs=commands.TELLING),
    on(RefundPaid, commands.tell_refunded, needs=commands.TELLING),
    *(
        on(fact, commands.tell_order, needs=(*commands.TELLING, commands.LICENCE, ORDERS))
        for fact in (Suspended, Revoked, SubstituteRefused)
    ),
    *(
        on(fact, commands.tell_of_licence, needs=(*commands.TELLING, commands.LICENCE))
        for fact in (Reinstated, Replaced, Expiring, LicenceExpired)
    ),
    on(CalendarChanged, commands.change_calendar, needs=(commands.RULES,)),
    *HOLDS,
    *ERASURES,
)
