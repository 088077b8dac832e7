"""Makes the fonts of this folder from those of Debian's ``fonts-thai-tlwg``: Thai marks by substitution only.

The originals place Thai marks by offsets (GPOS), which Typst writes so that readers find blanks and doubled clusters in
the text ("เปิ ด", "ฎุฎุ"). The same fonts carry ready-shifted glyphs of every mark; without Thai rules of the font the
shaper takes those, the picture stays the same and the text comes out whole.

    uv run --with fonttools python kit/fonts/adapt.py <folder with the original .ttf files>
"""

import sys
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-not-found]

FACES = ("Laksaman", "Laksaman-Bold", "Laksaman-Italic", "Laksaman-BoldItalic", "Garuda", "Garuda-Bold")
NOTICE = "; changed for Paet on 22 November 2026: Thai and default scripts taken out of GSUB and GPOS"
VERSION = 5  # the name record that tells a font's version


def adapt(original: Path, changed: Path) -> None:
    """Write ``changed``, which is ``original`` without its rules for Thai and with a notice of the change (GPL)."""
    font = TTFont(original, recalcTimestamp=False)
    for tag in ("GSUB", "GPOS"):
        scripts = font[tag].table.ScriptList
        scripts.ScriptRecord = [record for record in scripts.ScriptRecord if record.ScriptTag == "latn"]
        scripts.ScriptCount = len(scripts.ScriptRecord)
    for record in font["name"].names:
        if record.nameID == VERSION:
            record.string = record.toUnicode() + NOTICE
    font.save(changed)


if __name__ == "__main__":
    for face in FACES:
        adapt(Path(sys.argv[1]) / f"{face}.ttf", Path(__file__).with_name(f"{face}.ttf"))
