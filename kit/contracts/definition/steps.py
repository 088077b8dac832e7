"""The steps of a plan, each with the settings of its process."""

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field

from kit.contracts.codes import AAL, IAL, Code, StepId
from kit.contracts.definition.base import Duration, FileName, Model, Source
from kit.contracts.definition.fees import Fee
from kit.contracts.definition.life import Life, Reminders
from kit.contracts.definition.receipts import ReceiptTerms
from kit.contracts.journey import Process
from kit.contracts.text import Text

Pointer = Annotated[str, Field(pattern=r"^(/[^/]{1,100}){1,10}$")]
"""A JSON pointer into the form."""


class StepBase(Model):
    """Every step has an id, unique in the plan."""

    id: StepId


class SearchStep(StepBase):
    """Gate: the service is found. Topics, and everyday words people search with."""

    process: Literal[Process.SEARCH]
    topics: tuple[Code, ...]
    keywords: tuple[str, ...] = ()


class IdentityStep(StepBase):
    """Gate: the assurance that the following steps need (มรด. 1-2:2564)."""

    process: Literal[Process.IDENTITY]
    ial: IAL
    aal: AAL
    source: Source


class RequestStep(StepBase):
    """The form and how the application is numbered."""

    process: Literal[Process.REQUEST]
    form: FileName | None = None
    ui: FileName | None = None
    legal_form_code: str | None = None
    number_prefix: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    responsible_unit: Text
    title_field: str | None = None
    postal_address: Annotated[tuple[Pointer, ...], Field(max_length=8)] = ()
    """Fields of the form that make the lines of the applicant's postal address: a text, or a group of texts."""


class DefectTerms(Model):
    """What becomes of an application whose recorded defects are not corrected in time, and by which law."""

    uncorrected: Literal["returned", "struck_off"]
    source: Source


RETURNED = DefectTerms(
    uncorrected="returned",
    source=Source(
        law=Text(
            th="พระราชบัญญัติการอำนวยความสะดวกในการพิจารณาอนุญาตของทางราชการ พ.ศ. 2558",
            en="Licensing Facilitation Act B.E. 2558 (2015)",
        ),
        section="9",
        mark="C2",
    ),
)


class ReviewStep(StepBase):
    """How an application is looked at: a decision table, an officer's queue, or both in that order.

    ``table`` is a JDM decision table whose result ``outcome`` is ``pass``, ``refuse`` or
    ``officer``; an empty ``table`` means that an officer looks at every case.
    """

    process: Literal[Process.REVIEW]
    table: FileName | None = None
    unit: Code
    priority: Annotated[int, Field(ge=0, le=9)] = 5
    defects: DefectTerms = RETURNED


class AutomaticApproval(Model):
    """Leave to decide without a person, under a named rule of a named authority."""

    rule: Text
    authority: Text
    order: str
    source: Source


class ApprovalStep(StepBase):
    """Who decides: an approver other than the reviewer, or a named automatic rule."""

    process: Literal[Process.APPROVAL]
    unit: Code
    authority: Text
    automatic: AutomaticApproval | None = None


class Lapse(Model):
    """What becomes of a fee that nobody has paid when the grace after its due date is over.

    ``journey``: the invoice expires and the journey ends; ``remind``: it stays, and its payer is reminded once more.
    """

    policy: Literal["journey", "remind"]
    grace: Duration
    source: Source


class PaymentStep(StepBase):
    """What is to be paid at this point, and for how long the invoice stands."""

    process: Literal[Process.PAYMENT]
    fees: tuple[Fee, ...]
    due: Duration
    biller_id: Annotated[str, Field(pattern=r"^[0-9]{15}$")]
    receipt_book: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    receipt: ReceiptTerms | None = None
    takes_card: bool = False
    """Whether it may also be paid by card, where a gateway is configured: its charges are the agency's to bear."""
    reminders: Annotated[tuple[Duration, ...], Field(max_length=10)] = ()
    """How long before the due date the payer is reminded, in days, at the opening of offices."""
    lapse: Lapse | None = None
    """Without it the invoice stays open past its due date, and nothing lapses."""


class Validity(Model):
    """How long the document holds; None months means without end."""

    months: Annotated[int, Field(ge=1, le=1200)] | None = None
    source: Source


class IssuanceStep(StepBase):
    """The document: template, series of numbers, what the public register shows of it."""

    process: Literal[Process.ISSUANCE]
    title: Text
    template: FileName
    series: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,12}$")]
    document_type: Code
    oid: Annotated[str, Field(pattern=r"^[0-2](\.[0-9]+)+$")] | None = None
    validity: Validity
    signer: Text
    signer_position: Text
    public_fields: tuple[str, ...] = ()
    life: Life = Life()
    reminders: Reminders = (90, 30, 7)


OutsideChannel = Literal["email", "line", "sms", "post", "pickup"]
"""A way out of the platform: mail, LINE official account, SMS, letter with tracking, or to be fetched at a counter."""


class Rung(Model):
    """One rung of the ladder of channels: the next one is tried when ``within`` is over without proof of receipt.

    ``within`` is an ISO 8601 duration (``PT4H``); the last rung needs none. ``notices`` are the kinds of notice that
    climb to it, all where there are none: a letter for the result, say, and not for every turn.
    """

    channel: OutsideChannel
    within: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=90))] | None = None
    notices: Annotated[tuple[Code, ...], Field(max_length=50)] = ()


class DeliveryStep(StepBase):
    """How the result reaches the applicant; ``public_document`` for services that inform.

    The inbox always has every notice. ``channels`` name what else is done at once: one mail, and a notice that a
    credential waits for the wallet. A ``ladder`` takes the place of the mail.
    """

    process: Literal[Process.DELIVERY]
    channels: tuple[Literal["inbox", "email", "wallet"], ...] = ("inbox", "email")
    ladder: Annotated[tuple[Rung, ...], Field(max_length=8)] | None = None
    public_document: FileName | None = None


PlanStep = Annotated[
    SearchStep | IdentityStep | RequestStep | ReviewStep | ApprovalStep | PaymentStep | IssuanceStep | DeliveryStep,
    Field(discriminator="process"),
]
