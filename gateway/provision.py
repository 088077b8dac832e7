"""What the gateway needs on the bus beside its own consumer: the streams of the partners."""

from nats.js import JetStreamContext

from gateway.commands import partners
from gateway.settings import Settings


async def provision(jetstream: JetStreamContext, settings: Settings) -> None:
    """Make what the agreements want, with the operator's rights; InvalidAgreement before anything is made."""
    agreements = partners.read_agreements(settings.agreements)
    await partners.provision(jetstream, agreements, settings.nats_replicas)
