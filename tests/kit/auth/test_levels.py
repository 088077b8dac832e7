from itertools import product

import pytest

from kit.auth.levels import AAL, IAL, StepUpRequired, aal_meets, ial_meets, require_levels
from kit.auth.principal import Principal
from kit.errors import problem_body


@pytest.mark.parametrize(("order", "meets"), [(IAL, ial_meets), (AAL, aal_meets)])
def test_levels_are_ordered_as_the_standard_lists_them(order, meets):
    for have, need in product(order, order):
        assert meets(have, need) == (order.index(have) >= order.index(need))


@pytest.mark.parametrize("meets", [ial_meets, aal_meets])
def test_nothing_needed_is_met_and_nothing_had_meets_nothing(meets):
    assert meets(None, None)
    assert meets("3", None)
    assert not meets(None, "3")
    assert not meets("", "3")
    assert not meets("10", "3")
    assert not meets("2.30", "3")


def test_plain_aal_2_is_2_1():
    assert aal_meets("2", "2.1")
    assert aal_meets("2.1", "2")
    assert not aal_meets("2", "2.2")


@pytest.mark.parametrize("need", ["4", "", "2.4", "two"])
def test_need_that_is_no_level_is_a_fault_of_the_definition(need):
    with pytest.raises(ValueError, match="tuple"):
        ial_meets("3", need)
    with pytest.raises(ValueError, match="tuple"):
        aal_meets("3", need)


def test_too_low_a_level_says_how_to_step_up():
    citizen = Principal(kind="citizen", subject="p", ial="2.1", aal="1")
    require_levels(citizen, "2.1", None)
    with pytest.raises(StepUpRequired) as caught:
        require_levels(citizen, "2.3", "2.1")
    problem = caught.value
    assert problem.status == 403
    assert problem.headers["WWW-Authenticate"] == (
        'Bearer error="insufficient_user_authentication", acr_values="urn:paet:ial:2.3 urn:paet:aal:2.1"'
    )
    body = problem_body(problem, "en", "/")
    assert (body["required_ial"], body["required_aal"]) == ("2.3", "2.1")
    assert body["acr_values"] == "urn:paet:ial:2.3 urn:paet:aal:2.1"
    assert body["detail"] == "Please sign in again at IAL 2.3, AAL 2.1 and then go on"
