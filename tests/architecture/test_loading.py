"""What a process has loaded once it has started: libraries that it needs late or never come when they are needed."""

import subprocess
import sys

import pytest

from tests.architecture.tree import PACKAGES, ROOT

DOCUMENTS = ("pyhanko", "pyhanko_certvalidator", "pikepdf", "asn1crypto")
ON_DEMAND = ("services.payment", "services.request")
"""They make a document when somebody asks for one."""


def loaded(code: str) -> set[str]:
    """The modules of a new process that has run this code."""
    said = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    done = subprocess.run(said, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("package", PACKAGES.values())
def test_no_process_starts_with_libraries_it_may_never_need(package):
    modules = loaded(f"import {package}.main")
    assert "holidays" not in modules
    if package != "services.issuance":
        assert not modules & set(DOCUMENTS)


def test_issuance_starts_with_what_every_document_needs():
    """Each of its journeys ends with one: nobody is to wait for what can be loaded before."""
    assert set(DOCUMENTS) <= loaded("import services.issuance.main")


@pytest.mark.parametrize("package", ON_DEMAND)
def test_the_first_document_brings_its_libraries(package):
    modules = loaded(f"import {package}.main\nfrom kit import documents\ndocuments.Seal, documents.with_properties")
    assert set(DOCUMENTS) <= modules


def test_working_days_need_the_calendar_of_thailand_alone():
    counting = "from datetime import date\nfrom kit.workdays import Calendar\nCalendar().is_workday(date(2026, 11, 20))"
    modules = loaded(counting)
    assert "holidays" in modules
    assert not {each for each in modules if each.startswith("holidays.countries")}
