"""Formats of statements: what is read out of them, and what is refused."""

from datetime import UTC, date, datetime

import pytest

from services.payment.domain import MOST_LINES, StatementTooLong, StatementWrong
from services.payment.statements import READERS, camt053, table
from tests.payment.counting import BILLER, FEE, START
from tests.payment.counting import line as row_of
from tests.payment.counting import table as file_of

pytestmark = pytest.mark.req("P8", part="formats of statements")
DOCUMENT = """<?xml version="1.0" encoding="UTF-8"?>{doctype}
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}">
  <BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-03T01:00:00</CreDtTm></GrpHdr>
    <Stmt><Id>S1</Id>
      <FrToDt><FrDtTm>2026-11-02T00:00:00+07:00</FrDtTm><ToDtTm>2026-11-03T00:00:00+07:00</ToDtTm></FrToDt>
      <Acct><Id><Othr><Id>099400016550100</Id></Othr></Id><Ccy>THB</Ccy></Acct>
      {entries}
    </Stmt></BkToCstmrStmt>
</Document>"""
ENTRY = """<Ntry><Amt Ccy="{currency}">{amount}</Amt><CdtDbtInd>{side}</CdtDbtInd><Sts>{state}</Sts>
  <BookgDt><Dt>2026-11-02</Dt></BookgDt><ValDt><DtTm>2026-11-02T10:00:00</DtTm></ValDt>
  <BkTxCd><Prtry><Cd>PMH</Cd></Prtry></BkTxCd><NtryDtls>{details}</NtryDtls></Ntry>"""
DETAIL = """<TxDtls><Refs><AcctSvcrRef>{transaction}</AcctSvcrRef></Refs>{amount}
  <RltdPties><Dbtr><Nm>สมชาย ใจดี</Nm></Dbtr></RltdPties>
  <RmtInf><Strd><CdtrRefInf><Ref>{reference}</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>"""


def detail(transaction="T-1", reference="REF1", amount=""):
    return DETAIL.format(transaction=transaction, reference=reference, amount=amount)


def entry(*details, amount="1000.00", currency="THB", side="CRDT", state="<Cd>BOOK</Cd>"):
    found = "".join(details or [detail()])
    return ENTRY.format(amount=amount, currency=currency, side=side, state=state, details=found)


def document(*entries, version="08", doctype=""):
    return DOCUMENT.format(entries="".join(entries), version=version, doctype=doctype).encode()


@pytest.mark.parametrize(("version", "state"), [("02", "BOOK"), ("08", "<Cd>BOOK</Cd>"), ("13", "<Cd>BOOK</Cd>")])
def test_a_document_of_any_version_says_what_a_table_says(version, state):
    told = camt053.read(document(entry(state=state), version=version))
    (line,) = told.lines
    (same,) = table.read(file_of(row_of("T-1", "REF1", at=START))).lines
    assert line.content == same.content == (BILLER, "REF1", FEE)
    assert line.value_at == same.value_at == datetime(2026, 11, 2, 3, tzinfo=UTC)
    assert (line.transaction_id, line.channel) == ("T-1", "PMH")
    assert (told.first_day, told.last_day, told.billers) == (date(2026, 11, 2), date(2026, 11, 2), {BILLER})


@pytest.mark.parametrize(
    ("text", "reference"), [("0PYS3K7Q", "0PYS3K7Q"), ("ค่าธรรมเนียม จาก สมชาย", ""), ("from Somchai", "")]
)
def test_a_text_is_taken_for_a_reference_only_where_it_may_be_one(text, reference):
    plain = f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    told = camt053.read(document(entry(detail().partition("<RmtInf>")[0] + plain)))
    assert [line.reference1 for line in told.lines] == [reference]


def test_a_batch_is_its_transactions_and_adds_up():
    parts = [detail("T-1", amount='<Amt Ccy="THB">999.5</Amt>'), detail("T-2", amount='<Amt Ccy="THB">0.50</Amt>')]
    told = camt053.read(document(entry(*parts)))
    assert [(line.transaction_id, line.amount) for line in told.lines] == [("T-1", 99_950), ("T-2", 50)]
    with pytest.raises(StatementWrong):
        camt053.read(document(entry(*parts, amount="1000.01")))
    with pytest.raises(StatementWrong):
        camt053.read(document(entry(detail("T-1"), detail("T-2"))))


def test_what_left_the_account_or_is_not_booked_is_no_receipt():
    told = camt053.read(document(entry(side="DBIT"), entry(state="<Cd>PDNG</Cd>"), entry(side="DBIT", currency="USD")))
    assert (list(told.lines), told.billers) == ([], {BILLER})


@pytest.mark.parametrize(
    "content",
    [
        document(entry(currency="USD")),
        document(entry(amount="1000.001")),
        document(entry(amount="0.00")),
        document(entry(detail(transaction=""))),
        document(entry(), version="xx"),
        document(entry()).replace(b"camt.053.001", b"pacs.008.001"),
        document(entry()).replace(b"2026-11-02T00:00:00+07:00", b"yesterday"),
        document(entry())[:-5],
        b"",
        b"\x00",
        "<Document>ก</Document>".encode("utf-16"),
        document(entry(detail(reference="&x;")), doctype='<!DOCTYPE Document [<!ENTITY x "REF">]>'),
        document(
            entry(detail(reference="&x;")), doctype='<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        ),
        document(doctype='<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">'),
    ],
)
def test_what_is_no_such_document_or_reaches_outside_is_refused(content):
    with pytest.raises(StatementWrong) as refused:
        camt053.read(content)
    assert refused.value.errors


def test_entities_within_entities_are_not_unfolded():
    names = [f'<!ENTITY a{each} "{f"&a{each - 1};" * 10}">' for each in range(1, 12)]
    bomb = f'<!DOCTYPE Document [<!ENTITY a0 "x">{"".join(names)}]>'
    with pytest.raises(StatementWrong):
        camt053.read(document(entry(detail(reference="&a11;")), doctype=bomb))


def test_a_table_may_begin_with_a_mark_and_be_quoted():
    content = file_of(row_of("T-1", "REF1"))
    quoted = content.replace(b"REF1", b'"REF1"').replace(b"\r\n", b"\n")
    (line,) = table.read(b"\xef\xbb\xbf" + quoted).lines
    assert (line.reference1, line.amount, line.number) == ("REF1", FEE, 2)


def test_too_long_a_table_is_refused_before_it_is_read_to_its_end(monkeypatch):
    monkeypatch.setattr(table, "MOST_LINES", 3)
    with pytest.raises(StatementTooLong):
        table.read(file_of(*(row_of(f"T-{each}", "REF1") for each in range(4))))
    assert MOST_LINES >= 50_000


def test_of_much_rubbish_a_few_lines_are_named():
    with pytest.raises(StatementWrong) as refused:
        table.read(file_of(*["x"] * 1000))
    assert (len(refused.value.errors), refused.value.extensions["faults"]) == (20, 1000)


def test_both_formats_are_taken():
    assert READERS.keys() == {"text/csv", "application/xml", "text/xml"}
