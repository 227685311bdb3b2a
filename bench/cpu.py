"""CPU time of running processes and of everything that they start, read from /proc (Linux)."""

import os
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
SERVICE = '{{.State.Pid}} {{index .Config.Labels "com.docker.compose.service"}} {{.Id}}'


class Meter:
    """Sums of user and system seconds by name, of process trees named by their root processes.

    A process that ended is counted where its parent waited for it, so short-lived children are not lost.
    """

    def __init__(self, roots: Mapping[str, Iterable[int]]) -> None:
        self._roots = {name: list(pids) for name, pids in roots.items()}

    def read(self) -> dict[str, float]:
        seconds, children = _processes()
        return {
            name: sum(_tree(pid, seconds, children) for pid in pids) for name, pids in self._roots.items()
        }


def _processes() -> tuple[dict[int, float], dict[int, list[int]]]:
    """Seconds by process, its ended children's with them, and who is whose child."""
    seconds: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            told = (folder / "stat").read_text()
        except OSError:  # it ended meanwhile
            continue
        fields = told.rpartition(")")[2].split()  # a name may hold spaces; from the state on, none does
        pid = int(folder.name)
        seconds[pid] = sum(map(int, fields[11:15])) / TICKS
        children[int(fields[1])].append(pid)
    return seconds, children


def _tree(pid: int, seconds: dict[int, float], children: dict[int, list[int]]) -> float:
    below = sum(_tree(child, seconds, children) for child in children.get(pid, ()))
    return seconds.get(pid, 0.0) + below


def containers(project: str) -> dict[str, list[tuple[int, str]]]:
    """Root process and container id by service of a running compose project."""
    label = f"label=com.docker.compose.project={project}"
    ids = _docker("ps", "--quiet", "--filter", label).split()
    if not ids:
        raise SystemExit(f"No container of a project {project} runs.")
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line in _docker("inspect", "--format", SERVICE, *ids).splitlines():
        pid, service, container = line.split()
        found[service].append((int(pid), container))
    return found


def set_latency(container: str, seconds: float) -> None:
    """Tell the sandbox of a container how long a generation takes."""
    body = f'{{"generations": {seconds}}}'
    ask = (
        "from urllib.request import Request, urlopen; "
        f"urlopen(Request('http://127.0.0.1:8080/_sandbox/latency', b'{body}', "
        "{'Content-Type': 'application/json'}))"
    )
    _docker("exec", container, "python", "-c", ask)


def _docker(*words: str) -> str:
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout
