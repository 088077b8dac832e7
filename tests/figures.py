"""The metrics of a service in a test, as Prometheus would read them."""

from prometheus_client.parser import text_string_to_metric_families

from kit.testing import Harness


async def figure(harness: Harness, name: str, **labels: str) -> float | None:
    """The value of a gauge with exactly these labels beside the service's; None while it is not shown."""
    answer = await harness.client.get("/metrics")
    wanted = labels | {"service": harness.service}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            if (sample.name, sample.labels) == (name, wanted):
                return sample.value
    return None


async def shows(harness: Harness, name: str, value: float, **labels: str) -> None:
    """Wait until the gauge has that value."""

    async def is_so() -> bool:
        return await figure(harness, name, **labels) == value

    await harness.until(is_so)
