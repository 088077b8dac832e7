"""The faults of payment's section of a bundle: fee rules must decide every case."""

from collections.abc import Sequence

from kit.contracts.definition import (
    Charge,
    Exemption,
    Fault,
    Fee,
    FeeBand,
    LateFee,
    PaymentStep,
    PercentFee,
    RangeFee,
    ReceiptTerms,
    Section,
    TradesFee,
    UnitFee,
)
from kit.contracts.text import Text
from services.payment.domain.reminding import IN_DAYS


def check_section(section: Section) -> list[Fault]:
    """Find every fault: ascending bands, the last one open; windows that end after they begin; something to charge."""
    faults: list[Fault] = []
    for step in section.steps.values():
        if isinstance(step, PaymentStep):
            faults += _step_faults(step)
    return faults


def _step_faults(step: PaymentStep) -> list[Fault]:
    path = f"/steps/{step.id}/fees"
    faults = []
    if not any(isinstance(each, Charge) and not isinstance(each, LateFee) for each in step.fees):
        faults.append(_fault(path, "ต้องมีค่าธรรมเนียมอย่างน้อยหนึ่งรายการ", "at least one fee"))
    if step.receipt:
        faults += _receipt_faults(step.receipt, f"/steps/{step.id}/receipt")
    for index, before in enumerate(step.reminders):
        if before.unit not in IN_DAYS:
            faults.append(_fault(f"/steps/{step.id}/reminders/{index}/unit", "ต้องเป็นจำนวนวัน", "must be in days"))
    above: set[str] = set()
    for index, fee in enumerate(step.fees):
        faults += _fee_faults(fee, f"{path}/{index}", above)
        if isinstance(fee, Charge):
            above.add(fee.revenue_code)
    return faults


def _receipt_faults(terms: ReceiptTerms, path: str) -> list[Fault]:
    address = terms.address
    if address is None:
        return []
    found = (
        ("subdistrict_code", address.subdistrict_code, address.district_code),
        ("district_code", address.district_code, address.province_code),
    )
    return [
        _fault(f"{path}/address/{name}", f"ต้องขึ้นต้นด้วย {start}", f"must begin with {start}")
        for name, code, start in found
        if not code.startswith(start)
    ]


def _fee_faults(fee: Fee, path: str, above: set[str]) -> list[Fault]:
    faults = []
    if fee.valid_from and fee.valid_until and fee.valid_until < fee.valid_from:
        faults.append(_fault(f"{path}/valid_until", "ต้องไม่ก่อนวันเริ่มใช้", "must not be before valid_from"))
    if isinstance(fee, RangeFee):
        faults += _band_faults(fee.bands, f"{path}/bands")
    if isinstance(fee, TradesFee):
        for place, rate in enumerate(fee.rates):
            faults += _band_faults(rate.bands, f"{path}/rates/{place}/bands")
        if not fee.rates or len({rate.trade for rate in fee.rates}) != len(fee.rates):
            faults.append(_fault(f"{path}/rates", "ต้องมีอัตราของแต่ละกิจการเพียงครั้งเดียว", "one rate for each trade"))
    if isinstance(fee, (LateFee, Exemption)) and (not above or not above.issuperset(fee.of)):
        where = f"{path}/of"
        faults.append(_fault(where, "ต้องอ้างค่าธรรมเนียมที่อยู่ก่อนหน้า", "must refer to fees that stand above"))
    if isinstance(fee, (UnitFee, PercentFee)) and fee.most is not None and fee.most < fee.least:
        faults.append(_fault(f"{path}/most", "ต้องไม่น้อยกว่าค่าต่ำสุด", "must not be less than least"))
    return faults


def _band_faults(bands: Sequence[FeeBand], path: str) -> list[Fault]:
    limits = [band.up_to for band in bands]
    faults = []
    if not limits or limits[-1] is not None:
        faults.append(_fault(path, "ช่วงสุดท้ายต้องไม่มีเพดาน", "the last band must be open"))
    bounded = [limit for limit in limits[:-1] if limit is not None]
    if len(bounded) != len(limits[:-1]) or bounded != sorted(set(bounded)):
        faults.append(_fault(path, "ช่วงต้องเรียงจากน้อยไปมาก", "bands must ascend, each with its limit"))
    return faults


def _fault(path: str, th: str, en: str) -> Fault:
    return Fault(path=path, message=Text(th=th, en=en))
