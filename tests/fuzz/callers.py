"""Who asks: whoever the row of the authorisation table admits, and strangers."""

from collections.abc import Mapping
from uuid import UUID

from kit.testing import AGENCY, Harness
from tests.authorisation.matrix import Row, callers
from tests.fuzz.standing import OFFICER, Target

Headers = dict[str, str]


def admitted(harness: Harness, row: Row, target: Target) -> list[Headers]:
    """Headers of those whom the row admits; whose the thing is, where it is somebody's."""
    found: list[Headers] = []
    for word in sorted(row.allow):
        kind, _, name = word.partition(":")
        if kind == "anyone":
            found.append({})
        elif kind == "citizen" and (target.person or row.allow & {"holder"} == frozenset()):
            found.append(harness.citizen(target.person))
        elif kind == "holder" and target.person is None and "journey_id" in target.ids:
            found.append(harness.holder(UUID(target.ids["journey_id"])))
        elif kind == "officer":
            agencies = (AGENCY, "platform") if name == "administrator" else (AGENCY,)
            found += [harness.officer(name, officer=OFFICER, agency=agency) for agency in agencies]
        elif kind == "client":
            found.append(harness.bearer("client", str(OFFICER), scope=name))
        elif kind == "service":
            found.append(harness.as_service(name or target.ids.get("service", "review")))
    return found or [harness.citizen(target.person)]


def strangers(harness: Harness, row: Row) -> Mapping[str, Headers]:
    """Those whom the row does not admit; nobody is a stranger where anyone may ask."""
    if "anyone" in row.allow:
        return {}
    known = callers(harness)
    return {
        name: headers
        for name, headers in known.items()
        if not {name.partition("/")[0], name.partition("/")[0].partition(":")[0]} & row.allow
        and not name.endswith("another agency")
    }
