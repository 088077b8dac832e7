"""Codes with a fixed alphabet: the only text that facts may carry."""

from typing import Annotated

from pydantic import StringConstraints

AgencyCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{8}|platform)$")]
"""8-digit organisation code of the agency that owns a definition, or ``platform``."""

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A machine word: the name of a notice, a channel, a reason."""

StepId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
"""The id of a step in its plan."""

DefinitionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}$")]

DefinitionRef = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,59}@[1-9][0-9]{0,5}$")]
"""``<definition id>@<version>``, e.g. ``food-licence@3``."""

IAL = Annotated[str, StringConstraints(pattern=r"^(1\.[123]|2\.[123]|3)$")]
AAL = Annotated[str, StringConstraints(pattern=r"^(1|2\.[12]|3)$")]
