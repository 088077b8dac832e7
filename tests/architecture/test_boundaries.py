"""The boundaries between the parts: `.importlinter` says them, and says so when one is crossed."""

import re
import shutil
import subprocess
import sys

import pytest

from tests.architecture.tree import ROOT, files, imports_of, is_foreign, name_of, tree_of

LINT = "from importlinter.cli import lint_imports; import sys; sys.exit(lint_imports(no_cache=True))"

CONTRACTS = {"pydantic"}
DOMAINS = {"pydantic", "cryptography", "jsonschema_rs", "zen", "stdnum"}
"""What pure modules may import from outside, all of it computing and nothing else."""

OF_THE_INDEX = "writer.commit()"
"""Search writes its index in memory; no transaction of the database."""

MAY_NEED_LOCAL = ("kit/local/", "kit/testing/")

CROSSINGS = {
    "Services know nothing of each other": ("services/review/commands.py", "services.approval.commands"),
    "Services know nothing of the gateway": ("services/search/api.py", "gateway.queries.definitions"),
    "The gateway knows nothing of the services": ("gateway/api/journeys.py", "services.request.queries"),
    "The kit knows no service and no gateway": ("kit/outbox.py", "services.review.models"),
    "Domains are pure": ("services/payment/domain.py", "sqlmodel"),
    "The shared language is pure": ("kit/contracts/journey.py", "kit.clock"),
    "What runs in an image needs neither the local suite nor the test fixtures": (
        "services/delivery/duework/sending.py",
        "kit.local.infra",
    ),
}


def lint(folder):
    return subprocess.run([sys.executable, "-c", LINT], cwd=folder, capture_output=True, text=True, timeout=100)


def test_no_boundary_is_crossed():
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout


def test_every_crossing_is_found(tmp_path):
    for part in ("kit", "services", "gateway"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.ttf"))
    shutil.copy(ROOT / ".importlinter", tmp_path)
    for path, module in CROSSINGS.values():
        with (tmp_path / path).open("a") as file:
            file.write(f"\nimport {module}\n")
    done = lint(tmp_path)
    assert done.returncode == 1
    broken = set(re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE))
    assert broken == CROSSINGS.keys()


@pytest.mark.parametrize(
    ("allowed", "modules"),
    [
        (CONTRACTS, list(files("kit/contracts"))),
        (DOMAINS, [path for path in files("services", "gateway") if "domain" in name_of(path)]),
    ],
    ids=["the shared language", "domains"],
)
def test_pure_modules_import_only_what_computes(allowed, modules):
    assert modules
    foreign = {
        (name_of(path), module)
        for path in modules
        for module in imports_of(tree_of(path))
        if is_foreign(module) and module.partition(".")[0] not in allowed
    }
    assert foreign == set()


def test_the_shared_language_needs_nothing_else_of_the_kit():
    others = {
        (name_of(path), module)
        for path in files("kit/contracts")
        for module in imports_of(tree_of(path))
        if module.startswith("kit.") and not module.startswith("kit.contracts")
    }
    assert others == set()


def test_the_kit_runs_without_the_local_suite_and_the_fixtures():
    needing = {
        (name_of(path), module)
        for path in files("kit")
        if not name_of(path).startswith(MAY_NEED_LOCAL)
        for module in imports_of(tree_of(path))
        if module.startswith(("kit.local", "kit.testing", "tests"))
    }
    assert needing == set()


def test_only_the_token_module_and_its_keys_touch_python_jose():
    users = {name_of(path) for path in files("kit", "services", "gateway") if "jose" in roots(path)}
    assert {each for each in users if not each.startswith("kit/local/doubles/")} <= {
        "kit/auth/tokens.py",
        "kit/auth/keys.py",
        "kit/auth/persons.py",
    }


def roots(path):
    return {module.partition(".")[0] for module in imports_of(tree_of(path))}


def test_nobody_commits_but_the_edge():
    """The kit commits, once per request, batch or due row; a use case never does."""
    committing = [
        f"{name_of(path)}:{number}"
        for path in files("services", "gateway")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if ".commit(" in line and line.strip() != OF_THE_INDEX
    ]
    assert committing == []
