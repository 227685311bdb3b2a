"""The whole product on a folder of its own: the processes that `up` starts, with short times."""

from __future__ import annotations

import os
import re
import signal
import sys
from pathlib import Path
from typing import Any, Self

import httpx
import redis

from tests import forks
from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.order import Order
from tests.chaos.parts import Part
from tests.chaos.schedule import CALLS
from tests.live import until
from tryon.embedded import broker, plan, ports

# Everything that waits for a time is as in production, and shorter; all else is what `up` takes.
TIMES: dict[str, float] = {
    "GENERATION_SECONDS": 10,
    "INTENT_LEASE_SECONDS": 14,
    "CLAIM_LEASE_SECONDS": 18,  # longer than a wait for another one's upload and an upload of one's own
    "UPLOAD_SECONDS": 4,
    "SWEEP_SECONDS": 1,
    "BREAKER_SECONDS": 1,
    "LINE_RETRY_SECONDS": 2,
    "PURGE_SECONDS": 20,
}
# Claims that end while they wait for an upload: whoever was first must not go on under the old one.
SLOW_UPLOADS = {"CLAIM_LEASE_SECONDS": 3.0, "UPLOAD_SECONDS": 12.0, "PUSH_SECONDS": 0.01}
MARGIN = 2  # seconds by which a pause outlives a lease


