"""What lies in the store is given out, copied and sent on only while it is what the register says."""

from uuid import uuid4

import pytest
from sqlmodel import select

from kit.storage import Files
from services.issuance.duework.certifying import certify
from services.issuance.duework.stored import FileChanged
from services.issuance.models import CertifiedCopy


@pytest.mark.req("L10", part="a copy is certified of the registered file only")
async def test_a_file_that_was_changed_in_the_store_is_neither_certified_nor_given_out(registry, monkeypatch):
    person, client, harness = uuid4(), registry.client, registry.harness
    event, row = await registry.issued(person=person)
    at, mine = f"/journeys/{event.journey}/document", harness.citizen(person)
    await client.post(f"{at}/copies", headers=mine)

    async def there():
        (found,) = (await client.get(f"{at}/copies", headers=mine)).json()
        return found if found["state"] == "made" else None

    copy = await harness.until(there)
    asked = {
        f"{at}.pdf": mine,
        f"{at}/copies/{copy['id']}/document.pdf": mine,
        f"/documents/{row['id']}/copies/{copy['id']}/document.pdf": harness.officer("approver"),
        f"/internal/documents/{row['id']}/pdf": harness.as_service("delivery"),
        f"/internal/documents/{row['id']}/xml": harness.as_service("delivery"),
    }

    async def statuses():
        return {path: (await client.get(path, headers=headers)).status_code for path, headers in asked.items()}

    assert await statuses() == dict.fromkeys(asked, 200)
    real = Files.get

    async def changed(self, name):
        if "copy-2" in name:
            raise FileNotFoundError(name)
        return await real(self, name) + b" "

    monkeypatch.setattr(Files, "get", changed)
    assert await statuses() == dict.fromkeys(asked, 500)
    (made,) = await harness.rows(select(CertifiedCopy))
    another = CertifiedCopy(**made | {"id": uuid4(), "running": 2, "status": "expired", "state": "requested"})
    async with registry.kit.database.transaction() as session:
        session.add(another)
    with pytest.raises(FileChanged):
        await certify(registry.kit, str(another.id), {})
