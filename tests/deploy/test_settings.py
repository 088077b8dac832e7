"""What the manifests give each program is what its settings want: it starts, and without any secret it refuses."""

import json
import shutil

import pytest
import yaml

from tests.deploy import image
from tests.deploy.manifests import DEPLOY, SERVICES, environment, files, find, render, start

NOT_NEEDED_TO_RUN = {"nats_operator_user", "nats_operator_password"}
ROLES = {"api": "api", "worker": "worker", "migration": "all"}
KINDS = {"api": "Deployment", "worker": "Deployment", "migration": "Job"}
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


class Installed:
    """One service as the dev overlay and compose.yaml start it, with its files laid out below a folder."""

    def __init__(self, service, folder, secret_objects, credential_folder):
        self.service, self.folder, self.objects = service, folder, render("overlays/dev") + secret_objects
        self.cases = {role: self._case(role) for role in KINDS}
        for name in self._secrets():
            self.cases[f"without {name}"] = self._case("api", without=name)
        self.cases |= {each: self._compose(each, credential_folder) for each in ("compose", "migration by compose")}
        self.image = image.build(service, folder / "build")
        self.outcome = start(service, self.image, self.cases)

    def pod(self, role):
        return find(self.objects, KINDS[role], f"{self.service}-{role}")["spec"]["template"]

    def _secrets(self):
        return [path.rpartition("/")[2] for path in self.files("api") if path.startswith("/run/paet/secrets/")]

    def files(self, role):
        return files(self.objects, self.pod(role))

    def _case(self, role, without=None):
        root = self.folder / (f"without {without}" if without else role)
        for path, content in self.files(role).items():
            if path != f"/run/paet/secrets/{without}":
                (root / path.strip("/")).parent.mkdir(parents=True, exist_ok=True)
                (root / path.strip("/")).write_text(content)
        return self._moved(environment(self.objects, self.pod(role)), root)

    def _moved(self, given, root):
        return {
            key: f"{root}{value}" if value.startswith("/run/paet/") else value.replace("file://", f"file://{root}")
            for key, value in given.items()
        }

    def _compose(self, name, credential_folder):
        described = COMPOSE["services"][f"migrate-{self.service}" if "migration" in name else self.service]
        root = self.folder / name
        for volume in described["volumes"]:
            source, target, *_ = _filled(volume, credential_folder).split(":")
            if target.startswith("/run/paet/"):
                shutil.copytree(source, root / target.strip("/"))
        return {
            key: _filled(value, credential_folder) for key, value in self._moved(described["environment"], root).items()
        }


def _filled(text, credential_folder):
    """What compose makes of ``${NAME:-default}`` where nothing but PAET_CREDENTIALS is set."""
    text = str(text).replace("${PAET_CREDENTIALS:-../.local/deploy}", str(credential_folder))
    while "${" in text:
        before, _, rest = text.partition("${")
        inner, _, after = rest.partition("}")
        text = before + inner.partition(":-")[2] + after
    return text


@pytest.fixture(scope="module", params=SERVICES)
def installed(request, tmp_path_factory, secret_objects, credential_folder):
    folder = tmp_path_factory.mktemp(request.param)
    return Installed(request.param, folder, secret_objects, credential_folder)


@pytest.mark.req("Y6")
@pytest.mark.req("O1", part="base and dev overlay")
def test_every_role_starts_with_production_settings(installed):
    for role in KINDS:
        assert installed.outcome[role].get("started"), (role, installed.outcome[role])
        assert installed.cases[role].get("PAET_ROLE", "all") == ROLES[role]
    assert installed.outcome["api"]["environment"] == "production"


@pytest.mark.req("Y6")
def test_without_any_one_secret_it_refuses_to_start(installed):
    refusals = {name: case for name, case in installed.outcome.items() if name.startswith("without ")}
    assert {"without database_url", "without nats_password", "without service_key.pem"} <= refusals.keys()
    for name, case in refusals.items():
        assert case["started"] is False, name
        assert name.removeprefix("without ").removesuffix(".pem") in case["why"], case["why"]


def test_variables_and_files_are_settings_and_nothing_else(installed):
    known = set(installed.outcome["known"])
    for name, given in installed.cases.items():
        assert {key.removeprefix("PAET_").lower() for key in given} <= known, name
    for role in KINDS:
        secrets = {path.rpartition("/")[2] for path in installed.files(role) if path.startswith("/run/paet/secrets/")}
        assert {each for each in secrets - known if not each.startswith("provider_")} == {"service_key.pem"}
        assert NOT_NEEDED_TO_RUN & secrets == (NOT_NEEDED_TO_RUN if role == "migration" else set())


def test_a_program_has_no_secret_in_its_environment(installed):
    for role in KINDS:
        given = environment(installed.objects, installed.pod(role))
        secrets = [content for path, content in installed.files(role).items() if "/secrets/" in path]
        assert not [key for key, value in given.items() for secret in secrets if len(secret) > 8 and secret in value]


@pytest.mark.req("O3", part="compose file")
def test_compose_starts_the_same_programs(installed):
    for name in ("compose", "migration by compose"):
        assert installed.outcome[name].get("started"), installed.outcome[name]
    assert installed.outcome["compose"]["environment"] == "development"


def test_peers_and_bus_are_services_of_the_namespace(installed):
    given = installed.cases["api"]
    peers = json.loads(given["PAET_PEERS"])
    assert peers == {service: f"http://{service}" for service in SERVICES}
    for name in (*SERVICES, "nats", "postgres"):
        find(installed.objects, "Service", name)
    assert given["PAET_NATS_URL"] == "nats://nats:4222"
    assert given["PAET_NATS_USER"] == installed.service


@pytest.mark.req("O2", part="what is copied into an image")
def test_an_image_has_its_own_service_and_nothing_that_is_for_development(installed):
    app = installed.image / "app"
    service = installed.service
    assert (app / "gateway").exists() is (service == "gateway")
    assert [path.name for path in (app / "services").iterdir()] == [service] * (service != "gateway")
    names = {path.relative_to(app).as_posix() for path in app.rglob("*") if path.is_file()}
    assert not {name for name in names if name.startswith("kit/local/") or "double" in name or "testing" in name}
    assert {path.name for path in app.iterdir()} <= {"kit", "services", "gateway"}
    assert {"kit/fonts/Laksaman.ttf", "kit/fonts/COPYRIGHT"} <= names
    outside = [file for file in installed.outcome["modules"] if not file.startswith(f"{app}/")]
    assert outside == []
    if service == "gateway":
        assert [name for name in names if name.startswith("gateway/catalogue/") and name.endswith("/definition.yaml")]
