"""What the figures were measured on."""

from bench.report.markdown import Figures


def section(figures: dict[str, Figures]) -> str:
    """Machine, versions and settings."""
    if not (found := figures.get("machine")):
        return ""
    machine, postgres, nats = found["machine"], dict(found["postgresql"]), found["nats"]
    version = postgres.pop("version")
    return (
        f"### Measured on\n\n{found['measured']['at']}: {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['memory_gib']} GiB, {machine['kernel']}, {found['python']}.\n\n"
        f"- PostgreSQL {version}: {_pairs(postgres)}\n"
        f"- NATS {nats['version']}: sync_interval `{nats['sync_interval']}`, {nats['storage']}\n"
        f"- Suite: {_pairs(found['suite'])}\n"
        f"- Libraries: {', '.join(f'{name} {each}' for name, each in found['libraries'].items())}\n"
        f"- Parts: {'; '.join(_stamps(figures))}\n"
    )


def _stamps(figures: dict[str, Figures]) -> list[str]:
    """When each part was measured, and on which revision."""
    stamps = {name: part["measured"] for name, part in figures.items() if "measured" in part and name != "machine"}
    return [f"{name} {each['at']} on `{each['revision']}`" for name, each in stamps.items()]


def _pairs(values: Figures) -> str:
    return ", ".join(
        f"{name} `{value}`" if " " not in str(value) else f"{name}: {value}" for name, value in values.items()
    )
