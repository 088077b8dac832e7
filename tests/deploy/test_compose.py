"""compose.yaml has the whole suite, closed to the network, in the right order. Running it wants a container engine."""

import json

import pytest
import yaml

from tests.deploy.manifests import DEPLOY, SERVICES

pytestmark = pytest.mark.req("O3", part="compose file")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
PARTS = COMPOSE["services"]
OWN = {name: PARTS[name] for name in PARTS if name not in ("postgres", "nats")}


def test_the_suite_is_whole():
    migrations = {f"migrate-{service}" for service in SERVICES}
    assert PARTS.keys() == {"postgres", "nats", *SERVICES, *migrations, "publisher", "publish"}
    assert COMPOSE["volumes"].keys() == {"postgres", "nats", "files", "publisher"}


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_built_and_starts_after_its_migration(service):
    own, migration = PARTS[service], PARTS[f"migrate-{service}"]
    assert own["build"] == {"context": "..", "args": {"SERVICE": service}} == migration["build"]
    assert own["image"] == f"paet-{service}" == migration["image"]
    assert own["depends_on"] == {f"migrate-{service}": {"condition": "service_completed_successfully"}}
    assert migration["command"] == ["migrate"]
    assert migration["depends_on"] == {name: {"condition": "service_healthy"} for name in ("postgres", "nats")}
    assert own["environment"] == migration["environment"]
    assert own["environment"]["PAET_NATS_USER"] == service
    assert json.loads(own["environment"]["PAET_PEERS"]) == {each: f"http://{each}:8000" for each in SERVICES}


def test_only_the_gateway_is_reached_and_only_from_this_machine():
    ports = {name: part["ports"] for name, part in PARTS.items() if "ports" in part}
    assert ports == {"gateway": ["127.0.0.1:8000:8000"]}
    assert not [name for name, part in PARTS.items() if "network_mode" in part or part.get("privileged")]


@pytest.mark.parametrize("name", OWN)
def test_a_container_of_paet_is_confined(name):
    part = OWN[name]
    assert part["read_only"] is True
    assert part["cap_drop"] == ["ALL"]
    assert part["security_opt"] == ["no-new-privileges:true"]
    assert part["tmpfs"] == ["/tmp"]
    assert all(volume.endswith(":ro") or not volume.startswith("${") for volume in part["volumes"])


def test_mounted_files_are_there(credential_folder):
    for part in PARTS.values():
        for volume in part["volumes"]:
            source = volume.replace("${PAET_CREDENTIALS:-../.local/deploy}", str(credential_folder)).split(":")[0]
            if source.startswith(("/", ".")):
                assert (DEPLOY / source).exists(), volume


def test_servers_are_those_of_the_dev_overlay():
    images = yaml.safe_load((DEPLOY / "overlays/dev/kustomization.yaml").read_text())["images"]
    for each in images[-2:]:
        assert PARTS[each["name"]]["image"] == f"{each['name']}:{each['newTag']}"
    assert {"fsync=on", "synchronous_commit=on", "full_page_writes=on"} <= set(PARTS["postgres"]["command"])


def test_definitions_are_published_when_all_services_are_ready():
    assert PARTS["publish"]["depends_on"] == {
        "publisher": {"condition": "service_completed_successfully"},
        **{service: {"condition": "service_healthy"} for service in SERVICES},
    }
