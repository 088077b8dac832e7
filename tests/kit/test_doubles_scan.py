"""The payer's app of the sandbox bank: which QR and barcode texts it pays, and which it refuses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.local.doubles.bank.scan import Bill, CannotPayError, crc16, scan

# docs/law.md §7.1, vectors 4, 5, 7 and 8, and the barcode of vector 5.
V4 = "00020101021130550016A0000006770101120115099999999999990021211122233344453037645802TH63043EE7"
V5 = "00020101021230650016A00000067701011201150994000165501000212123456789012030667042953037645802TH54073649.2263044534"
V7 = (
    "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645405"
    "50.005802TH63042F1F"
)
V8 = (
    "00020101021230700016A00000067701011201150994000165501000213REQ69000000010310691122123453037645407"
    "1000.005802TH6208070400006304996C"
)
TRANSFER = "00020101021129370016A0000006770101110113006681222333353037645802TH63041DCF"
BARCODE = "|099400016550100\r123456789012\r670429\r364922"
BILLER, REF1, REF2 = "099400016550100", "REQ6900000001", "6911221234"


def test_its_own_checksum_has_the_check_value():
    assert crc16(b"123456789") == 0x29B1


@pytest.mark.parametrize(
    ("text", "bill"),
    [
        (V4, Bill("099999999999990", "111222333444")),
        (V5, Bill(BILLER, "123456789012", "670429", "", 364922)),
        (V7, Bill(BILLER, REF1, REF2, "", 5000)),
        (V8, Bill(BILLER, REF1, REF2, "0000", 100000)),
        (BARCODE, Bill(BILLER, "123456789012", "670429", "", 364922)),
        (f"|{BILLER}\rA\r\r0", Bill(BILLER, "A")),
    ],
)
def test_the_payers_app_reads_the_vectors(text, bill):
    assert scan(text) == bill


def resealed(text: str) -> str:
    return text[:-4] + f"{crc16(text[:-4].encode()):04X}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ใบแจ้ง",
        "https://example.invalid",
        TRANSFER,
        V7[:-4] + "0000",
        V7.replace("50.00", "05.00"),
        V7.lower(),
        resealed(V7.replace("REQ69", "req69")),
        resealed(V7.replace("50.00", "50.0x")),
        resealed(V7.replace("50.00", "0.005")),
        resealed(V7.replace("50.00", "00.00")),
        resealed(V7.replace("50.00", "  -50")),
        resealed(V7.replace("50.00", "Infty")),
        resealed(V7.replace("5802TH", "5802TH5802TH")),
        resealed(V7.replace("5303764", "5303840")),
        resealed(V7.replace("5802TH", "5809TH")),
        resealed(V7.replace("A000000677010112", "A000000677010199")),
        "|" + BILLER + "\rA\rB",
        "|" + BILLER + "\ra\r\r0",
        "|" + BILLER[:13] + "\rA\r\r0",
        "|" + BILLER + "\rA\r\r1.00",
    ],
)
def test_the_payers_app_refuses_what_is_no_bill(text):
    with pytest.raises(CannotPayError):
        scan(text)


@given(text=st.text(max_size=60) | st.text("0123456789ABT", max_size=80).map(lambda body: resealed(f"{body}6304CCCC")))
def test_any_text_is_read_or_refused(text):
    try:
        bill = scan(text)
    except CannotPayError:
        return
    assert len(bill.biller) == 15
