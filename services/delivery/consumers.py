"""Events in: every hand-over to delivery ends its journey; some facts are told on the way."""

from kit.contracts.events import CalendarChanged, Granted, Invoiced, Paid, RefundDue, RefundPaid, Submitted
from kit.worker import on, on_handover
from services.delivery import commands

HANDOVER = on_handover(
    commands.complete,
    needs=(
        *commands.TELLING,
        commands.ISSUED_DOCUMENT,
        commands.REFUSING_CASE,
        commands.REFUSING_DECISION,
    ),
    even_when_closed=True,
)

REACTIONS = (
    on(Submitted, commands.tell_received, needs=commands.TELLING),
    on(Granted, commands.tell_granted, needs=commands.TELLING),
    on(Invoiced, commands.tell_to_pay, needs=commands.TELLING),
    on(Paid, commands.tell_paid, needs=(*commands.TELLING, commands.RECEIPTS_OF_PAID)),
    on(RefundDue, commands.tell_refund_due, needs=commands.TELLING),
    on(RefundPaid, commands.tell_refunded, needs=commands.TELLING),
    on(CalendarChanged, commands.change_calendar, needs=(commands.RULES,)),
)
