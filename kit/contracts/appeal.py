"""The right to appeal, in the words that a refusal tells the applicant (APA39 s.40)."""

from kit.contracts.definition import Appeal
from kit.contracts.text import Text


def appeal_text(appeal: Appeal) -> Text:
    """Window, authority, how and under which law, as one paragraph in each language."""
    law = appeal.source.named
    return Text(
        th=f"หากท่านไม่เห็นด้วยกับคำสั่งนี้ ท่านมีสิทธิอุทธรณ์ต่อ{appeal.authority.th} "
        f"ภายใน {appeal.days} วันนับแต่วันที่ได้รับแจ้งคำสั่ง {appeal.how.th} "
        f"({law.th})",
        en=f"If you disagree with this order you may appeal to: {appeal.authority.en}, "
        f"within {appeal.days} days of the day you are told of it. How: {appeal.how.en} "
        f"({law.en})",
    )
