"""The units of docs/deploy/systemd: they run what the rest of the project runs, and have what they name."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from tests.live import ROOT, told_by_settings
from tryon.embedded import plan
from tryon.operations import health

FOLDER = ROOT / "docs/deploy/systemd"
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
GUIDE = (ROOT / "docs/deploy.md").read_text()
HOME, PYTHON = "/opt/tryon", "/opt/tryon/.venv/bin/python"
LASTING = {"web": "web", "beat": "beat"}
LASTING |= {queue: f"worker-{queue}" for queue in health.QUEUES}
DOCKERFILE = (ROOT / "Dockerfile").read_text()

Unit = dict[str, list[str]]


def unit(name: str) -> Unit:
    """What a unit says, together with what is said for all of them: name -> values, in their order."""
    said: Unit = defaultdict(list)
    common = FOLDER / "tryon-.service.d/common.conf"
    for file in (FOLDER / name, *([common] if name.endswith(".service") else [])):
        for line in file.read_text().replace("\\\n", " ").splitlines():
            if re.match(r"\w+=", line):
                key, _, value = line.partition("=")
                said[key].append(value.replace("%%", "%"))
    return said


def command(unit: Unit) -> list[str]:
    return shlex.split(unit["ExecStart"][0])


def in_compose(name: str) -> list[str]:
    """The same in the compose file, without the program's own name."""
    given = SERVICES[LASTING[name]].get("command") or re.search(r"^CMD (\[.*\])", DOCKERFILE, re.MULTILINE)[1]
    words = yaml.safe_load(given) if given.startswith("[") else shlex.split(given)
    return [word.replace("0.0.0.0:8000", "127.0.0.1:8001") for word in words]


@pytest.mark.parametrize("name", LASTING)
def test_each_part_runs_as_in_the_compose_file(name):
    assert command(unit(f"tryon-{name}.service")) == [PYTHON, "-m", *in_compose(name)]


@pytest.mark.parametrize("queue", health.QUEUES)
def test_workers_run_as_the_embedded_product_runs_them(queue):
    words = command(unit(f"tryon-{queue}.service"))
    assert words[5 : 5 + len(plan.WORKER)] == ["worker", *plan.WORKER[1:]]
    assert words[words.index("-Q") + 1] == queue


@pytest.mark.processes
@pytest.mark.parametrize("name", LASTING)
def test_a_stop_waits_as_long_as_in_the_compose_file_and_for_the_longest_paid_call(name):
    given = int(unit(f"tryon-{name}.service")["TimeoutStopSec"][0])
    assert given == int(SERVICES[LASTING[name]].get("stop_grace_period", "10s")[:-1])
    if name == "calls":
        assert given == plan.CALLS_GRACE > float(told_by_settings("settings.GENERATION_SECONDS")[0])


@pytest.mark.parametrize("name", LASTING)
def test_each_part_starts_after_the_migrations_stops_in_order_and_comes_back(name):
    said = unit(f"tryon-{name}.service")
    assert said["Requires"] == ["tryon-prepare.service"]
    assert "tryon-prepare.service" in said["After"]
    assert said["PartOf"] == ["tryon.target"]
    assert (said["Restart"], said["StartLimitIntervalSec"]) == (["always"], ["0"])
    assert (said["KillSignal"], said["KillMode"]) == (["SIGTERM"], ["mixed"])
    assert f"tryon-{name}.service" in unit("tryon.target")["Wants"][0]


@pytest.mark.parametrize("name", [*LASTING, "prepare", "backup"])
def test_nobody_is_root_or_writes_elsewhere(name):
    said = unit(f"tryon-{name}.service")
    assert (said["User"], said["NoNewPrivileges"], said["CapabilityBoundingSet"]) == (
        ["tryon"],
        ["yes"],
        [""],
    )
    assert said["PrivateTmp"] == ["yes"]
    if name == "backup":
        assert said["ProtectSystem"] == ["full"]
    else:
        assert (said["ProtectSystem"], said["ReadWritePaths"]) == (["strict"], ["/var/lib/tryon"])


def test_every_place_that_is_named_is_made_in_the_guide():
    files = [file for file in FOLDER.rglob("*") if file.is_file()]
    lines = [line for file in files for line in file.read_text().splitlines() if not line.startswith("#")]
    ours = set(re.findall(r"/(?:opt|etc|var/lib|var/backups)/tryon\b", "\n".join(lines)))
    assert ours == {"/opt/tryon", "/etc/tryon", "/var/lib/tryon", "/var/backups/tryon"}
    for place in ours:
        assert re.search(rf"^(install|ln|sudo) .*{place}\b", GUIDE, re.MULTILINE), place
    for file in files:
        assert file.name == "common.conf" or file.name in GUIDE or "systemd/tryon-*" in GUIDE


def test_scripts_in_the_project_that_are_run_exist():
    for name in ("prepare", "backup"):
        said = "\n".join(unit(f"tryon-{name}.service")["ExecStart"])
        manage = re.search(r"manage\.py (\w+)", said)[1]
        assert (ROOT / f"tryon/management/commands/{manage}.py").is_file()
        assert unit(f"tryon-{name}.service")["WorkingDirectory"] == [HOME]


def test_the_environment_file_names_settings_that_are_explained():
    named = re.findall(r"^([A-Z_0-9]+)=", (FOLDER / "tryon.env").read_text(), re.MULTILINE)
    explained = re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert set(named) <= set(explained)
    assert unit("tryon-web.service")["EnvironmentFile"] == ["/etc/tryon/env"]


def test_the_proxy_says_of_a_request_what_that_of_the_compose_file_does():
    def headers(file: Path) -> dict[str, str]:
        return dict(re.findall(r"proxy_set_header (\S+) (.+?);", file.read_text()))

    def media(file: Path) -> list[str]:
        block = file.read_text().partition("location /protected/ {")[2].partition("}")[0]
        return [line.split("#")[0].strip() for line in block.splitlines() if line.strip()]

    ours, theirs = FOLDER / "nginx.conf", ROOT / "docs/deploy/nginx.conf"
    assert headers(ours) == headers(theirs) | {"X-Forwarded-Proto": "$scheme"}
    moved = [line.replace("/data/media/", "/var/lib/tryon/media/") for line in media(theirs)]
    assert media(ours) == moved != []
    assert "127.0.0.1:8001" in command(unit("tryon-web.service"))
    assert "proxy_pass http://127.0.0.1:8001;" in ours.read_text()


@pytest.mark.processes
@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_reads_the_units_and_finds_them_safe(tmp_path):
    folder = shutil.copytree(FOLDER, tmp_path / "units")
    names = [file.name for file in folder.glob("tryon*") if file.suffix in {".service", ".target", ".timer"}]
    env = {"SYSTEMD_UNIT_PATH": f"{folder}:", "PATH": "/usr/bin:/bin"}
    said = subprocess.run(
        ["systemd-analyze", "verify", *(str(folder / name) for name in names)],
        env=env,
        capture_output=True,
        text=True,
    )
    left = [line for line in said.stderr.splitlines() if f"{PYTHON} is not executable" not in line]
    assert left == []
    for name in names:
        if name.endswith(".service"):
            subprocess.run(
                ["systemd-analyze", "security", "--offline=yes", "--threshold=20", folder / name],
                env=env,
                capture_output=True,
                check=True,
            )
