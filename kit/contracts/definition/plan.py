"""What makes a plan unlawful or impossible to run, whatever its services say of their sections."""

from kit.contracts.definition.bundle import Definition, Fault
from kit.contracts.definition.steps import PaymentStep
from kit.contracts.journey import GATES, Process
from kit.contracts.text import Text


def plan_faults(definition: Definition) -> list["Fault"]:
    """Everything that makes the plan of a definition unlawful or impossible to run."""
    return [Fault(path="/definition/plan", message=message) for message in _plan_faults(definition)]


def _plan_faults(definition: Definition) -> list[Text]:
    ids = [step.id for step in definition.plan]
    order = [Process(step.process) for step in definition.plan]
    gates = [process for process in order if process in GATES]
    work = [process for process in order if process not in GATES]
    faults = []
    if len(set(ids)) != len(ids):
        faults.append(Text(th="ทุกขั้นตอนต้องมีรหัสของตนเอง", en="every step of the plan needs an id of its own"))
    if order[: len(gates)] != gates:
        faults.append(
            Text(
                th="ขั้นตอนสืบค้นและยืนยันตัวตนต้องอยู่ก่อนขั้นตอนอื่น",
                en="search and identity are gates: they stand before every other step",
            )
        )
    if order.count(Process.REQUEST) != 1 or work[:1] != [Process.REQUEST]:
        faults.append(
            Text(
                th="ต้องมีขั้นตอนคำขอเพียงหนึ่งเดียว และเป็นขั้นตอนแรกหลังการสืบค้นและยืนยันตัวตน",
                en="the plan has exactly one request step, the first after the gates",
            )
        )
    if order[-1] is not Process.DELIVERY or order.count(Process.DELIVERY) != 1:
        faults.append(Text(th="แผนต้องจบด้วยขั้นตอนจัดส่งเพียงหนึ่งเดียว", en="the plan ends in its one delivery step"))
    return faults + _decision_faults(definition, order) + _lapse_faults(definition)


def _lapse_faults(definition: Definition) -> list[Text]:
    """What was issued does not end by an invoice: nothing lapses after it."""
    is_issued, faults = False, []
    for step in definition.plan:
        is_issued = is_issued or step.process == Process.ISSUANCE
        if is_issued and isinstance(step, PaymentStep) and step.lapse and step.lapse.policy == "journey":
            faults.append(
                Text(
                    th=f"ขั้นตอน {step.id} อยู่หลังการออกเอกสาร จึงกำหนดให้คำขอสิ้นสุดเมื่อไม่ชำระเงินไม่ได้",
                    en=f"{step.id} stands after something is issued: no journey lapses with its fee",
                )
            )
    return faults


def _decision_faults(definition: Definition, order: list[Process]) -> list[Text]:
    faults = []
    decided = {Process.REVIEW, Process.APPROVAL} & set(order)
    if Process.ISSUANCE in order and not decided:
        faults.append(
            Text(
                th="มีการออกเอกสารแต่ไม่มีผู้พิจารณา: เพิ่มขั้นตอนตรวจสอบหรืออนุมัติ",
                en="something is issued, but nobody decides: add review or approval",
            )
        )
    if decided and definition.appeal is None:
        faults.append(
            Text(
                th="เมื่อมีการพิจารณา คำสั่งไม่อนุมัติต้องแจ้งสิทธิอุทธรณ์: เพิ่ม appeal",
                en="where someone decides, a refusal must name the right to appeal: add appeal",
            )
        )
    if Process.APPROVAL in order and Process.REVIEW not in order[: order.index(Process.APPROVAL)]:
        faults.append(Text(th="ขั้นตอนอนุมัติต้องอยู่หลังการตรวจสอบ", en="approval stands after a review"))
    if decided and Process.IDENTITY not in order:
        faults.append(
            Text(
                th="การพิจารณาเกี่ยวกับบุคคลต้องมีขั้นตอนยืนยันตัวตน",
                en="a decision about somebody needs an identity step",
            )
        )
    if Process.PAYMENT in order and Process.ISSUANCE not in order[order.index(Process.PAYMENT) :]:
        # The point of no return stands before a document gets its number; without one a withdrawal could
        # overtake the end of a journey that was paid for.
        faults.append(
            Text(
                th="เมื่อมีการชำระค่าธรรมเนียม ต้องมีขั้นตอนออกเอกสารหลังจากนั้น",
                en="where a fee is paid, something is issued after it",
            )
        )
    single = (Process.SEARCH, Process.IDENTITY, Process.REVIEW, Process.APPROVAL, Process.ISSUANCE)
    faults += [
        Text(th=f"มีขั้นตอน {process} มากกว่าหนึ่ง", en=f"more than one {process} step")
        for process in single
        if order.count(process) > 1
    ]
    return faults
