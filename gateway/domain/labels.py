"""What every fact and step is called on a journey's timeline, for the applicant. Pure."""

from kit.contracts import events
from kit.contracts.journey import Outcome, Process
from kit.contracts.text import Text

PROCESSES: dict[Process, Text] = {
    Process.SEARCH: Text(th="สืบค้นข้อมูล", en="Information search"),
    Process.IDENTITY: Text(th="พิสูจน์และยืนยันตัวตน", en="Identity proofing and authentication"),
    Process.REQUEST: Text(th="จัดทำแบบคำขอและยื่นคำขอ", en="Application form and submission"),
    Process.REVIEW: Text(th="ตรวจสอบและพิจารณาคำขอ", en="Review"),
    Process.APPROVAL: Text(th="อนุมัติ", en="Approval"),
    Process.PAYMENT: Text(th="ชำระค่าธรรมเนียม", en="Fee payment"),
    Process.ISSUANCE: Text(th="ออกใบอนุญาตหรือเอกสารอื่น", en="Issuance"),
    Process.DELIVERY: Text(th="จัดส่งใบอนุญาตหรือเอกสารอื่น", en="Delivery"),
}

FACTS: dict[str, Text] = {
    events.Opened.type(): Text(th="เริ่มจัดทำคำขอ", en="The application was begun"),
    events.Submitted.type(): Text(th="ยื่นคำขอแล้ว", en="The application was submitted"),
    events.Withdrawn.type(): Text(th="ผู้ยื่นถอนคำขอ", en="The applicant withdrew the application"),
    events.CaseOpened.type(): Text(th="เจ้าหน้าที่รับเรื่องไว้ตรวจสอบ", en="The application is with the reviewers"),
    events.Accepted.type(): Text(
        th="คำขอครบถ้วน เริ่มนับระยะเวลาพิจารณา", en="The application is complete; the time for the decision runs"
    ),
    events.DefectRecorded.type(): Text(
        th="คำขอมีข้อบกพร่องที่ต้องแก้ไข", en="The application has defects that are to be corrected"
    ),
    events.Corrected.type(): Text(th="ผู้ยื่นแก้ไขข้อบกพร่องแล้ว", en="The applicant has corrected the defects"),
    events.Returned.type(): Text(
        th="คืนคำขอ เพราะไม่แก้ไขข้อบกพร่องภายในกำหนด",
        en="The application was returned: its defects stayed",
    ),
    events.StruckOff.type(): Text(
        th="จำหน่ายเรื่องออกจากสารบบ เพราะไม่แก้ไขข้อบกพร่องภายในกำหนด",
        en="The matter was struck off: its defects stayed",
    ),
    events.Overdue.type(): Text(th="การพิจารณาล่าช้ากว่ากำหนด", en="The decision is late"),
    events.Recommended.type(): Text(th="ผ่านการตรวจสอบแล้ว", en="The review is done and favourable"),
    events.ReviewRefused.type(): Text(th="เจ้าหน้าที่มีคำสั่งไม่อนุมัติ", en="The application was refused on review"),
    events.DecisionOpened.type(): Text(th="เสนอผู้มีอำนาจพิจารณา", en="The application is before the approver"),
    events.Granted.type(): Text(th="อนุมัติแล้ว", en="The application was granted"),
    events.Refused.type(): Text(th="ไม่อนุมัติ", en="The application was refused"),
    events.Invoiced.type(): Text(th="ออกใบแจ้งชำระค่าธรรมเนียม", en="A fee is due"),
    events.Paid.type(): Text(th="ชำระค่าธรรมเนียมแล้ว", en="The fee is paid"),
    events.Underpaid.type(): Text(th="ชำระค่าธรรมเนียมบางส่วน ยังขาดอยู่", en="A part of the fee is paid; the rest is due"),
    events.Reminded.type(): Text(th="แจ้งเตือนให้ชำระค่าธรรมเนียม", en="A reminder that a fee is due"),
    events.PaymentExpired.type(): Text(
        th="พ้นกำหนดชำระค่าธรรมเนียม เรื่องสิ้นสุด", en="The fee was not paid in time; the matter has ended"
    ),
    events.RefundDue.type(): Text(th="มีเงินที่ต้องคืนให้ท่าน", en="Money is to be paid back to you"),
    events.RefundPaid.type(): Text(th="คืนเงินให้ท่านแล้ว", en="Money was paid back to you"),
    events.ReceiptReplaced.type(): Text(th="ใบเสร็จรับเงินถูกยกเลิกหรือออกใหม่", en="A receipt was cancelled or issued anew"),
    events.Reconciled.type(): Text(th="ปิดบัญชีประจำวันแล้ว", en="A day of the books was closed"),
    events.Issued.type(): Text(th="ออกเอกสารแล้ว", en="The document is issued"),
    events.Voided.type(): Text(th="ยกเลิกเลขที่เอกสาร", en="A document number was made void"),
    events.Suspended.type(): Text(th="เอกสารถูกพักใช้", en="The document is suspended"),
    events.Reinstated.type(): Text(th="การพักใช้สิ้นสุด เอกสารใช้ได้ตามเดิม", en="The document is valid again"),
    events.Revoked.type(): Text(th="เอกสารถูกเพิกถอน", en="The document is revoked"),
    events.Replaced.type(): Text(th="ออกฉบับใหม่แทนเอกสารเดิมแล้ว", en="A newer document has taken its place"),
    events.Expiring.type(): Text(th="เอกสารใกล้สิ้นอายุ", en="The document will expire"),
    events.LicenceExpired.type(): Text(th="เอกสารสิ้นอายุแล้ว", en="The document has expired"),
    events.SubstituteRefused.type(): Text(th="ไม่อนุญาตให้ออกใบแทน", en="A substitute of the document was refused"),
    events.Dispatched.type(): Text(th="ส่งการแจ้งแล้ว", en="A notice was sent"),
    events.Delivered.type(): Text(th="จัดส่งถึงแล้ว", en="A notice was delivered"),
    events.Read.type(): Text(th="ท่านเปิดอ่านการแจ้งแล้ว", en="A notice was read"),
    events.DeliveryFailed.type(): Text(th="ส่งการแจ้งไม่สำเร็จ", en="A notice could not be delivered"),
    events.Completed.type(): Text(th="เสร็จสิ้น", en="The journey has ended"),
    events.ErasureRequested.type(): Text(th="มีคำขอให้ลบข้อมูลส่วนบุคคล", en="The erasure of personal data was asked for"),
    events.PaymentErasureAnswered.type(): Text(th="ฝ่ายการเงินตอบคำขอลบข้อมูลแล้ว", en="Payment has answered the erasure"),
    events.IssuanceErasureAnswered.type(): Text(
        th="ฝ่ายออกเอกสารตอบคำขอลบข้อมูลแล้ว", en="Issuance has answered the erasure"
    ),
    events.DeliveryErasureAnswered.type(): Text(th="ฝ่ายจัดส่งตอบคำขอลบข้อมูลแล้ว", en="Delivery has answered the erasure"),
}
"""By CloudEvents type: every fact about a journey has one (tested)."""

