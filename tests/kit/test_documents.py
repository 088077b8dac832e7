"""Composing: what a template may do, what comes out, and that nothing of the server can come out."""

import asyncio
import io
import itertools
import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import pytest

from kit.documents import (
    Composer,
    DocumentProperties,
    TemplateError,
    TemplateLimitError,
    UnprintableError,
    qr_svg,
)
from tests import pdf as look

AT = datetime(2026, 11, 22, 3, 4, 5, tzinfo=UTC)
URL = "https://paet.example.go.th/v/01JD3K8Q2WZ7?s=4f9a2c"
XML = '<?xml version="1.0" encoding="UTF-8"?><licence><holder>กตัญญู น้ำใจดี</holder></licence>'.encode()
PROPERTIES = DocumentProperties("ใบอนุญาต & <1>.pdf", "1.0", "1/2569", "2.16.764.1.4.100.16.0")
TRICKY = "จัดตั้ง ซึ่ง น้ำ ทำ กตัญญู ฐานุ ปั๊ม ๒๕๖๙ เปิดเผย ปัญญา ป้า ฝั่ง ฟื้น ฎุ ปู่ สิทธิ์ ฤๅ เล่ห์ ก่ำ ป่ำ ฬ่ำ"
CONSONANTS = "กขฃคฅฆงจฉชซฌญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรฤลฦวศษสหฬอฮ"
VOWELS = ("", "ั", "ิ", "ี", "ึ", "ื", "ุ", "ู", "็")
TONES = ("", "่", "้", "๊", "๋", "์")
SVG = "xmlns='http://www.w3.org/2000/svg'"
LICENCE = """
#import "/paet.typ": *
#show: official.with(
  agency: data.agency, title: "ใบอนุญาตจัดตั้งสถานที่จำหน่ายอาหาร", subtitle: "Licence", form-code: "แบบ ๑",
  number: [เลขที่ #thai-digits(data.number)], frame: true, mark: "ใบแทน",
)
#fields(("ผู้รับใบอนุญาต", data.holder), ("ค่าธรรมเนียม", [#baht(data.fee) บาท]))
#fields(columns: (3fr, 2fr), ("วันที่ออก", buddhist-date(data.issued)), ("พื้นที่", [#thai-digits(180) ตร.ม.]))
#numbered(..data.conditions)
#closing(signature(name: "นายสมชาย ใจดี", position: "นายกเทศมนตรี"), verification(data.url, data.agency))
"""
DATA = {
    "agency": "เทศบาลตำบลตัวอย่าง",
    "number": "1/2569",
    "holder": "นางสาวกตัญญู น้ำใจดี",
    "fee": 123_456_705,
    "issued": "2026-11-22",
    "conditions": ["ต้องแสดงใบอนุญาตไว้ในที่เปิดเผย", "ต้องดูแลรักษาสถานที่ให้ถูกสุขลักษณะ"],
    "url": URL,
}


@pytest.fixture(scope="module")
def composer() -> Iterator[Composer]:
    with Composer(seconds=1.0, memory=512 << 20) as composer:
        yield composer


def compose(composer: Composer, template: str, data: object = None, **rest: object) -> bytes:
    given = {"attachment_xml": XML, "title": "ใบอนุญาต", "author": "เทศบาล", "timestamp": AT, **rest}
    return composer.compose(template, data or {}, **given)


@pytest.fixture(scope="module")
def licence(composer: Composer) -> bytes:
    return compose(composer, LICENCE, DATA, images={"qr.svg": qr_svg(URL)}, properties=PROPERTIES)


def plain(text: str, **style: str) -> str:
    settings = ", ".join(f'{name}: "{value}"' for name, value in style.items())
    return f"#set page(margin: 5mm)\n#set text({settings})\n{text}"


# What comes out ---------------------------------------------------------------------------------------------------


@pytest.mark.req("L1")
@pytest.mark.parametrize("family", ["Laksaman", "Garuda"])
@pytest.mark.parametrize("weight", ["regular", "bold"])
@pytest.mark.parametrize("style", ["normal", "italic"])
def test_text_copied_out_equals_text_put_in(composer, family, weight, style):
    pdf = compose(composer, plain(TRICKY, font=family, weight=weight, style=style))
    assert look.text_of(pdf).split() == TRICKY.split()


@pytest.mark.req("L1")
@pytest.mark.parametrize("family", ["Laksaman", "Garuda"])
def test_every_consonant_under_every_mark_is_copied_whole(composer, family):
    syllables = ["".join(parts) for parts in itertools.product(CONSONANTS, VOWELS, TONES)]
    syllables += [f"{consonant}{tone}ำ" for consonant in CONSONANTS for tone in TONES[:5]]
    pdf = compose(composer, plain(" ".join(syllables), font=family, size="9pt").replace('"9pt"', "9pt"))
    assert look.text_of(pdf).split() == syllables


