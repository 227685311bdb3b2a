"""The project's requirements and their locked versions, for pip: `python .ci/locked.py FOLDER [--no-dev]`."""

import sys
import tomllib
from collections import defaultdict
from pathlib import Path


def main(folder: Path, *, dev: bool) -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text())
    wanted = project["project"]["dependencies"] + (project["dependency-groups"]["dev"] if dev else [])
    (folder / "wanted").write_text("\n".join(wanted))
    (folder / "versions").write_text("\n".join(locked_versions(Path("uv.lock"))))


def locked_versions(file: Path) -> list[str]:
    """`name==version` for each package; one with several versions (by Python's version) is left to pip."""
    versions = defaultdict(set)
    for package in tomllib.loads(file.read_text())["package"]:
        if "registry" in package["source"]:
            versions[package["name"]].add(package["version"])
    return [f"{name}=={one}" for name, (one, *more) in versions.items() if not more]


if __name__ == "__main__":
    main(Path(sys.argv[1]), dev="--no-dev" not in sys.argv)
