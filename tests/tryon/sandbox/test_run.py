"""The sandbox as a process of its own."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tryon.sandbox.server import Sandbox

pytestmark = pytest.mark.processes(20)

ROOT = Path(__file__).parents[3]


@contextlib.contextmanager
def running(*words: str, **environment: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The process, and the first line that it printed."""
    child = subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert child.stdout is not None
        yield child, child.stdout.readline().strip()
    finally:
        child.kill()
        child.communicate()


@pytest.mark.parametrize(
    "words", [("-m", "tryon.sandbox"), ("-m", "django", "sandbox", "--settings=tryon.settings")]
)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_command_says_where_it_listens_and_ends_on_a_signal(
    tmp_path: Path, words: tuple[str, ...], number: signal.Signals
) -> None:
    with running(*words, "--port=0", f"--data={tmp_path}", DATA_DIR=str(tmp_path)) as (child, line):
        assert line.startswith("Sandbox gateway ready on http://127.0.0.1:")
        assert line.endswith(" (key llmtr-sandbox)")
        assert httpx.get(line.split()[4] + "/v1/models").status_code == 200
        child.send_signal(number)
        assert child.wait(10) == 0


def test_several_keys_are_several_accounts(tmp_path: Path) -> None:
    words = ("-m", "tryon.sandbox", "--port=0", f"--data={tmp_path}", "--key=one", "--key=two")
    with running(*words) as (_, line):
        url = line.split()[4]
        for key, status in (("one", 400), ("two", 400), ("llmtr-sandbox", 401)):
            answer = httpx.post(f"{url}/v1/images/edits", headers={"Authorization": f"Bearer {key}"})
            assert answer.status_code == status


def test_a_model_may_be_gone_from_the_start(tmp_path: Path) -> None:
    words = ("-m", "tryon.sandbox", "--port=0", f"--data={tmp_path}", "--lifetime")
    gone = '{"model": "google/imagen-4", "retires_at": "2020-01-01"}'
    with running(*words, gone) as (_, line):
        assert '"google/imagen-4"' not in httpx.get(line.split()[4] + "/v1/models").text
    for broken in ("{", '{"model": "google/nothing"}', '{"model": "google/imagen-4", "retires_at": "soon"}'):
        ended = subprocess.run([sys.executable, *words, broken], cwd=ROOT, capture_output=True, check=False)
        assert ended.returncode == 2
        assert b"argument --lifetime" in ended.stderr


def test_a_port_that_is_taken_is_named(sandbox: Sandbox, tmp_path: Path) -> None:
    port = sandbox.url.rpartition(":")[2]
    words = [sys.executable, "-m", "tryon.sandbox", f"--port={port}", f"--data={tmp_path}"]
    ended = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.stderr


def test_the_sandbox_runs_alone(tmp_path: Path) -> None:
    """Nothing is behind it but its own package, the samples, the standard library and Pillow."""
    foreign = "('django', 'gallery', 'httpx', 'celery')"
    code = (
        "import sys, tryon.sandbox.__main__;"
        f"print([name for name in sys.modules if name.partition('.')[0] in {foreign}"
        " or name.startswith('tryon.') and not name.startswith(('tryon.sandbox', 'tryon.samples'))])"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"


def test_without_a_folder_nothing_is_left_behind(tmp_path: Path) -> None:
    with running("-m", "tryon.sandbox", "--port=0", TMPDIR=str(tmp_path)) as (child, _):
        assert len(list(tmp_path.iterdir())) == 1
        child.terminate()
        child.wait(10)
        assert list(tmp_path.iterdir()) == []
