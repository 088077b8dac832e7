"""An author sees the document of a bundle before it is published: marked, with sample data, unsealed, kept nowhere."""

import io

import pikepdf
import pypdfium2
import pytest

from kit.clients import Peers
from kit.contracts.definition import section_for
from kit.contracts.journey import Process
from kit.testing import open_harness
from tests.bundles import information_bundle
from tests.gateway.serving import served
from tests.issuance.conftest import licence
from tests.issuance.test_life import red_of
from tests.pdf import pdfa_faults, text_of

PREVIEWS = "/v1/definition-previews"


@pytest.fixture
async def gateway(registry, servers, tmp_path):
    """The gateway before the real issuance."""
    async with open_harness("gateway", servers, tmp_path / "gateway") as harness, served(registry.harness.app) as url:
        peers = Peers({"issuance": url}, harness.kit.assertions)
        harness.kit.use_peers(peers)
        yield harness
        await peers.close()


async def preview(gateway, bundle, **query):
    body = bundle.model_dump(mode="json", exclude_unset=True)
    return await gateway.client.post(PREVIEWS, json=body, params=query, headers=gateway.officer("publisher"))


@pytest.mark.req("L1", part="preview")
async def test_an_author_sees_the_document_before_it_is_published(gateway, registry):
    answer = await preview(gateway, licence())
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf"), answer.text
    assert pdfa_faults(answer.content) == []
    text = text_of(answer.content)
    assert red_of(answer.content)[0] > 1000
    assert "นายตัวอย่าง ทดสอบ" in text
    with pikepdf.open(io.BytesIO(answer.content)) as pdf:
        assert "/AcroForm" not in pdf.Root, "nothing that could be taken for a seal"
    assert await registry.numbers() == []


@pytest.mark.req("L1", part="preview")
async def test_a_template_does_not_take_the_mark_away(gateway):
    tricky = '#set page(..("foreground": none))\n' + licence().files["document.typ"]
    for template in (tricky, tricky + '\n#page(fill: white, ..("foreground": none))[x]'):
        answer = await preview(gateway, licence(template))
        assert answer.status_code == 200, answer.text
        for page in range(len(pypdfium2.PdfDocument(answer.content))):
            assert red_of(answer.content, page=page)[0] > 1000
        assert answer.content == (await preview(gateway, licence(template))).content


@pytest.mark.req("L1", part="preview")
async def test_a_form_with_the_required_fields_only_is_previewed_as_well(gateway):
    whole, bare = [(await preview(gateway, licence(), whole=whole)).content for whole in ("true", "false")]
    assert len(text_of(bare)) < len(text_of(whole))


@pytest.mark.req("L1", part="preview")
async def test_a_template_that_does_not_compose_is_told_with_its_place(gateway):
    answer = await preview(gateway, licence('#data.number #image("/images/qr.svg") #data.nothing'))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:definition-faulty")
    assert [each["path"] for each in answer.json()["faults"]] == ["/files/document.typ"]


async def test_a_definition_that_issues_nothing_has_no_preview(gateway):
    answer = await preview(gateway, information_bundle())
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:paet:problem:nothing-to-preview")


async def test_a_publisher_of_another_agency_sees_nothing(gateway):
    body = licence().model_dump(mode="json", exclude_unset=True)
    stranger = gateway.officer("publisher", agency="03006000")
    assert (await gateway.client.post(PREVIEWS, json=body, headers=stranger)).status_code == 403


async def test_a_section_without_its_document_is_refused(registry):
    for bundle, template, code in (
        (information_bundle(), None, "nothing-to-preview"),
        (licence(), "#let x = ", "template-faulty"),
    ):
        section = section_for(bundle, Process.ISSUANCE).model_dump(mode="json")
        section["files"] = {name: template or text for name, text in section["files"].items()}
        headers = registry.harness.as_service("gateway")
        answer = await registry.client.post("/internal/document-previews", json=section, headers=headers)
        assert (answer.status_code, answer.json()["type"]) == (422, f"urn:paet:problem:{code}")
