"""Files inside a PDF, read back."""

import asyncio
import io

import pikepdf


def attachment_of(pdf: bytes, name: str) -> bytes | None:
    """The file of that name inside a PDF, or None; blocks. ``pikepdf.PdfError`` for what is no PDF."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        if name not in document.attachments:
            return None
        return document.attachments[name].get_file().read_bytes()


async def attachment_of_async(pdf: bytes, name: str) -> bytes | None:
    """The same beside the event loop."""
    return await asyncio.to_thread(attachment_of, pdf, name)
