"""The properties ETDA asks of an electronic document, in words and as XMP metadata of a PDF/A-3."""

from dataclasses import dataclass
from xml.sax.saxutils import escape

NAMESPACE = "urn:etda:pdfa:ElectronicDocument:1p0:standard#"
SCHEMA = "Electronic Document PDFA Extension Schema"
END_OF_SCHEMAS = "</rdf:Bag></pdfaExtension:schemas>"
END_OF_METADATA = "</rdf:RDF>"


@dataclass(frozen=True)
class DocumentProperties:
    """Which document this is (docs/law.md §8.1): the ``ed:`` properties by their ETDA names in snake case.

    ``file_name`` is what the file is called outside, ``version`` of this document, ``reference_id`` the
    number it is filed under, ``oid`` of the document type (``2.16.764.1.4.100.…``) as the agency has it registered.
    """

    file_name: str
    version: str
    reference_id: str
    oid: str

    def named(self) -> tuple[tuple[str, str, str, str], ...]:
        """Each as name, value, category and description for the extension schema."""
        return (
            ("DocumentFileName", self.file_name, "external", "The name of the electronic document file"),
            ("DocumentVersion", self.version, "external", "The version of the electronic document"),
            ("DocumentReferenceID", self.reference_id, "internal", "The reference ID of the electronic document"),
            ("DocumentOID", self.oid, "external", "The OID of the electronic document type"),
        )


def extended(xmp: str, properties: DocumentProperties) -> str:
    """The metadata with these properties and their schema. RuntimeError when it is not as Typst writes it."""
    if xmp.count(END_OF_SCHEMAS) != 1 or xmp.count(END_OF_METADATA) != 1:
        raise RuntimeError("the metadata has no place for an extension schema")
    return xmp.replace(END_OF_SCHEMAS, _schema(properties) + END_OF_SCHEMAS).replace(
        END_OF_METADATA, _values(properties) + END_OF_METADATA
    )


def _schema(properties: DocumentProperties) -> str:
    described = "".join(
        f'<rdf:li rdf:parseType="Resource"><pdfaProperty:name>{name}</pdfaProperty:name>'
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        f"<pdfaProperty:category>{category}</pdfaProperty:category>"
        f"<pdfaProperty:description>{description}</pdfaProperty:description></rdf:li>"
        for name, _, category, description in properties.named()
    )
    return (
        f'<rdf:li rdf:parseType="Resource"><pdfaSchema:schema>{SCHEMA}</pdfaSchema:schema>'
        f"<pdfaSchema:namespaceURI>{NAMESPACE}</pdfaSchema:namespaceURI><pdfaSchema:prefix>ed</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{described}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )


def _values(properties: DocumentProperties) -> str:
    values = "".join(f"<ed:{name}>{escape(value)}</ed:{name}>" for name, value, _, _ in properties.named())
    return f'<rdf:Description rdf:about="" xmlns:ed="{NAMESPACE}">{values}</rdf:Description>'
