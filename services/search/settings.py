"""Settings of search: what it says with every answer that no single service answers for."""

from kit import settings
from kit.contracts.definition import Duration, Source
from kit.contracts.text import Text

DISCLAIMER = Text(
    th="ผลการสืบค้นนี้เป็นข้อมูลเบื้องต้นจากคู่มือสำหรับประชาชน ไม่ใช่คำวินิจฉัยหรือคำปรึกษาทางกฎหมาย "
    "โปรดตรวจสอบกับหน่วยงานเจ้าของบริการก่อนดำเนินการ",
    en="These results are first information from the public manuals. They are no decision and no legal "
    "advice: please check with the agency that owns the service before you act.",
)
CONDITIONS = Text(
    th="สืบค้นได้โดยไม่ต้องยืนยันตัวตน แสดงเฉพาะบริการที่ประกาศแล้ว และไม่แสดงข้อมูลส่วนบุคคล",
    en="Anyone may search without signing in. Only published services are shown, and no personal data.",
)
ANSWER_TIME = Duration(
    amount=1,
    unit="minutes",
    source=Source(
        law=Text(th="ระบบตอบอัตโนมัติทันที (ค่าที่แพลตฟอร์มกำหนด)", en="Answered at once by the system (set by the platform)"),
        mark="D",
    ),
)


class Settings(settings.Settings):
    """What search needs besides the kit's. The three texts are for answers of no single service [D]."""

    service: str = "search"
    refresh_seconds: float = 1.0
    disclaimer: Text = DISCLAIMER
    conditions: Text = CONDITIONS
    answer_time: Duration = ANSWER_TIME
