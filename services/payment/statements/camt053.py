"""A statement as ISO 20022 camt.053 (BankToCustomerStatement), any version.

Of an account's entries those count that credit it in baht and are booked; the account's own id is the biller.
Names and accounts of payers are not kept. What left the account is no receipt and is passed over.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

from lxml import etree

from kit.clock import local_date
from kit.contracts.text import Text
from kit.errors import FieldError
from services.payment.domain import MOST_LINES, StatementTooLong, Told, ToldLine, fault, once, refuse
from services.payment.statements.fields import line_of, moment

NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.\d{2}")
NOT_CAMT = Text(th="ไม่ใช่เอกสาร camt.053 ของ ISO 20022", en="no camt.053 document of ISO 20022")
NOT_BAHT = Text(th="ต้องเป็นเงินบาท (THB)", en="must be in baht (THB)")
NOT_THE_SUM = Text(th="ผลรวมของรายการย่อยไม่เท่ากับรายการ", en="its transactions do not add up to the entry")
PERIOD = Text(th="ช่วงวันที่ในไฟล์ไม่ถูกต้อง", en="the period in the file is wrong")


def read(content: bytes) -> Told:
    """The transactions of a document. StatementWrong naming the lines, StatementTooLong."""
    lines: list[ToldLine] = []
    faults: list[FieldError] = []
    days, billers = [], set()
    for statement in _root(content).iterfind("{*}BkToCstmrStmt/{*}Stmt"):
        biller = _text(statement, "{*}Acct/{*}Id/{*}Othr/{*}Id")
        billers.add(biller)
        for end, short in (("FrDtTm", timedelta()), ("ToDtTm", timedelta(microseconds=1))):
            if told := _text(statement, f"{{*}}FrToDt/{{*}}{end}"):
                at = moment(_zoned(told))
                days += [local_date(at - short)] if at else []  # a period that ends at midnight holds no day more
                faults += [] if at else [fault(int(statement.sourceline), end, PERIOD)]
        for entry in statement.iterfind("{*}Ntry"):
            for line, wrong in _entry(entry, biller):
                faults += wrong
                lines += [line] if line else []
            if len(lines) > MOST_LINES:
                raise StatementTooLong(most=MOST_LINES)
    refuse(faults)
    return Told(once(lines), min(days, default=None), max(days, default=None), frozenset(billers))


def _root(content: bytes) -> etree._Element:
    """The document; no entity, type definition or address in it is ever followed."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as broken:
        refuse([fault(getattr(broken, "lineno", None) or 1, "", Text(th="ไม่ใช่ XML ที่ถูกต้อง", en="no well-formed XML"))])
        raise
    name = etree.QName(root)
    if (
        root.getroottree().docinfo.doctype
        or name.localname != "Document"
        or not NAMESPACE.fullmatch(name.namespace or "")
    ):
        refuse([fault(1, "", NOT_CAMT)])
    return root


def _entry(entry: etree._Element, biller: str) -> Iterator[tuple[ToldLine | None, list[FieldError]]]:
    """The receipts in one entry: itself, or the transactions of a batch, each with its amount."""
    state = _text(entry, "{*}Sts/{*}Cd") or _text(entry, "{*}Sts")
    if _text(entry, "{*}CdtDbtInd") != "CRDT" or state != "BOOK":
        return
    details = entry.findall("{*}NtryDtls/{*}TxDtls")
    total = 0
    for each in details or [entry]:
        amount = _amount(each) if each is entry or len(details) > 1 or _amount(each) is not None else _amount(entry)
        line, wrong = line_of(int(each.sourceline), _row(entry, each, biller, amount))
        total += line.amount if line else 0
        if amount is not None and amount.get("Ccy") != "THB":
            line, wrong = None, [fault(int(each.sourceline), "amount", NOT_BAHT)]
        yield line, wrong
        if wrong:
            return
    if f"{total // 100}.{total % 100:02d}" != _baht(_amount(entry)):
        yield None, [fault(int(entry.sourceline), "amount", NOT_THE_SUM)]


def _row(entry: etree._Element, detail: etree._Element, biller: str, amount: etree._Element | None) -> dict[str, str]:
    references = [_words(each) for each in detail.iterfind("{*}RmtInf/{*}Strd/{*}CdtrRefInf/{*}Ref")]
    return {
        "transaction_id": _text(detail, "{*}Refs/{*}AcctSvcrRef") or _text(detail, "{*}Refs/{*}TxId")
        or _text(entry, "{*}AcctSvcrRef"),
        "biller_id": biller,
        "reference1": references[0] if references else _plain(_text(detail, "{*}RmtInf/{*}Ustrd")),
        "reference2": references[1] if len(references) > 1 else "",
        "channel": _text(entry, "{*}BkTxCd/{*}Prtry/{*}Cd"),
        "amount": _baht(amount),
        "value_at": _zoned(_text(entry, "{*}ValDt/{*}DtTm") or _text(entry, "{*}ValDt/{*}Dt")
        or _text(entry, "{*}BookgDt/{*}DtTm") or _text(entry, "{*}BookgDt/{*}Dt")),
    }  # fmt: skip


def _plain(text: str) -> str:
    """A text if it may be a reference: what people write is theirs, and is not kept."""
    return text if re.fullmatch(r"[0-9A-Za-z]{1,20}", text) else ""


def _amount(element: etree._Element) -> etree._Element | None:
    found = element.find("{*}Amt")
    return element.find("{*}AmtDtls/{*}TxAmt/{*}Amt") if found is None else found


def _baht(amount: etree._Element | None) -> str:
    """With two decimals, where it has no more; else as it stands, which no line may have."""
    text = _words(amount)
    found = re.fullmatch(r"([0-9]{1,11})(?:\.([0-9]{1,2})0*)?", text)
    return f"{found[1]}.{found[2] or '':0<2}" if found else text


def _zoned(text: str) -> str:
    """A time or day as it stands; Thai time where it names no zone."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        text += "T00:00:00"
    has_zone = re.search(r"(Z|[+-]\d{2}:?\d{2})$", text)
    offset = "" if has_zone or not text else "+07:00"
    return f"{text.removesuffix('Z')}+00:00" if text.endswith("Z") else text + offset


def _text(element: etree._Element, path: str) -> str:
    return _words(element.find(path))


def _words(element: etree._Element | None) -> str:
    return "" if element is None else (element.text or "").strip()
