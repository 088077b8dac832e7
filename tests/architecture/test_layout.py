"""Every service has the same files, so that any path can be guessed."""

import pytest

from tests.architecture.tree import PACKAGES, SERVICES, files, folder_of, name_of

CODE = {"main", "settings", "api", "commands", "queries", "domain", "models", "schemas"}
ALWAYS = {"README.md", "pyproject.toml"} | CODE
SOMETIMES = {"consumers", "duework"}
FOLDERS = {"migrations", "templates"}
KINDS = {"payment": {"providers", "statements"}, "delivery": {"channels"}, "identity": {"providers"}}
"""Plural folders, where several implementations of one thing live."""

BESIDE = {
    "identity": {"admin": "the operator's commands on the database, `python -m services.identity.admin`"},
    "payment": {
        "promptpay": "the QR and barcode of Thai bills: a format of its own, pure",
        "admin": "the operator's command for statements that come as files, `python -m services.payment.admin`",
    },
    "search": {"language": "data, no code: topics, synonyms, words without weight"},
    "gateway": {
        "proxy": "the table of what is forwarded, and forwarding",
        "holders": "the secret of an anonymous journey is checked here and nowhere else",
        "live": "the stream of a journey's events to a waiting browser",
        "asyncapi": "writes the contract of the events",
        "openapi": "writes the contract of the API, a development tool",
        "asyncapi.json": "the contract of the events as published",
        "openapi.json": "the contract of the API as published",
        "definition.schema.json": "the schema of a definition, for editors",
        "partners": "the partners' agreements, and the operator's command on them",
        "provision": "what the gateway needs on the bus beside its own consumer",
        "publish": "the publisher's command, `python -m gateway.publish`",
        "catalogue": "the shipped definitions",
    },
}
"""What else there is, and why."""

FORBIDDEN = {"utils", "helpers", "common", "manager", "service", "misc", "base_service", "events"}


def names_in(service: str) -> set[str]:
    return {
        path.name.removesuffix(".py")
        for path in folder_of(service).iterdir()
        if path.name != "__pycache__" and not path.name.startswith(".")
    }


@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_has_the_files_of_every_service(service):
    assert names_in(service) >= ALWAYS


@pytest.mark.parametrize("service", PACKAGES)
def test_no_file_name_is_invented(service):
    allowed = ALWAYS | SOMETIMES | FOLDERS | KINDS.get(service, set()) | BESIDE.get(service, {}).keys()
    assert names_in(service) - allowed == set()


@pytest.mark.parametrize("service", BESIDE)
def test_what_stands_beside_is_still_there(service):
    assert BESIDE[service].keys() <= names_in(service)


@pytest.mark.parametrize("service", SERVICES)
def test_a_name_is_a_file_or_a_folder_but_not_both(service):
    folder = folder_of(service)
    assert [name for name in names_in(service) if (folder / f"{name}.py").exists() and (folder / name).is_dir()] == []


@pytest.mark.parametrize("service", PACKAGES)
def test_migrations_are_numbered_in_one_line(service):
    versions = sorted(path.stem for path in (folder_of(service) / "migrations" / "versions").glob("*.py"))
    assert [name.partition("_")[0] for name in versions] == [f"{number:04d}" for number in range(1, len(versions) + 1)]


@pytest.mark.parametrize("service", PACKAGES)
def test_every_service_migrates_the_same_way(service):
    lines = (folder_of(service) / "migrations" / "env.py").read_text().splitlines()
    code = [line for line in lines if line and not line.startswith('"""')]
    assert sorted(code) == sorted(
        ["from kit.migrations import run", f"from {PACKAGES[service]}.models import METADATA", "run(METADATA)"]
    )


def test_no_name_says_nothing():
    empty = [name_of(path) for path in files("kit", "services", "gateway", "bench", "tests") if path.stem in FORBIDDEN]
    assert empty == []
