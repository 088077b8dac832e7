"""Words a person reads, in the two languages that Paet speaks. Pure; owns no storage and no rendering."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

Language = Literal["th", "en"]
PRINTABLE = r"^[^\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]*$"
"""What free text may be made of: other characters no XML holds, and no page shows."""
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class Text(BaseModel):
    """One thing said in Thai and in English; neither may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    th: Words
    en: Words

    def in_language(self, language: Language) -> str:
        """Return the words in that language."""
        return self.th if language == "th" else self.en