@pytest.mark.req("L1")
def test_the_layout_writes_thai_digits_buddhist_dates_and_amounts(licence):
    text = look.text_of(licence)
    for words in ("เลขที่ ๑/๒๕๖๙", "๒๒ พฤศจิกายน ๒๕๖๙", "๑,๒๓๔,๕๖๗.๐๕ บาท", "หน้า ๑ จาก ๑", "ใบแทน", DATA["holder"]):
        assert words in text
    assert "๒. ต้องดูแลรักษาสถานที่" in text


@pytest.mark.req("L1")
def test_lines_break_between_thai_words(composer):
    words = "กรุงเทพ มหา นคร ใบ อนุญาต สถาน ที่ จำหน่าย อาหาร เจ้า พนัก งาน ท้อง ถิ่น"
    parts = words.split() * 3
    pdf = compose(composer, f"#set page(width: 60mm, height: 120mm, margin: 5mm)\n{''.join(parts)}")
    lines = look.text_of(pdf).split()
    assert len(lines) > 3
    assert "".join(lines) == "".join(parts)
    assert set(itertools.accumulate(map(len, lines))) <= set(itertools.accumulate(map(len, parts)))


@pytest.mark.req("L2", part="PDF/A-3 structure, XML inside, ETDA properties")
def test_document_is_pdfa_3_with_its_data_inside(licence):
    assert look.pdfa_faults(licence) == []
    assert look.qpdf_faults(licence) == ""
    assert look.attachments(licence) == {"data.xml": XML}
    with pikepdf.open(io.BytesIO(licence)) as document:
        assert [file.AFRelationship for file in document.Root.AF] == ["/Data"]
        assert document.docinfo["/Title"] == "ใบอนุญาต"


@pytest.mark.req("L2", part="ETDA properties")
def test_etda_properties_and_their_schema_stand_in_the_metadata(licence):
    metadata = look.xmp(licence)
    assert "urn:etda:pdfa:ElectronicDocument:1p0:standard#" in metadata
    assert "<pdfaSchema:prefix>ed</pdfaSchema:prefix>" in metadata
    described = re.findall(r"<pdfaProperty:name>(Document\w+)</.*?<pdfaProperty:category>(\w+)<", metadata)
    assert described == [
        ("DocumentFileName", "external"),
        ("DocumentVersion", "external"),
        ("DocumentReferenceID", "internal"),
        ("DocumentOID", "external"),
    ]
    with pikepdf.open(io.BytesIO(licence)) as document, document.open_metadata() as parsed:
        name = "{urn:etda:pdfa:ElectronicDocument:1p0:standard#}"
        assert parsed[f"{name}DocumentFileName"] == PROPERTIES.file_name
        assert parsed[f"{name}DocumentOID"] == PROPERTIES.oid


def test_qr_code_is_read_from_the_picture_of_the_page(licence):
    assert look.qr_codes(licence) == [URL]


def test_same_input_and_time_give_the_same_bytes(composer, licence):
    images = {"qr.svg": qr_svg(URL)}
    again = compose(composer, LICENCE, DATA, images=images, properties=PROPERTIES)
    later = compose(composer, LICENCE, DATA, images=images, properties=PROPERTIES, timestamp=AT + timedelta(seconds=1))
    assert again == licence
    assert later != licence


def test_data_is_text_and_never_markup(composer):
    pdf = compose(composer, '#import "/paet.typ": *\n#data.name', {"name": '#read("x") $x$ *ก* = <a>'})
    assert look.text_of(pdf).strip() == '#read("x") $x$ *ก* = <a>'


async def test_composing_leaves_the_event_loop_free(composer):
    beats, done = 0, asyncio.Event()

    async def beat() -> None:
        nonlocal beats
        while not done.is_set():
            beats += 1
            await asyncio.sleep(0.005)

    heart = asyncio.create_task(beat())
    slow = "#for i in range(60) { for j in range(5000) {} }"
    given = {"attachment_xml": XML, "title": "ก", "author": "ข", "timestamp": AT}
    pdf = await composer.compose_async(slow, {}, **given)
    done.set()
    await heart
    assert pdf.startswith(b"%PDF-1.7")
    assert beats >= 3


# What a template may not do ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "template",
    [
        '#read("/etc/passwd")',
        '#read("../../../../etc/passwd")',
        '#read("/proc/self/environ")',
        '#include "/etc/passwd"',
        '#image("/etc/hostname")',
        f"#image(bytes(\"<svg {SVG} width='9' height='9'><image href='/etc/passwd'/></svg>\"))",
        f'#read("{Path(__file__).resolve()}")',
    ],
)
def test_template_cannot_read_files_of_the_server(composer, template):
    with pytest.raises(TemplateError, match=r"failed to load|escape the project root"):
        compose(composer, template)


