"""The manifests as Kubernetes would see them: rendered, with the environment and the files of each container."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
OVERLAYS = sorted(path.parent.relative_to(DEPLOY).as_posix() for path in DEPLOY.glob("overlays/*/kustomization.yaml"))
SERVICES = ("gateway", "search", "identity", "request", "review", "approval", "payment", "issuance", "delivery")
Object = dict[str, Any]


def package_of(service: str) -> str:
    return service if service == "gateway" else f"services.{service}"


@cache
def render(folder: str) -> tuple[Object, ...]:
    """The objects of an overlay, below deploy/."""
    kubectl = Path(sys.executable).with_name("kubectl")
    done = subprocess.run(
        [kubectl, "kustomize", DEPLOY / folder], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return tuple(yaml.safe_load_all(done.stdout))


def find(objects: tuple[Object, ...], kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    [found] = [each for each in objects if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pods(objects: tuple[Object, ...]) -> dict[str, Object]:
    """The pod templates by the names of their owners."""
    return {
        each["metadata"]["name"]: each["spec"]["template"] for each in objects if "template" in each.get("spec", {})
    }


def container(pod: Object) -> Object:
    [only] = pod["spec"]["containers"]
    return only


def environment(objects: tuple[Object, ...], pod: Object) -> dict[str, str]:
    """What the container is started with; every name stands in one place only."""
    found: dict[str, str] = {}
    sources = [find(objects, "ConfigMap", each["configMapRef"]["name"])["data"] for each in container(pod)["envFrom"]]
    for source in (*sources, {each["name"]: each["value"] for each in container(pod)["env"]}):
        assert not source.keys() & found.keys()
        found |= source
    return found


def files(objects: tuple[Object, ...], pod: Object) -> dict[str, str]:
    """The files of Secrets and ConfigMaps that the container sees, by path."""
    volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
    found: dict[str, str] = {}
    for mount in container(pod)["volumeMounts"]:
        for name, content in _content(objects, volumes[mount["name"]]).items():
            found[f"{mount['mountPath']}/{name}"] = content
    return found


def _content(objects: tuple[Object, ...], volume: Object) -> dict[str, str]:
    if "projected" in volume:
        return {k: v for source in volume["projected"]["sources"] for k, v in _content(objects, source).items()}
    if "secret" in volume:
        secret = volume["secret"]
        return find(objects, "Secret", secret.get("secretName") or secret["name"])["stringData"]
    if "configMap" in volume:
        return find(objects, "ConfigMap", volume["configMap"]["name"])["data"]
    assert "emptyDir" in volume or "persistentVolumeClaim" in volume
    return {}


STARTER = """
import importlib, json, os, sys
package, out = sys.argv[1], {}
for name, environment in json.load(sys.stdin).items():
    for key in [key for key in os.environ if key.startswith("PAET_")]:
        del os.environ[key]
    os.environ.update(environment)
    try:
        if name.startswith("migration"):
            migrate = importlib.import_module("kit.migrate")
            settings = migrate.settings_of(package)
            assert migrate.filters_of(package, settings.service) or settings.service == "identity"
            assert settings.nats_operator_user and settings.nats_operator_password
        else:
            app = importlib.import_module(package + ".main").app()
            settings = app.state.kit.settings
        out[name] = {"started": True, "set": sorted(settings.model_fields_set), "environment": settings.environment}
    except Exception as error:
        out[name] = {"started": False, "why": f"{type(error).__name__}: {error}"}
out["known"] = sorted(type(settings).model_fields)
out["modules"] = sorted(m.__file__ for n, m in sys.modules.items()
                        if n.split(".")[0] in ("kit", "gateway", "services") and getattr(m, "__file__", None))
print("\\n" + json.dumps(out))
"""


def start(service: str, image: Path, cases: dict[str, dict[str, str]]) -> dict[str, Any]:
    """Start the service's program of an image with each environment, without its servers; what came of each."""
    environment = {"PYTHONPATH": str(image / "app"), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", STARTER, package_of(service)],
        input=json.dumps(cases), env=environment, cwd=image / "app", capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return outcome
