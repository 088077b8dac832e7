"""What is said of money: to be paid, paid, paid back."""

from collections.abc import Mapping

from kit.contracts.text import Text
from services.delivery.domain.wording.kinds import Kind, kind

MONEY: Mapping[str, Kind] = {
    "pay": kind(
        Text(th="โปรดชำระค่าธรรมเนียมคำขอเลขที่ {number}", en="Fee due for application {number}"),
        Text(
            th="โปรดชำระค่าธรรมเนียม {amount} บาท สำหรับคำขอ “{title}” เลขที่ {number} ภายในวันที่ {due}",
            en="Please pay the fee of {amount} baht for “{title}”, number {number}, by {due}.",
        ),
        needed="amount due",
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