class Product:
    """Sandbox, broker, database, workers, beat and web; all of them end with the `with` block."""

    def __init__(self, order: Order, folder: Path, static: Path) -> None:
        self.order, self.folder = order, folder
        self.data = folder / "data"
        self.data.mkdir(parents=True)
        self.times = TIMES | (SLOW_UPLOADS if order.slow_uploads else {})
        self.database = Postgres(folder) if order.database == "postgres" else Sqlite(self.data)
        self.listener = ports.listen(0)
        self.address = f"http://{ports.HOST}:{self.listener.getsockname()[1]}"
        self.parts: dict[str, Part] = {}
        self._static = static
        self._socket = folder / "broker.sock"
        self.progress = folder / "progress"  # a byte for each wish that has come to its end
        self.progress.touch()
        self.report = folder / "report.json"  # of what the shoppers saw

    def __enter__(self) -> Self:
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for part in reversed(self.parts.values()):
            part.kill()
        self.listener.close()
        self.database.close()

    # What it consists of ------------------------------------------------------------------------------
    def _begin(self) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        bare = keep | {"PYTHONUNBUFFERED": "1"}
        self._add_ground(bare)
        self.environment = bare | self._settings()
        self._prepare()
        for name in CALLS:
            self._add_worker(name, "calls", 64)
        self._add_worker("renditions", "renditions", os.cpu_count() or 1)
        beat = ["beat", "-s", str(self.folder / "beat-schedule"), "--loglevel", "INFO"]
        self._add("beat", [*self._app, *beat], self.environment)
        self._add_web()
        for part in self.parts.values():
            until(lambda part=part: part.is_ready or not part.is_running, 60, f"{part.name} is ready")
            assert part.is_running, part.log.read_text()[-3000:]

    def _add_ground(self, bare: dict[str, str]) -> None:
        """What the rest stands on."""
        options = ["--port", "0", "--data", str(self.folder / "sandbox")]
        sandbox = [sys.executable, "-m", "tryon.sandbox", *options]
        self._add("sandbox", sandbox, bare, ready=lambda: bool(self._sandbox_url()))
        valkey = broker.command(self._socket, self.folder)
        self._add("broker", valkey, bare, ready=lambda: broker.answers(broker.url(self._socket)))

    def _add_web(self) -> None:
        fd = self.listener.fileno()
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:tryon.embedded.web"]
        web = [*gunicorn, "--bind", f"fd://{fd}", "tryon.wsgi"]
        self._add("web", web, self.environment, ready=self._web_answers, fds=(fd,))

    def _prepare(self) -> None:
        """With times that its checks accept, also for a storm in which they shall do harm."""
        sound = {name: str(value) for name, value in TIMES.items()}
        forks.run(["manage.py", "prepare"], self.environment | sound).check_returncode()

    def _settings(self) -> dict[str, str]:
        self.sandbox = until(self._sandbox_url, 20, "the sandbox is ready")
        times = {name: str(value) for name, value in self.times.items()}
        return (
            times
            | self.database.environment
            | {
                "DJANGO_SETTINGS_MODULE": "tryon.settings",
                "ENV_FILE": "",
                "DATA_DIR": str(self.data),
                "STATIC_ROOT": str(self._static),
                "DATABASE_URL": self.database.url,
                "DATABASE_POOL": "10",
                "REDIS_URL": broker.url(self._socket),
                "LLMTR_BASE_URL": self.sandbox,
                "LLMTR_API_KEY": plan.SANDBOX_KEY,
                "SECRET_KEY": "only for the storm, and long enough for that",
                "GUESTS": "1",
                "CELERY_SKIP_CHECKS": "1",
                "LOG_FORMAT": "console",
            }
        )

    @property
    def _app(self) -> list[str]:
        app = f"tests.chaos.builds.{self.order.build}" if self.order.build else "tryon.celery"
        return [sys.executable, "-m", "celery", "-A", app]

    def _add(self, name: str, command: list[str], environment: dict[str, str], **how: Any) -> None:
        self.parts[name] = Part(name, command, environment, self.folder, **how)
        self.parts[name].start()

    def _add_worker(self, name: str, queue: str, threads: int) -> None:
        options = ["-Q", queue, "-c", str(threads), "-n", f"{name}@%h", "--loglevel", "INFO"]
        self._add(name, [*self._app, *plan.WORKER, *options], self.environment)

    def _sandbox_url(self) -> str:
        said = re.search(r"ready on (http\S+)", self.parts["sandbox"].log.read_text())
        return said[1] if said else ""

    def _web_answers(self) -> bool:
        return ports.answers(int(self.address.rpartition(":")[2]))

    # What is done to it -------------------------------------------------------------------------------
    def control(self, name: str, body: Any = None) -> Any:
        """One of the sandbox's controls: read, or set."""
        method = "GET" if body is None else "POST"
        return httpx.request(method, f"{self.sandbox}/_sandbox/{name}", json=body, timeout=30).json()

    def forgive(self) -> None:
        """No call meets a fault any more."""
        httpx.delete(f"{self.sandbox}/_sandbox/faults", timeout=30)

    def kill_web_worker(self) -> None:
        """One of gunicorn's own; it starts another one."""
        for pid in self.parts["web"].workers()[:1]:
            os.kill(pid, signal.SIGKILL)

    def empty_broker(self) -> None:
        try:
            with redis.Redis(unix_socket_path=str(self._socket), socket_timeout=2) as client:
                client.flushall()
        except redis.RedisError:
            pass  # just being started again: its memory comes from the log, as after any other kill

    # What can be seen of it ---------------------------------------------------------------------------
    def in_hand(self, name: str) -> dict[str, int]:
        """The paid calls that this process waits for: attempt id -> bytes of the answer so far."""
        found = {}
        for link in Path(f"/proc/{self.parts[name].pid}/fd").glob("*"):
            try:
                file = Path(link.readlink())
                if file.name.endswith(".json.partial"):
                    found[file.name.partition(".")[0].replace("-", "")] = file.stat().st_size
            except OSError:
                continue  # closed meanwhile
        return found

    def spooled(self) -> set[str]:
        """The attempts whose whole answer rests on disk."""
        return {file.stem.replace("-", "") for file in (self.data / "spool").glob("*.json")}

    def sending(self) -> set[str]:
        """The attempts that have not been settled."""
        rows = self.database.rows("SELECT id FROM tryon_attempt WHERE status = 'sending'")
        return {str(pk).replace("-", "") for (pk,) in rows}

    def claimed(self) -> int:
        """How many generations are claimed and not sent yet."""
        query = (
            "SELECT count(*) FROM tryon_generation g WHERE status = 'running' AND NOT EXISTS "
            "(SELECT 1 FROM tryon_attempt a WHERE a.generation_id = g.id AND a.status = 'sending')"
        )
        return int(self.database.rows(query)[0][0])

    def unfinished(self) -> int:
        query = "SELECT count(*) FROM tryon_generation WHERE status IN ('queued', 'running')"
        return int(self.database.rows(query)[0][0])
