"""What the Dockerfile puts into an image, without a builder: its COPY instructions and the choice of the service."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.deploy.manifests import ROOT

WITHOUT_RUNNING = {".venv", "sbom.cdx.json"}
"""Made by the stage that installs, which is not run here."""


def instructions() -> Iterator[tuple[str, str]]:
    """The instructions of the Dockerfile with their arguments, each in one line."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, _, argument = line.partition(" ")
            yield name, argument.strip()


def ignored(path: str) -> bool:
    """Whether .dockerignore keeps a path out of the build; the last line that fits decides."""
    out = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if line and not line.startswith("#") and _fits(pattern, path):
            out = not line.startswith("!")
    return out


def _fits(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
    return re.fullmatch(f"{expression}(/.*)?", path) is not None


def context(target: Path) -> None:
    """The build context without what is ignored; folders of tools (dot folders) are not even looked into."""
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if not name.startswith(".") and name != "__pycache__"]
        for path in (Path(folder, file) for file in files):
            name = path.relative_to(ROOT)
            if not ignored(name.as_posix()):
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target / name)


def build(service: str, folder: Path) -> Path:
    """Do as the Dockerfile says below a folder; the folder that stands for / of the image."""
    stages = {"": folder / "context"}
    context(stages[""])
    current, at = "", "/"
    for name, argument in instructions():
        if name == "FROM":
            current, at = argument.partition(" AS ")[2] or "final", "/"
            stages[current] = folder / current
            stages[current].mkdir(parents=True, exist_ok=True)
        elif name == "WORKDIR":
            at = argument
            (stages[current] / at.strip("/")).mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            _copy(argument.split(), stages, stages[current], at)
        elif name == "RUN" and current == "source":
            here = stages[current] / at.strip("/")
            subprocess.run(
                ["sh", "-c", argument], cwd=here, env={"SERVICE": service, "PATH": "/usr/bin:/bin"}, check=True
            )
    return stages["final"]


def _copy(words: list[str], stages: dict[str, Path], root: Path, at: str) -> None:
    source = stages[words.pop(0).removeprefix("--from=") if words[0].startswith("--from=") else ""]
    *names, target = words
    place = root / (target if target.startswith("/") else f"{at}/{target}").strip("/")
    for name in names:
        found = source / name.strip("/")
        if found.is_dir():
            shutil.copytree(found, place, dirs_exist_ok=True)
        elif found.is_file():
            goal = place / found.name if target.endswith("/") else place
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, goal)
        else:
            assert found.name in WITHOUT_RUNNING | {"uv"}
