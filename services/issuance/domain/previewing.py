"""What may be previewed, and the mark that tells a preview from a document."""

from kit.contracts.definition import IssuanceStep, Section
from kit.contracts.text import Text
from kit.errors import Unprocessable

MARK = """#set page(paper: "a4", margin: 0mm, fill: none, numbering: none, foreground: rotate(-35deg, text(
  72pt, fill: rgb("#c0392b55"))[ตัวอย่าง · SAMPLE]))
#h(0pt)
"""
"""Typst of a page that is laid over every page of a preview, whatever the template does."""
_MOST = 1500


class NothingToPreview(Unprocessable):
    """The bundle issues no document."""

    code = "nothing-to-preview"
    title = Text(th="นิยามบริการนี้ไม่มีเอกสารที่ออก", en="This definition issues no document")


class PreviewFaulty(Unprocessable):
    """The template does not compose."""

    code = "template-faulty"
    title = Text(th="แม่แบบเอกสารใช้ไม่ได้", en="The template of the document does not compose")

    def __init__(self, error: Exception) -> None:
        said = str(error)[:_MOST]
        super().__init__(Text(th=f"แม่แบบใช้ไม่ได้: {said}", en=f"the template does not compose: {said}"))


def previewed(section: Section) -> tuple[IssuanceStep, str]:
    """The step that issues, and its template; NothingToPreview."""
    for step in section.steps.values():
        if isinstance(step, IssuanceStep) and step.template in section.files:
            return step, section.files[step.template]
    raise NothingToPreview