OUTCOMES: dict[Outcome, Text] = {
    Outcome.PASSED: Text(th="สำเร็จตามคำขอ", en="Done as applied for"),
    Outcome.REFUSED: Text(th="ไม่อนุมัติ", en="Refused"),
    Outcome.RETURNED: Text(th="คืนคำขอ", en="Returned"),
    Outcome.STRUCK_OFF: Text(th="จำหน่ายเรื่องออกจากสารบบ", en="Struck off"),
    Outcome.WITHDRAWN: Text(th="ผู้ยื่นถอนคำขอ", en="Withdrawn by the applicant"),
    Outcome.EXPIRED: Text(th="สิ้นสุดเพราะพ้นกำหนดเวลา", en="Expired"),
    Outcome.FORWARDED: Text(th="ส่งต่อหน่วยงานที่รับผิดชอบ", en="Forwarded to the agency in charge"),
}

WAITING: dict[Process, Text] = {
    Process.REQUEST: Text(th="ระบบกำลังเตรียมแบบคำขอให้ท่าน", en="Your application form is being prepared"),
    Process.REVIEW: Text(th="เจ้าหน้าที่กำลังตรวจสอบคำขอ", en="The agency is reviewing the application"),
    Process.APPROVAL: Text(th="ผู้มีอำนาจกำลังพิจารณาคำขอ", en="The approver is considering the application"),
    Process.PAYMENT: Text(th="ระบบกำลังออกใบแจ้งชำระค่าธรรมเนียม", en="Your invoice is being made"),
    Process.ISSUANCE: Text(th="หน่วยงานกำลังออกเอกสาร", en="The document is being issued"),
    Process.DELIVERY: Text(th="กำลังจัดส่งผลให้ท่าน", en="The result is on its way to you"),
}
"""While the applicant has nothing to do: what is being done."""
