"""Commands called directly: what a transaction that fails leaves behind."""

from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from kit.auth import Principal
from services.approval import commands
from services.approval.domain import Keyring
from services.approval.models import Decision, SigningKey
from tests.approval.conftest import waiting
from tests.bundles import AGENCY

NO_REASONS = {"facts": "", "law": "", "considerations": ""}


async def test_key_of_a_failed_transaction_signs_nothing_afterwards(approval):
    _, decision = await waiting(approval)
    officer = Principal("officer", str(uuid4()), frozenset({"approver"}), AGENCY)
    keyring = approval.kit.resource(Keyring)

    async def grant(fails: bool) -> UUID:
        async with approval.kit.database.transaction() as session:
            await commands.grant(session, keyring, decision, officer, NO_REASONS)
            if fails:
                raise RuntimeError("afterwards")

    with pytest.raises(RuntimeError, match="afterwards"):
        await grant(fails=True)
    assert await approval.rows(select(SigningKey)) == []
    await grant(fails=False)
    (key,) = await approval.rows(select(SigningKey))
    (row,) = await approval.rows(select(Decision))
    assert row["state"] == "granted"
    assert keyring.sign("x", key["kid"], key["sealed"])
