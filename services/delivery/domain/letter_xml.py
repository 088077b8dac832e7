"""A letter as XML, in a format of Paet's own.

The schema of the government's exchange (TH e-GIF, ECMS) is not public.
"""

from xml.etree.ElementTree import Element, SubElement, tostring

from services.delivery.domain.letters import LetterWords

NAMESPACE = "urn:paet:letter:1"
FILE_NAME = "letter.xml"


def letter_xml(words: LetterWords, sender: str, addressee: str) -> bytes:
    """``<letter xmlns="urn:paet:letter:1">``, UTF-8: ``sender`` and ``addressee`` are the codes of the agencies."""
    root = Element("letter", xmlns=NAMESPACE)
    for name, value in (
        ("number", words.number), ("date", words.written_on.isoformat()), ("urgency", words.urgency.value),
        ("secrecy", words.secrecy.value),
    ):  # fmt: skip
        SubElement(root, name).text = value
    SubElement(root, "from", agency=sender).text = words.sender
    SubElement(root, "to", agency=addressee).text = words.addressee
    for name, said in (
        ("subject", words.subject), ("salutation", words.salutation), ("reference", words.reference),
        ("body", words.body), ("signer", words.signer), ("position", words.position),
    ):  # fmt: skip
        if said is not None:
            SubElement(root, name).text = said
    if (enclosure := words.enclosure) is not None:
        held = SubElement(root, "enclosure", sha256=enclosure.sha256, document=str(enclosure.document))
        for name, value in (
            ("number", enclosure.number), ("title", enclosure.title), ("fileName", enclosure.file_name),
        ):  # fmt: skip
            SubElement(held, name).text = value
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
