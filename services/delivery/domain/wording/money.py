"""What is said of money: to be paid, paid, paid back."""

from collections.abc import Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.kinds import Kind, kind

MONEY: Mapping[str, Kind] = {
    "pay": kind(
        Text(th="โปรดชำระค่าธรรมเนียมคำขอเลขที่ {number}", en="Fee due for application {number}"),
        Text(
            th="โปรดชำระค่าธรรมเนียม {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} ภายในวันที่ {due} {lapse}",
            en="Please pay the fee of {amount} baht for “{title}”, number {number}, by {due}. {lapse}",
        ),
        places="lapse",
        needed="amount due",
    ),
    "pay_reminder": kind(
        Text(th="เตือนให้ชำระค่าธรรมเนียมคำขอเลขที่ {number}", en="Reminder: fee due for application {number}"),
        Text(
            th="ยังไม่ได้รับชำระค่าธรรมเนียม {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} โปรดชำระภายในวันที่ {due} {lapse}",
            en="{amount} baht for your application “{title}”, number {number}, are still to be paid, by {due}. {lapse}",
        ),
        places="lapse",
        needed="amount due",
    ),
    "pay_overdue": kind(
        Text(th="เกินกำหนดชำระค่าธรรมเนียมคำขอเลขที่ {number}", en="Fee overdue for application {number}"),
        Text(
            th="ยังไม่ได้รับชำระค่าธรรมเนียม {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} ซึ่งครบกำหนดชำระแล้วเมื่อวันที่ {due} "
            "โปรดชำระโดยเร็ว {lapse}",
            en="{amount} baht for your application “{title}”, number {number}, were due on {due} and have not been "
            "received. Please pay them without delay. {lapse}",
        ),
        places="lapse",
        needed="amount due",
    ),
    "underpaid": kind(
        Text(th="ค่าธรรมเนียมคำขอเลขที่ {number} ยังชำระไม่ครบ", en="Fee of application {number} not paid in full"),
        Text(
            th="ได้รับเงิน {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} แล้ว ยังขาดอีก {missing} บาท "
            "โปรดชำระส่วนที่ขาดภายในวันที่ {due}",
            en="{amount} baht for your application “{title}”, number {number}, have been received. {missing} baht are "
            "missing; please pay them by {due}.",
        ),
        places="amount",
        needed="missing due",
    ),
    "underpaid_overdue": kind(
        Text(
            th="ค่าธรรมเนียมคำขอเลขที่ {number} ยังชำระไม่ครบและเกินกำหนดแล้ว",
            en="Fee of application {number} not paid in full and overdue",
        ),
        Text(
            th="ได้รับเงิน {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} แล้ว ยังขาดอีก {missing} บาท "
            "ซึ่งครบกำหนดชำระแล้วเมื่อวันที่ {due} โปรดชำระส่วนที่ขาดโดยเร็ว",
            en="{amount} baht for your application “{title}”, number {number}, have been received. {missing} baht are "
            "missing and were due on {due}; please pay them without delay.",
        ),
        places="amount",
        needed="missing due",
    ),
    "receipt_replaced": kind(
        Text(th="ออกใบเสร็จรับเงินใหม่ของคำขอเลขที่ {number}", en="New receipt for application {number}"),
        Text(
            th="ใบเสร็จรับเงินของคำขอ “{title}” เลขที่ {number} ถูกยกเลิกและออกฉบับใหม่แทนแล้ว ดาวน์โหลดได้หลังเข้าสู่ระบบ",
            en="A receipt of your application “{title}”, number {number}, was cancelled and a new one issued in its "
            "place. Sign in to download it.",
        ),
    ),
    "receipt_cancelled": kind(
        Text(th="ยกเลิกใบเสร็จรับเงินของคำขอเลขที่ {number}", en="Receipt of application {number} cancelled"),
        Text(
            th="ใบเสร็จรับเงินของคำขอ “{title}” เลขที่ {number} ถูกยกเลิก",
            en="A receipt of your application “{title}”, number {number}, was cancelled.",
        ),
    ),
    "paid": kind(
        Text(th="ได้รับชำระค่าธรรมเนียมคำขอเลขที่ {number} แล้ว", en="Fee of application {number} paid"),
        Text(
            th="หน่วยงานได้รับชำระเงิน {amount} บาท ของคำขอ “{title}” เลขที่ {number} แล้ว ใบเสร็จรับเงินเลขที่ {receipt}",
            en="{amount} baht for your application “{title}”, number {number}, have been received. "
            "Receipt number: {receipt}.",
        ),
        needed="amount receipt",
    ),
    "refunded": kind(
        Text(th="คืนเงินของคำขอเลขที่ {number} แล้ว", en="Money of application {number} paid back"),
        Text(
            th="หน่วยงานได้จ่ายเงินคืน {amount} บาท ของคำขอ “{title}” เลขที่ {number} แล้ว",
            en="{amount} baht of your application “{title}”, number {number}, have been paid back.",
        ),
        needed="amount",
    ),
    "refund_due": kind(
        Text(th="มีเงินต้องคืนแก่ท่านของคำขอเลขที่ {number}", en="Money of application {number} is due back to you"),
        Text(
            th="มีเงิน {amount} บาท ของคำขอ “{title}” เลขที่ {number} ที่ต้องคืนแก่ท่าน เนื่องจาก{reason} "
            "หน่วยงานจะแจ้งให้ทราบเมื่อจ่ายเงินคืนแล้ว",
            en="{amount} baht of your application “{title}”, number {number}, are due back to you: {reason}. "
            "You will be told when they have been paid back.",
        ),
        places="reason",
        needed="amount",
    ),
}

LATE: Mapping[str, str] = {"pay_reminder": "pay_overdue", "underpaid": "underpaid_overdue"}
"""What is said instead when the day on which something was due is over. In ladders it goes by its first name."""

LAPSE = Text(
    th="หากไม่ชำระภายในวันที่ {expires} คำขอจะสิ้นสุด",
    en="If the fee is not paid by {expires}, the application lapses.",
)
"""Said of a fee with which the application lapses; nothing otherwise."""
