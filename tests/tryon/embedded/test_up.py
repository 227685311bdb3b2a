"""The one command, with all its real processes."""

from __future__ import annotations

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import forks
from tests.journey import SAMPLES
from tests.live import ROOT, until
from tests.up import Up, newcomer, placed

pytestmark = pytest.mark.processes(30)

# A word of each process's command line.
PARTS = (
    "broker.sock",
    "tryon.sandbox",
    "-Q calls",
    "-Q renditions",
    "-Q upkeep",
    "tryon.celery beat",
    "gunicorn",
)


@pytest.fixture(scope="module")
def shared(static_root: Path) -> dict[str, str]:
    return {"STATIC_ROOT": str(static_root)}


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, shared: dict[str, str]) -> Iterator[Up]:
    """On a folder with all that an address would take for its own, with every line of the example file."""
    folder = tmp_path_factory.mktemp("up")
    example = re.sub(r"(?m)^#(?=[A-Z_]+=)", "", (ROOT / ".env.example").read_text())
    (folder / "env").write_bytes(("\ufeff" + example.replace("\n", "\r\n")).encode())
    data = folder / "its #1?x%41%+data😀"
    own = {"ENV_FILE": str(folder / "env"), "DELETIONS_LOG": str(data / "deletions.log")}
    with Up(data, **shared, **own) as up:
        yield up.ready()


def test_the_page_opens_and_everything_that_makes_pictures_runs(up: Up) -> None:
    assert up.answer() == 200
    assert up.answer("admin/login/?next=/admin/") == 200
    assert not [name for name in PARTS if not up.child(name)]
    assert "Sandbox: pictures are stand-ins" in up.output


def test_the_staff_password_is_shown_in_the_terminal_and_kept_nowhere(up: Up) -> None:
    name, password = re.search(r"Staff log-in: \S+ as (\S+) / (\S+) ", up.output).groups()
    code = (
        "from django.contrib.auth import authenticate;"
        f"print(authenticate(username={name!r}, password={password!r}))"
    )
    told = forks.run(["manage.py", "shell", "-c", code], newcomer(up.data) | {"SECRET_KEY": "any"})
    assert told.stdout.split()[-1] == name
    assert not [log for log in (up.data / "log").iterdir() if password in log.read_text()]


def test_secrets_and_data_are_readable_by_their_owner_only(up: Up) -> None:
    assert (up.data / "secret_key").stat().st_mode & 0o777 == 0o600
    assert {file.stat().st_mode & 0o777 for file in up.data.glob("tryon.sqlite3*")} == {0o600}
    folders = (up.data, *(up.data / name for name in ("media", "spool", "run", "broker")))
    assert {folder.stat().st_mode & 0o777 for folder in folders} == {0o700}


def test_all_of_it_is_in_its_folder_whatever_that_is_called(up: Up) -> None:
    assert up.rows("SELECT count(*) > 10 FROM django_migrations") == [(1,)]
    assert (up.data / "run/broker.sock").is_socket()
    assert {file.name for file in up.data.parent.iterdir()} == {"env", up.data.name, f"{up.data.stem}.out"}


def test_a_second_one_on_the_same_data_says_so_and_leaves_the_first_alone(up: Up, tmp_path: Path) -> None:
    before = up.processes()
    second = Up(up.data, output=tmp_path / "second.out")
    assert second.process.wait(30) == 1
    assert re.fullmatch(r"CommandError: Already running on .* PORT=8001 make up\n", second.output)
    assert up.processes().keys() >= before.keys()


def test_a_taken_port_is_told_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        up = Up(tmp_path / "data", PORT=str(port))
        assert up.process.wait(30) == 1
    assert re.fullmatch(rf"CommandError: Port {port} cannot be had .* PORT=\d+ make up\n", up.output)
    assert not list((tmp_path / "data" / "log").iterdir())


def test_processes_that_die_are_started_again(up: Up) -> None:
    before = {part: up.child(part) for part in PARTS}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    until(lambda: all(up.child(part) not in (None, pid) for part, pid in before.items()), 60, "all run again")
    until(lambda: up.output.count("runs again") >= len(PARTS), 60, "all are ready again")
    assert up.answer() == 200


def test_a_stop_waits_for_the_picture_in_hand_and_the_next_start_finds_everything(
    tmp_path: Path, shared: dict[str, str], migrated: Path
) -> None:
    data = placed(tmp_path / "data", migrated)
    with Up(data, **shared, DJANGO_SUPERUSER_USERNAME="ada") as first:
        first.ready()
        key = (first.data / "secret_key").read_text()
        order_a_slow_picture(first)
        assert first.stop() == 0
        assert first.rows("select status from tryon_generation") == [("done",)]
        assert first.output.endswith("Stopped.\n")
        assert not first.processes()
    with Up(data, **shared) as second:
        second.ready()
        assert (second.data / "secret_key").read_text() == key
        assert second.output.count("as ada\n") == 1
        second.process.kill()
        until(lambda: not second.processes(), 5, "nothing left behind by kill -9")


def order_a_slow_picture(up: Up) -> None:
    """Samples, sent by a visitor; the gateway is in the middle of it when this returns."""
    sandbox = re.search(r"ready on (\S+)", (up.data / "log/sandbox.log").read_text())[1]
    httpx.post(f"{sandbox}/_sandbox/latency", json={"generations": 3.0}).raise_for_status()
    with httpx.Client(base_url=up.address, follow_redirects=True, timeout=30) as visitor:
        page = visitor.get("/").text
        names = ("csrfmiddlewaretoken", "key", "mode", *SAMPLES)
        fields = {name: re.search(rf'name="{name}"\s+value="([^"]+)"', page)[1] for name in names}
        visitor.post("/", data=fields).raise_for_status()
    until(
        lambda: up.rows("select 1 from tryon_attempt where status = 'sending'"), what="the call is under way"
    )
