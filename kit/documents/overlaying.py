"""A page laid over every page of a composed PDF: what no template may leave out."""

import io

import pikepdf

from kit.documents.rewriting import AS_IT_IS

NAME = pikepdf.Name("/PaetLaidOver")


def laid_over(pdf: bytes, over: bytes, *, corner: bool = False) -> bytes:
    """Show the first page of ``over`` above every page; the same input gives the same bytes.

    It fills the page, keeping its proportions; at the ``corner`` it stands at the top left in its own size, where that
    fits.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document, pikepdf.open(io.BytesIO(over)) as source:
        width, height = (float(each) for each in source.pages[0].mediabox[2:])
        shown = document.copy_foreign(source.pages[0].as_form_xobject())
        for page in document.pages:
            left, bottom, right, top = (float(each) for each in page.mediabox)
            if corner:
                scale = min(1.0, (right - left) / width, (top - bottom) / height)
                bottom, right = top - height * scale, left + width * scale
            # Not by add_overlay, which takes names at random.
            page.add_resource(shown, pikepdf.Name.XObject, NAME)
            placed = page.calc_form_xobject_placement(
                shown, NAME, pikepdf.Rectangle(left, bottom, right, top),
                invert_transformations=True, allow_shrink=True, allow_expand=True,
            )  # fmt: skip
            page.contents_add(b"q\n", prepend=True)
            page.contents_add(b"\nQ\n" + placed)
        out = io.BytesIO()
        document.save(
            out, deterministic_id=True, compress_streams=False, stream_decode_level=AS_IT_IS, fix_metadata_version=False
        )
    return out.getvalue()
