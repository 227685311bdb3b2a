"""What a decoder that a picture has taken over may do on this machine: nothing but decode."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(sys.platform != "linux", reason="Landlock and seccomp are Linux's"),
]

TRIED = """
import json, os, socket, subprocess, sys, time
from pathlib import Path
from gallery.decode import confinement
secret, other, handed = sys.argv[1], int(sys.argv[2]), open(sys.argv[1], "rb")

def tried(what):
    try:
        return repr(what())
    except Exception as exc:
        return type(exc).__name__

def all_tried():
    return {
        "reads a photo": tried(lambda: Path(secret).read_bytes()),
        "lists the photos": tried(lambda: os.listdir(Path(secret).parent)),
        "reads the environment of another": tried(lambda: Path(f"/proc/{other}/environ").read_bytes()),
        "writes": tried(lambda: Path(secret).with_name("new").write_text("x")),
        "links": tried(lambda: os.link(secret, f"{secret}-{time.monotonic_ns()}")),
        "opens a socket": tried(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close()),
        "opens a local socket": tried(lambda: socket.socket(socket.AF_UNIX).close()),
        "runs a program": tried(lambda: subprocess.run(["/bin/true"]).returncode),
    }

before = all_tried()
held = sorted(confinement.confine())
later = [tried(handed.read), tried(lambda: __import__("pi_heif").__name__)]
print(json.dumps([before, held, all_tried(), *later]))
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> list:
    folder = tmp_path_factory.mktemp("photos")
    (folder / "photo").write_bytes(b"a person")
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        command = [sys.executable, "-c", TRIED, str(folder / "photo"), str(other.pid)]
        told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    finally:
        other.kill()
        other.communicate()
    return json.loads(told.stdout)


def test_what_a_kernel_offers_is_held(tried):
    held = set(tried[1])
    lsm = Path("/sys/kernel/security/lsm")
    expected = {"seccomp"} | ({"landlock"} if lsm.is_file() and "landlock" in lsm.read_text() else set())
    assert expected <= held


def test_everything_was_to_be_had_before_and_nothing_is_afterwards(tried):
    before, held, after, *_ = tried
    refused = {"PermissionError"}
    calls = {name for name in before if "socket" in name or "program" in name}
    assert not set(before.values()) & {"PermissionError"}
    if "seccomp" in held:
        assert {after[name] for name in calls} == refused
    if "landlock" in held:
        assert {told for name, told in after.items() if name not in calls} == refused


def test_what_it_was_handed_and_the_code_that_it_loads_later_stay_open(tried):
    assert tried[3:] == [repr(b"a person"), "'pi_heif'"]
