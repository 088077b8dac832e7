"""The synthetic people of the ThaiD double and what each scope tells of them. Nobody real belongs here."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

SHIPPED = Path(__file__).with_name("people.json")

# docs/law.md §4.3: every scope yields the claim of the same name.
SCOPES = (
    "openid", "pid", "address", "gender", "birthdate",
    "given_name", "middle_name", "family_name", "name", "given_name_en", "middle_name_en", "family_name_en",
    "name_en", "title", "title_en", "ial", "smartcard_code", "date_of_expiry", "date_of_issuance",
)  # fmt: skip


class Address(BaseModel):
    """ThaiD gives the address as one text."""

    formatted: str


class Person(BaseModel):
    """One person: claims by the name of their scope, `sub`, and a `note` for the login page."""

    model_config = ConfigDict(extra="forbid")

    sub: str
    note: str = ""
    pid: str = Field(pattern=r"^[1-8][0-9]{12}$")
    address: Address
    gender: str
    birthdate: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="Gregorian")
    title: str
    given_name: str
    middle_name: str = ""
    family_name: str
    title_en: str
    given_name_en: str
    middle_name_en: str = ""
    family_name_en: str
    ial: str = "2.3"
    smartcard_code: str
    date_of_issuance: str
    date_of_expiry: str

    @field_validator("pid")
    @classmethod
    def _check_digit(cls, pid: str) -> str:
        weighted = sum(int(digit) * (13 - at) for at, digit in enumerate(pid[:12]))
        if (11 - weighted % 11) % 10 != int(pid[12]):
            raise ValueError("the check digit of the 13-digit number is wrong")
        return pid

    @property
    def name(self) -> str:
        """Title and full name in Thai."""
        return _joined(self.title, self.given_name, self.middle_name, self.family_name)

    @property
    def name_en(self) -> str:
        """Title and full name in English."""
        return _joined(self.title_en, self.given_name_en, self.middle_name_en, self.family_name_en)

    def claims(self, scopes: list[str]) -> dict[str, Any]:
        """Tell what the granted scopes tell and nothing else."""
        told = {**self.model_dump(), "name": self.name, "name_en": self.name_en}
        return {scope: told[scope] for scope in scopes if scope != "openid"}


class People:
    """The people who can sign in, found by 13-digit number or by `sub`."""

    def __init__(self, people: list[Person]) -> None:
        self.everybody = people

    @classmethod
    def load(cls, path: Path = SHIPPED) -> "People":
        """Read a JSON list of people; pydantic.ValidationError tells what is wrong with it."""
        return cls([Person.model_validate(entry) for entry in json.loads(path.read_text(encoding="utf-8"))])

    def find(self, pid_or_sub: str | None) -> Person | None:
        """Find the person, or None."""
        return next((person for person in self.everybody if pid_or_sub in (person.pid, person.sub)), None)


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
