"""The rendered manifests are valid, whole and restricted."""

import copy

import kubernetes_validate
import pytest

from tests.deploy.manifests import DEPLOY, OVERLAYS, SERVICES, container, find, pods, render

VERSION = "1.37.0"
KINDS = {
    "ConfigMap", "Deployment", "Job", "Namespace", "PersistentVolumeClaim", "PodDisruptionBudget", "Service",
    "ServiceAccount", "StatefulSet",
}  # fmt: skip
NAME, COMPONENT = "app.kubernetes.io/name", "app.kubernetes.io/component"


def validate(document):
    kubernetes_validate.validate(document, VERSION, strict=True)


def test_there_is_an_overlay_and_every_one_is_tested():
    assert "overlays/dev" in OVERLAYS
    assert len(OVERLAYS) == len([path for path in (DEPLOY / "overlays").iterdir() if path.is_dir()])


@pytest.mark.req("O1", part="base and dev overlay")
@pytest.mark.parametrize("overlay", ["base", *OVERLAYS])
def test_every_object_satisfies_its_schema(overlay):
    objects = render(overlay)
    for each in objects:
        validate(each)
    assert {each["kind"] for each in objects} <= KINDS
    assert {each["metadata"].get("namespace", "paet") for each in objects} == {"paet"}
    keys = [(each["kind"], each["metadata"]["name"]) for each in objects]
    assert len(set(keys)) == len(keys)


def test_made_credentials_satisfy_their_schemas(secret_objects):
    for each in secret_objects:
        validate(each)


def test_a_planted_fault_is_found():
    deployment = copy.deepcopy(find(render("overlays/dev"), "Deployment", "review-api"))
    deployment["spec"]["replicaz"] = deployment["spec"].pop("replicas")
    with pytest.raises(kubernetes_validate.ValidationError):
        validate(deployment)
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        validate(deployment | {"kind": "Deploiment"})


@pytest.mark.req("O1", part="base and dev overlay")
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_has_everything_it_needs(service):
    objects = render("overlays/dev")
    for role in ("api", "worker"):
        deployment = find(objects, "Deployment", f"{service}-{role}")
        pod = deployment["spec"]["template"]
        assert deployment["spec"]["selector"]["matchLabels"] == {NAME: service, COMPONENT: role}
        assert {"name": "PAET_ROLE", "value": role} in container(pod)["env"]
        assert container(pod)["args"] == ["serve"]
        assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    job = find(objects, "Job", f"{service}-migration")["spec"]["template"]
    assert container(job)["args"] == ["migrate"]
    [secrets] = [volume["projected"]["sources"] for volume in job["spec"]["volumes"] if volume["name"] == "secrets"]
    assert secrets == [{"secret": {"name": service}}, {"secret": {"name": "nats-operator"}}]
    find(objects, "ServiceAccount", service)
    assert find(objects, "Service", service)["spec"]["selector"] == {NAME: service, COMPONENT: "api"}
    budget = find(objects, "PodDisruptionBudget", service)["spec"]
    assert budget["selector"]["matchLabels"] == {NAME: service}


def of_paet(overlay):
    return {name: pod for name, pod in pods(render(overlay)).items() if container(pod)["name"] == "paet"}


@pytest.mark.parametrize("overlay", ["base", *OVERLAYS])
def test_only_migrations_have_the_rights_of_the_operator(overlay):
    holders = {name for name, pod in pods(render(overlay)).items() if "nats-operator" in str(pod)}
    assert holders == {f"{service}-migration" for service in SERVICES}


@pytest.mark.parametrize("overlay", ["base", *OVERLAYS])
def test_a_pod_sees_the_secrets_of_its_own_service_only(overlay):
    for name, pod in of_paet(overlay).items():
        service = pod["metadata"]["labels"][NAME]
        assert name.startswith(f"{service}-")
        assert pod["spec"]["serviceAccountName"] == service
        assert container(pod)["image"].startswith(f"paet-{service}")
        seen = {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}
        assert seen <= {service, "seals"} | ({"credential-keys"} if name == "issuance-api" else set())


@pytest.mark.parametrize("overlay", ["base", *OVERLAYS])
def test_every_pod_is_restricted(overlay):
    for pod in pods(render(overlay)).values():
        spec, only = pod["spec"], container(pod)
        assert spec["automountServiceAccountToken"] is False
        assert spec["enableServiceLinks"] is False
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert only["resources"]["limits"]["memory"]
        assert only["resources"]["requests"].keys() == {"cpu", "memory"}
        assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
        assert {volume for each in spec["volumes"] for volume in each if volume != "name"} <= {
            "configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret",
        }  # fmt: skip
    namespace = find(render(overlay), "Namespace", "paet")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("overlay", ["base", *OVERLAYS])
def test_running_pods_are_probed_and_end_in_peace(overlay):
    for name, pod in of_paet(overlay).items():
        if name.endswith("-migration"):
            continue
        only = container(pod)
        paths = [only[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")]
        assert paths == ["/livez", "/livez", "/readyz"]
        assert only["ports"] == [{"containerPort": 8000, "name": "http"}]
        wait = only["lifecycle"]["preStop"]["sleep"]["seconds"] + 20  # as long as deploy/start.sh gives open requests
        assert pod["spec"]["terminationGracePeriodSeconds"] > wait
        [spread] = pod["spec"]["topologySpreadConstraints"]
        assert spread["topologyKey"] == "kubernetes.io/hostname"


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_volume_that_is_mounted_exists(overlay, secret_objects):
    objects = render(overlay) + secret_objects
    there = {(each["kind"], each["metadata"]["name"]) for each in objects}
    claims = {each["metadata"]["name"] for each in objects if each["kind"] == "PersistentVolumeClaim"}
    for name, pod in pods(objects).items():
        volumes = {each["name"]: each for each in pod["spec"]["volumes"]}
        own = {each["metadata"]["name"] for each in _templates(objects, name)}
        assert {each["name"] for each in container(pod)["volumeMounts"]} == volumes.keys() | own
        for volume in volumes.values():
            assert ("Secret", volume.get("secret", {}).get("secretName", "seals")) in there
            assert ("ConfigMap", volume.get("configMap", {}).get("name", "trust")) in there
            assert volume.get("persistentVolumeClaim", {}).get("claimName", "files") in claims


def _templates(objects, name):
    sets = [each for each in objects if each["kind"] == "StatefulSet" and each["metadata"]["name"] == name]
    return [template for each in sets for template in each["spec"]["volumeClaimTemplates"]]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_image_has_a_version(overlay):
    for pod in pods(render(overlay)).values():
        _, _, tag = container(pod)["image"].partition(":")
        assert tag
        assert tag != "latest"
    assert "double" not in str(render(overlay))
