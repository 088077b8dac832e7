"""The vectors of docs/law.md §7.1, what must be refused, and the way there and back for any bill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.local.doubles.bank.scan import scan
from services.payment import promptpay
from services.payment.promptpay import Bill, Transfer

VECTORS = {
    1: "00020101021129370016A0000006770101110113006681222333353037645802TH63041DCF",
    2: "00020101021229370016A0000006770101110113006681222333353037645802TH540530.0063043CAD",
    3: "00020101021229370016A0000006770101110113006680111111153037645802TH540520.15630442BE",
    4: "00020101021130550016A0000006770101120115099999999999990021211122233344453037645802TH63043EE7",
    5: "00020101021230650016A00000067701011201150994000165501000212123456789012030667042953037645802TH"
    "54073649.2263044534",
    6: "00020101021130620016A000000677010112011301122334455660211CUSTOMER0010306INV00153037645802TH62070703SCB6304780E",
    7: "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645405"
    "50.005802TH63042F1F",
    8: "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645407"
    "1000.005802TH6208070400006304996C",
}
MEANINGS = {
    1: Transfer("mobile", "0066812223333"),
    2: Transfer("mobile", "0066812223333", 3000, dynamic=True),
    3: Transfer("mobile", "0066801111111", 2015, dynamic=True),
    4: Bill("099999999999990", "111222333444", dynamic=False),
    5: Bill("099400016550100", "123456789012", "670429", 364922),
    6: Bill("0112233445566", "CUSTOMER001", "INV001", ref3="SCB", dynamic=False),
    7: Bill("099400016550100", "REQ6900000001", "6911221234", 5000),
    8: Bill("099400016550100", "REQ6900000001", "6911221234", 100000, ref3="0000"),
}
# Vectors 4 to 6 come from a library that puts the amount after the country; 7 and 8 are in ascending order.
COUNTRY_FIRST = ("00", "01", "30", "53", "58", "54", "62")
BARCODE = "|099400016550100\r123456789012\r670429\r364922"

references = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=20)
bills = st.builds(
    Bill,
    biller=st.text("0123456789", min_size=15, max_size=15),
    ref1=references,
    ref2=st.none() | references,
    amount=st.none() | st.integers(1, 999_999_999_999),
    ref3=st.none() | references,
    dynamic=st.booleans(),
)


def sealed(body: str) -> str:
    return body + "6304" + promptpay.checksum(body + "6304")


def field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"


AID, BAHT = "A000000677010112", "53037645802TH"
BILL = field("30", field("00", AID) + field("01", "0" * 15) + field("02", "REQ1"))
TRANSFER = field("29", field("00", "A000000677010111") + field("01", "0066812223333"))


@pytest.mark.req("P3")
@pytest.mark.parametrize(
    ("number", "order"),
    [(4, COUNTRY_FIRST), (5, COUNTRY_FIRST), (7, promptpay.FIELD_ORDER), (8, promptpay.FIELD_ORDER)],
)
def test_generates_the_vector_byte_for_byte(number, order):
    assert promptpay.payload(MEANINGS[number], order) == VECTORS[number]


@pytest.mark.req("P3")
@pytest.mark.parametrize("number", VECTORS)
def test_parses_every_vector(number):
    assert promptpay.parse(VECTORS[number]) == MEANINGS[number]


@pytest.mark.req("P3")
def test_bot_barcode_of_vector_5():
    assert promptpay.bot_barcode(MEANINGS[5]) == BARCODE
    assert promptpay.parse_bot_barcode(BARCODE) == MEANINGS[5]


def test_checksum_has_the_check_value_of_ccitt_false():
    assert promptpay.checksum("123456789") == "29B1"


@pytest.mark.req("P3")
@pytest.mark.parametrize("number", VECTORS)
def test_any_changed_character_is_refused(number):
    text = VECTORS[number]
    for at, old in enumerate(text):
        changed = text[:at] + ("1" if old != "1" else "2") + text[at + 1 :]
        with pytest.raises(promptpay.PromptPayError):
            promptpay.parse(changed)


@pytest.mark.req("P3")
def test_a_changed_amount_and_a_changed_checksum_are_checksum_mismatches():
    with pytest.raises(promptpay.ChecksumMismatch):
        promptpay.parse(VECTORS[7].replace("50.00", "05.00"))
    with pytest.raises(promptpay.ChecksumMismatch):
        promptpay.parse(VECTORS[7][:-4] + "2F1E")


@pytest.mark.parametrize("reference", ["", "req1", "REQ-1", "REQ 1", "ก", "A" * 21, "REQ1\n", "١"])
def test_a_reference_that_banks_refuse_is_refused(reference):
    for bill in (
        Bill("0" * 15, reference),
        Bill("0" * 15, "A", reference),
        Bill("0" * 15, "A", ref3=reference),
    ):
        with pytest.raises(promptpay.InvalidReference):
            promptpay.payload(bill)


@pytest.mark.parametrize("biller", ["", "0" * 13, "0" * 16, "A" * 15, "٠" * 15])
def test_a_biller_without_15_digits_is_refused(biller):
    with pytest.raises(promptpay.InvalidBiller):
        promptpay.payload(Bill(biller, "A"))
    with pytest.raises(promptpay.InvalidBiller):
        promptpay.bot_barcode(Bill(biller, "A"))


@pytest.mark.parametrize("amount", [0, -1, 1_000_000_000_000])
def test_an_amount_that_tag_54_cannot_hold_is_refused(amount):
    with pytest.raises(promptpay.InvalidAmount):
        promptpay.payload(Bill("0" * 15, "A", amount=amount))


@pytest.mark.parametrize("text", ["", "0", "0.00", ".50", "1.005", "1,000.00", "-1.00", "1e2", "٥", "12345678901.00"])
def test_a_text_that_is_no_amount_is_refused(text):
    with pytest.raises(promptpay.InvalidAmount):
        promptpay.satang(text)


@pytest.mark.parametrize(("text", "amount"), [("50.00", 5000), ("50.5", 5050), ("50", 5000), ("0.01", 1)])
def test_amounts_are_read_as_satang(text, amount):
    assert promptpay.satang(text) == amount


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("ไม่ใช่", id="not-ascii"),
        pytest.param(VECTORS[7].lower(), id="lower-case"),
        pytest.param(VECTORS[7] + "\n", id="newline-after"),
        pytest.param(sealed("010212" + BILL + BAHT), id="format-missing"),
        pytest.param(sealed("010212000201" + BILL + BAHT), id="format-not-first"),
        pytest.param(sealed("000202" + BILL + BAHT), id="unknown-format"),
        pytest.param(sealed("000201" + BILL + "53038405802TH"), id="not-baht"),
        pytest.param(sealed("000201" + BILL + "53037645802US"), id="not-thailand"),
        pytest.param(sealed("000201" + BAHT), id="nothing-to-pay"),
        pytest.param(sealed("000201" + TRANSFER + BILL + BAHT), id="transfer-and-bill"),
        pytest.param(sealed("000201" + BILL + BILL + BAHT), id="field-twice"),
        pytest.param(sealed("000201" + BILL + BAHT + "6200"), id="empty-field"),
        pytest.param(sealed("000201" + BILL + BAHT + "5999SHORT"), id="field-longer-than-text"),
        pytest.param(sealed("000201" + BILL + BAHT + "ab"), id="no-field-head"),
        pytest.param(sealed("000201" + field("30", field("00", AID)) + BAHT), id="no-biller"),
        pytest.param(sealed("000201" + BILL.replace("0112", "0199") + BAHT), id="foreign-application"),
        pytest.param(sealed("000201" + BILL.replace("0" * 15, "X" * 15) + BAHT), id="letters-as-biller"),
        pytest.param(sealed("000201" + TRANSFER[:2] + "20" + TRANSFER[4:24] + BAHT), id="no-proxy"),
        pytest.param(sealed("000201" + BILL + BAHT + "5908"), id="checksum-inside-another-field"),
    ],
)
def test_a_text_that_is_no_thai_qr_is_malformed(text):
    with pytest.raises(promptpay.MalformedPayload):
        promptpay.parse(text)


@pytest.mark.parametrize(
    "text", ["", "|1\rA\r\r0", "|" + "0" * 15 + "\rA\r\r", "|" + "0" * 15 + "\ra\r\r1", "x" + BARCODE]
)
def test_a_text_that_is_no_barcode_is_refused(text):
    with pytest.raises(promptpay.PromptPayError):
        promptpay.parse_bot_barcode(text)


@pytest.mark.req("P3")
@given(bill=bills, country_first=st.booleans())
def test_what_is_generated_parses_to_the_same_bill(bill, country_first):
    text = promptpay.payload(bill, COUNTRY_FIRST if country_first else promptpay.FIELD_ORDER)
    assert promptpay.parse(text) == bill
    # EMVCo limits each value to 99 characters and the whole to what a scanner reads.
    assert text.isascii()
    assert len(text) < 512


@pytest.mark.req("P3")
@given(bill=bills)
def test_the_sandbox_banks_own_reader_understands_what_is_generated(bill):
    told = (bill.biller, bill.ref1, bill.ref2 or "", bill.amount)
    qr, barcode = scan(promptpay.payload(bill)), scan(promptpay.bot_barcode(bill))
    assert (qr.biller, qr.ref1, qr.ref2, qr.amount, qr.ref3) == (*told, bill.ref3 or "")
    assert (barcode.biller, barcode.ref1, barcode.ref2, barcode.amount) == told


@pytest.mark.req("P3")
@given(bill=bills)
def test_a_barcode_keeps_everything_but_ref3(bill):
    kept = Bill(bill.biller, bill.ref1, bill.ref2, bill.amount)
    assert promptpay.parse_bot_barcode(promptpay.bot_barcode(bill)) == kept


def test_the_parts_that_malformed_texts_are_made_of_are_sound():
    assert promptpay.parse(sealed("000201" + BILL + BAHT)) == Bill("0" * 15, "REQ1", dynamic=False)
    assert promptpay.parse(sealed("000201" + TRANSFER + BAHT)) == MEANINGS[1]


@given(text=st.text(max_size=80) | st.from_regex(r"\A000201[0-9A-Z]{0,60}\Z").map(sealed))
def test_any_text_parses_or_is_refused_as_a_value_error(text):
    try:
        found = promptpay.parse(text)
    except promptpay.PromptPayError:
        return
    assert isinstance(found, Bill | Transfer)
