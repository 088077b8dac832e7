"""Every service has its states driven by a machine: the parts of X4 make a whole."""

import ast

import pytest

from tests.architecture.tree import ROOT

OWNERS = ("search", "identity", "request", "review", "approval", "payment", "issuance", "delivery", "gateway")


@pytest.mark.req("X4")
@pytest.mark.parametrize("owner", OWNERS)
def test_a_state_machine_drives_the_owner_of_states_and_says_so(owner: str) -> None:
    source = (ROOT / "tests" / owner / "test_states.py").read_text(encoding="utf-8")
    bases = {
        getattr(base, "id", getattr(base, "attr", ""))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert f'req("X4", part="{owner}")' in source
    assert "RuleBasedStateMachine" in bases
