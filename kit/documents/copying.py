"""Pages of one PDF shown inside another, with the file itself attached: what a certified copy is made of."""

import io
from datetime import datetime

import pikepdf

from kit.documents.rewriting import AS_IT_IS

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in points, from the lower left corner of a page."""


def pages_of(pdf: bytes) -> int:
    """How many pages it has. pikepdf.PdfError when it is none."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        return len(document.pages)


def with_original(pdf: bytes, original: bytes, *, name: str, description: str, made_at: datetime, box: Box) -> bytes:
    """Show each page of ``original`` under the page of ``pdf`` with its number, and attach the original as it is.

    ``made_at`` is when the original was made, UTC. Both have as many pages. Annotations are not shown: the look of a
    seal is there, but no field of one.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(original)) as source:
        for page, shown in zip(document.pages, source.pages, strict=True):
            page.add_underlay(shown, pikepdf.Rectangle(*box))
        day = f"D:{made_at:%Y%m%d%H%M%S}Z"
        spec = pikepdf.AttachedFileSpec(
            document, original, filename=name, description=description, mime_type="application/pdf",
            creation_date=day, mod_date=day,
        )  # fmt: skip
        spec.relationship = pikepdf.Name.Source
        document.attachments[name] = spec
        out = io.BytesIO()
        document.save(
            out, deterministic_id=True, compress_streams=True, stream_decode_level=AS_IT_IS, fix_metadata_version=False
        )
    return out.getvalue()