@pytest.mark.parametrize(
    "template",
    [
        '#import "@preview/cetz:0.3.0": *',
        '#import ("@pre" + "view/cetz:0.3.0"): *',
        '#eval("import \\"@preview/cetz:0.3.0\\": *")',
        '#import "@local/mine:1.0.0": *',
    ],
)
def test_template_cannot_import_packages(composer, template):
    with pytest.raises(TemplateError, match="may not import packages"):
        compose(composer, template)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="no /proc here to look at the process")
def test_the_process_has_no_right_to_open_anything_and_no_environment(monkeypatch):
    monkeypatch.setenv("PAET_TEST_MARK", "secret")
    fresh = Composer()
    compose(fresh, "ก")
    child = Path(f"/proc/{fresh._all[0]._child.pid}")
    limit = next(line for line in (child / "limits").read_text().splitlines() if line.startswith("Max open files"))
    assert limit.split()[3:5] == ["0", "0"]
    assert b"PAET" not in (child / "environ").read_bytes()
    fresh.close()
    assert not child.exists()


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("#for a in range(9000) { for b in range(9000) { for c in range(9000) {} } }", "time"),
        ('#{let s = "x" * 2000000000; s.len()}', "memory"),
    ],
)
def test_template_that_takes_too_much_is_stopped_and_the_next_is_composed(composer, template, words):
    with pytest.raises(TemplateLimitError, match=words):
        compose(composer, template)
    assert compose(composer, "ก").startswith(b"%PDF")


def test_a_compositor_that_fails_by_itself_is_not_the_templates_fault():
    with Composer() as broken:
        broken._all[0]._command = [sys.executable, "-c", "raise SystemExit(3)"]
        with pytest.raises(RuntimeError, match="ended with status 3"):
            compose(broken, "ก")


def test_a_compositor_that_was_killed_is_replaced():
    with Composer() as composer:
        compose(composer, "ก")
        composer._all[0]._child.kill()
        composer._all[0]._child.wait(timeout=10)
        assert compose(composer, "ก").startswith(b"%PDF")


def test_faults_are_told_to_the_author_with_their_place(composer):
    with pytest.raises(TemplateError) as error:
        compose(composer, '#import "/paet.typ": *\n\n#data.holder')
    assert 'does not contain key "holder"' in str(error.value)
    assert "template.typ:3:6" in error.value.diagnostic
    assert composer.faults(LICENCE, DATA, {"qr.svg": qr_svg(URL)}) == []
    assert composer.faults('#text(font: "Sarabun")[ก]', {}) == ["unknown font family: sarabun"]
    assert "template.typ:1:1" in composer.faults("#panic()", {})[0]


@pytest.mark.parametrize("day", ["2026-11-22T17:00:00Z", "22/11/2569", "2026-13-01"])
def test_a_date_that_is_no_calendar_day_is_refused(composer, day):
    with pytest.raises(TemplateError, match=r"calendar day|out of bounds"):
        compose(composer, f'#import "/paet.typ": *\n#buddhist-date("{day}")')


def test_characters_that_no_font_shows_are_named(composer):
    with pytest.raises(UnprintableError) as error:
        compose(composer, '#import "/paet.typ": *\n#data.name', {"name": "นาย 山"})
    assert error.value.character == "山"
    assert composer.unprintable("นาย山 Łukasz 😀\x00山 Москва ☑ Ωm") == "山😀\x00"
    assert composer.unprintable("\ufeffก") == "\ufeff"
    assert composer.unprintable(TRICKY) == ""


def test_names_with_a_path_are_refused(composer):
    with pytest.raises(ValueError, match="plain file name"):
        compose(composer, "ก", images={"../qr.svg": b""})
    with pytest.raises(ValueError, match="plain file name"):
        compose(composer, "ก", attachment_name="a/b.xml")


def test_a_time_without_zone_is_refused(composer):
    with pytest.raises(ValueError, match="zone"):
        compose(composer, "ก", timestamp=datetime(2026, 11, 22))


# The check itself -------------------------------------------------------------------------------------------------


def test_structural_check_finds_what_is_missing(licence):
    def without(change) -> list[str]:
        with pikepdf.open(io.BytesIO(licence)) as document:
            change(document)
            out = io.BytesIO()
            document.save(out)
        return look.pdfa_faults(out.getvalue())

    def drop(name):
        return lambda document: document.Root.__delitem__(name)

    def unembed(document):
        for thing in document.objects:
            if isinstance(thing, pikepdf.Dictionary) and "/FontFile2" in thing:
                del thing["/FontFile2"]

    def script(document):
        document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        document.Root.OpenAction = document.make_indirect(document.Root.OpenAction)

    assert without(lambda document: None) == []
    assert without(drop("/OutputIntents")) == ["no output intent"]
    assert without(drop("/Metadata")) == ["not declared as PDF/A-3"]
    assert without(drop("/AF")) == ["no associated file with a relationship"]
    assert without(script) == ["JavaScript or another action"]
    assert all(fault.startswith("font not embedded") for fault in without(unembed))
    assert without(unembed)
