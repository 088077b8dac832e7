"""The dashboard and the alert rules ask for metrics that exist, and alert people in both languages."""

import json
import re

import pytest
import yaml

from tests.deploy.manifests import DEPLOY, ROOT

pytestmark = pytest.mark.req("O4", part="dashboard and alert rules")
FOLDER = DEPLOY / "observability"
ALERTS = yaml.safe_load((FOLDER / "alerts.yaml").read_text(encoding="utf-8"))
DASHBOARD = json.loads((FOLDER / "dashboard.json").read_text(encoding="utf-8"))
RULES = {rule["alert"]: rule for group in ALERTS["groups"] for rule in group["rules"]}
HISTOGRAM = {f"http_server_duration_milliseconds_{part}" for part in ("bucket", "count", "sum")}
METRIC = re.compile(r"\b(?:paet|http)_[a-z_]+[a-z]\b")
LABELS = {"http_status_code"}


def expressions():
    found = {rule["alert"]: rule["expr"] for rule in RULES.values()}
    for panel in DASHBOARD["panels"]:
        found |= {f"{panel['title']} {each['refId']}": each["expr"] for each in panel.get("targets", [])}
    return found


def emitted():
    """Names in quotes in the code of kit and services; the HTTP histogram comes from OpenTelemetry."""
    sources = [path for part in ("kit", "services", "gateway") for path in (ROOT / part).rglob("*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r'"(paet_[a-z_]+)"', text)) | HISTOGRAM


@pytest.mark.parametrize(("name", "expression"), expressions().items())
def test_a_metric_that_is_asked_for_exists(name, expression):
    asked = set(METRIC.findall(expression)) - LABELS
    assert asked
    assert asked - emitted() == set()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_an_alert_says_what_is_wrong_in_both_languages(rule):
    assert rule.keys() - {"for"} == {"alert", "expr", "labels", "annotations"}
    assert re.fullmatch(r"Paet[A-Za-z]+", rule["alert"])
    assert re.fullmatch(r"\d+[mhd]", rule.get("for", "0m"))
    assert rule["labels"] in ({"severity": "critical"}, {"severity": "warning"})
    assert rule["annotations"].keys() == {"th", "en"}
    assert re.search("[ก-๙]", rule["annotations"]["th"])
    assert not re.search("[ก-๙]", rule["annotations"]["en"])
    for opening, closing in ("()", "[]", "{}"):
        assert rule["expr"].count(opening) == rule["expr"].count(closing)


def test_rules_have_the_shape_that_prometheus_reads():
    assert ALERTS.keys() == {"groups"}
    assert all(group.keys() == {"name", "rules"} for group in ALERTS["groups"])
    assert len(RULES) == sum(len(group["rules"]) for group in ALERTS["groups"])


def test_panels_stand_beside_each_other():
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) == 23
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)


def test_every_queue_and_deadline_is_shown_and_watched():
    """The gauges of the kit are all on the dashboard; each queue and each deadline has an alert."""
    from kit.metrics import KIT_GAUGES

    shown = " ".join(expressions().values())
    assert {name for name in KIT_GAUGES if not re.search(rf"\b{name}\b", shown)} == set()
    watched = " ".join(rule["expr"] for rule in RULES.values())
    for name in ("paet_outbox_oldest_seconds", "paet_consumer_pending", "paet_dead_letters", "paet_due_work_failed",
                 "paet_due_work_oldest_seconds", "paet_cases_overdue", "paet_invoices_overdue"):  # fmt: skip
        assert re.search(rf"\b{name}\b", watched)
