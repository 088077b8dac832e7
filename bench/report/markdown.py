"""Markdown: tables, and numbers as they are written in them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

ORDER = (
    "gateway", "search", "identity", "request", "review", "approval", "payment", "issuance", "delivery", "postgres",
    "nats", "bank", "thaid", "mail",
)  # fmt: skip
"""Processes, as tables list them."""
Figures = dict[str, Any]


def table(head: Sequence[str], rows: Iterable[Sequence[object]], *, is_text: bool = False) -> str:
    """A Markdown table; numbers, in all columns but the first, stand to the right, text to the left."""
    lines = [" | ".join(head), " | ".join(["---", *["---" if is_text else "---:"] * (len(head) - 1)])]
    lines += [" | ".join(str(each) for each in row) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)


def number(value: float) -> str:
    """Digits that mean something, thousands with a comma."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def both(times: Mapping[str, float]) -> str:
    """Median and 99th percentile."""
    return f"{number(times['p50'])} / {number(times['p99'])}"
