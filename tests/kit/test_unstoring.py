"""What lies in the store follows what was removed: at once, and once more when nobody can be making it any more."""

from types import SimpleNamespace

import pytest

from kit.clock import clock
from kit.duework import Later
from kit.storage import Files
from kit.unstoring import ONCE_MORE, unstore

pytestmark = pytest.mark.req("Y4", part="files go with their records")
FOLDER = "documents/22000000/x"
NAMES = [f"{FOLDER}/x.pdf", f"{FOLDER}/x.v2.pdf"]


@pytest.mark.parametrize("payload", [{"names": NAMES}, {"folder": FOLDER}], ids=["names", "folder"])
async def test_a_file_that_was_being_made_meanwhile_goes_an_hour_later(tmp_path, payload):
    files = Files(f"file://{tmp_path}")
    kit = SimpleNamespace(resource=lambda _: files)

    async def there():
        return [name for name in (*NAMES, f"{FOLDER}0/x.pdf") if (tmp_path / name).exists()]

    await files.put(f"{FOLDER}0/x.pdf", b"of another")
    await files.put(NAMES[0], b"made by one who died before the row was gone")
    with clock.freeze(clock.now()):
        for _ in "ab":  # a process that dies in between begins anew
            with pytest.raises(Later) as later:
                await unstore(kit, "x", payload)
            assert later.value.at == clock.now() + ONCE_MORE
            assert await there() == [f"{FOLDER}0/x.pdf"]
    await files.put(NAMES[1], b"made by one who began before")
    await unstore(kit, "x", later.value.payload)
    assert await there() == [f"{FOLDER}0/x.pdf"]
