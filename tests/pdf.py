"""What tests ask of a PDF: structure, text, seal and QR code, by programs that did not make it.

pdfsig, qpdf and pdftotext are asked where they are installed; where one is absent the test is skipped by name, or fails
with PAET_TEST_NO_SKIP=1. The structure of PDF/A-3 is checked here in the points listed; veraPDF was not asked.
"""

import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pikepdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

PDFA = "{http://www.aiim.org/pdfa/ns/id/}"
PACKAGES = {"pdfsig": "poppler-utils", "pdftotext": "poppler-utils", "qpdf": "qpdf", "softhsm2-util": "softhsm2"}


def pdfa_faults(pdf: bytes) -> list[str]:
    """List what keeps the file from being PDF/A-3 (B or better) with its data inside; empty when nothing does."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        checks = (
            ("encrypted", document.is_encrypted),
            ("no output intent", not _is_output_intent(document)),
            ("not declared as PDF/A-3", not _is_declared(document)),
            ("no associated file with a relationship", not _associated(document)),
            ("JavaScript or another action", _has_action(document)),
        )
        faults = [fault for fault, found in checks if found]
        return faults + [f"font not embedded: {name}" for name in _loose_fonts(document)]


def attachments(pdf: bytes) -> dict[str, bytes]:
    """Read the files inside a PDF by name."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return {name: spec.get_file().read_bytes() for name, spec in document.attachments.items()}


def xmp(pdf: bytes) -> str:
    """Read the XMP metadata as it stands in the file."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return document.Root.Metadata.read_bytes().decode()


def text_of(pdf: bytes) -> str:
    """Extract the text with pdftotext, in the order of the page."""
    return run("pdftotext", pdf, "-enc", "UTF-8", "{file}", "-").stdout


def qpdf_faults(pdf: bytes) -> str:
    """Tell what ``qpdf --check`` finds wrong; empty when nothing."""
    done = run("qpdf", pdf, "--check", "{file}", check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def pdfsig_of(pdf: bytes) -> dict[str, str]:
    """Ask pdfsig for its findings on the (only) signature, by its own labels; trust is not judged."""
    lines = run("pdfsig", pdf, "-nocert", "{file}").stdout.splitlines()
    if any("Total document signed" in line for line in lines):
        lines.append("  - Coverage: Total document signed")
    return {key: value for key, value in (_label(line) for line in lines) if value}


def qr_codes(pdf: bytes, *, page: int = 0, scale: float = 2.0) -> list[str]:
    """Decode the QR codes in the picture of a page (``scale`` 2 is 144 dpi)."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        picture = document[page].render(scale=scale).to_pil()
    finally:
        document.close()
    return [code.text for code in zxingcpp.read_barcodes(picture)]


def changed(pdf: bytes, offset: int) -> bytes:
    """Give the same file with one bit of one byte changed."""
    return pdf[:offset] + bytes([pdf[offset] ^ 1]) + pdf[offset + 1 :]


def run(tool: str, pdf: bytes, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a tool on the PDF, ``{file}`` standing for it; skip or fail visibly when it is not installed."""
    require(tool)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "document.pdf"
        file.write_bytes(pdf)
        filled = [argument.replace("{file}", str(file)) for argument in arguments]
        options: dict[str, Any] = {"encoding": "utf-8", "errors": "replace", "timeout": 60, "check": check}
        return subprocess.run([tool, *filled], capture_output=True, **options)


def require(tool: str) -> None:
    """Skip, or fail where nothing may be skipped, when a tool is not installed."""
    if shutil.which(tool) is None:
        words = f"{tool} is not installed (package {PACKAGES.get(tool, tool)})"
        if os.environ.get("PAET_TEST_NO_SKIP") == "1":
            pytest.fail(words)
        pytest.skip(words)


def _label(line: str) -> tuple[str, str]:
    found = re.fullmatch(r"\s+- ([^:]+): (.+)", line)
    return (found[1], found[2]) if found else ("", "")


def _is_output_intent(document: pikepdf.Pdf) -> bool:
    intents: Any = document.Root.get("/OutputIntents", [])
    return any(intent.S == "/GTS_PDFA1" and "/DestOutputProfile" in intent for intent in intents)


def _is_declared(document: pikepdf.Pdf) -> bool:
    if "/Metadata" not in document.Root:
        return False
    with document.open_metadata() as metadata:
        return metadata.get(f"{PDFA}part") == "3" and metadata.get(f"{PDFA}conformance") in ("B", "U", "A")


def _associated(document: pikepdf.Pdf) -> bool:
    files: Any = document.Root.get("/AF", [])
    return len(files) > 0 and all("/AFRelationship" in file and "/EF" in file for file in files)


def _has_action(document: pikepdf.Pdf) -> bool:
    forbidden = {"/JavaScript", "/Launch", "/Sound", "/Movie", "/ResetForm", "/ImportData"}
    names: Any = document.Root.get("/Names", {})
    return (
        "/JavaScript" in names
        or "/AA" in document.Root
        or any(str(thing.get("/S", "")) in forbidden for thing in _dictionaries(document))
    )


def _loose_fonts(document: pikepdf.Pdf) -> list[str]:
    files = ("/FontFile", "/FontFile2", "/FontFile3")
    simple_or_descendant = [
        thing
        for thing in _dictionaries(document)
        if thing.get("/Type") == "/Font" and thing.get("/Subtype") not in ("/Type0", "/Type3")
    ]
    return [
        str(font.get("/BaseFont"))
        for font in simple_or_descendant
        if not any(file in font.get("/FontDescriptor", {}) for file in files)
    ]


def _dictionaries(document: pikepdf.Pdf) -> Iterator[Any]:
    return (thing for thing in document.objects if isinstance(thing, pikepdf.Dictionary))
