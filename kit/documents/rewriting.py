"""A composed PDF written anew with its properties."""

import io

import pikepdf

from kit.documents.properties import DocumentProperties, extended

AS_IT_IS = pikepdf.StreamDecodeLevel.none


def with_properties(pdf: bytes, properties: DocumentProperties) -> bytes:
    """Give the same PDF with these properties and their schema; the same input gives the same bytes.

    RuntimeError when the metadata is not as Typst writes it.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        metadata = extended(document.Root.Metadata.read_bytes().decode(), properties)
        document.Root.Metadata.write(metadata.encode())  # never compressed, so that any program can read it
        out = io.BytesIO()
        document.save(
            out, deterministic_id=True, compress_streams=False, stream_decode_level=AS_IT_IS, fix_metadata_version=False
        )
    return out.getvalue()
