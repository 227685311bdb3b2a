"""The whole product on a folder of its own: the processes that `up` starts, with short times."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx
import redis

from tests import forks
from tests.chaos.databases import Postgres, Sqlite
from tests.chaos.order import Order
from tests.chaos.parts import Part
from tests.chaos.schedule import CALLS, MACHINES
from tests.gallery import bucket
from tests.live import WITH_KEY, until
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


@dataclass
class Machine:
    """A data folder, and the processes that work on it: one is killed and brought back as a whole."""

    name: str
    data: Path
    calls: tuple[str, ...]
    listener: socket.socket
    parts: list[Part] = field(default_factory=list)
    is_down: bool = False

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True)
        self.address = f"http://{ports.HOST}:{self.listener.getsockname()[1]}"

    def spooled(self) -> set[str]:
        """The attempts whose whole answer rests on its disk."""
        return {file.stem.replace("-", "") for file in (self.data / "spool").glob("*.json")}


class Product:
    """Sandbox, broker, database, workers, beat and web; all of them end with the `with` block.

    Two machines share the first three and a bucket.
    """

    def __init__(self, order: Order, folder: Path, static: Path) -> None:
        self.order, self.folder = order, folder
        homes = MACHINES if order.machines > 1 else {"machine-1": CALLS}
        self.machines = {
            name: Machine(name, folder / name, calls, ports.listen(0)) for name, calls in homes.items()
        }
        self.data = self.machines["machine-1"].data
        self.times = TIMES | (SLOW_UPLOADS if order.slow_uploads else {})
        self.database = Postgres(folder) if order.database == "postgres" else Sqlite(self.data)
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
        for machine in self.machines.values():
            machine.listener.close()
        self.database.close()

    # What it consists of ------------------------------------------------------------------------------
    def _begin(self) -> None:
        keep = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        bare = keep | {"PYTHONUNBUFFERED": "1"}
        self._add_ground(bare)
        self.environment = bare | self._settings()
        self._prepare()
        for machine in self.machines.values():
            self._add_machine(machine)
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

        if self.order.machines > 1:
            moto = [sys.executable, "-m", "moto.server", "-H", ports.HOST, "-p", "0"]
            self._add("bucket", moto, bare, ready=lambda: bool(self._said("bucket", r"Running on (http\S+)")))

    def _add_machine(self, machine: Machine) -> None:
        """Its processes; those of the second one have names of their own."""
        environment = self.environment | {"DATA_DIR": str(machine.data), "SITE_URL": machine.address}
        more = "" if machine.name == "machine-1" else machine.name.removeprefix("machine")
        known = set(self.parts)
        for name in machine.calls:
            self._add_worker(name, "calls", 64, environment)
        self._add_worker(f"renditions{more}", "renditions", os.cpu_count() or 1, environment)
        self._add_worker(f"upkeep{more}", "upkeep", 4, environment)
        beat = ["beat", "-s", str(machine.data / "beat-schedule"), "--loglevel", "INFO"]
        self._add(f"beat{more}", [*self._app, *beat], environment)
        self._add_web(f"web{more}", machine, environment)
        machine.parts = [part for name, part in self.parts.items() if name not in known]

    def _add_web(self, name: str, machine: Machine, environment: dict[str, str]) -> None:
        """The socket of a single machine stays open, as with `up`; nobody answers for one that is down."""
        fd = machine.listener.fileno()
        bind, fds = (f"fd://{fd}", (fd,)) if self.order.machines == 1 else (machine.address[7:], ())
        if not fds:
            machine.listener.close()
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:tryon.embedded.web"]
        ready = partial(ports.answers, machine.port)
        self._add(name, [*gunicorn, "--bind", bind, "tryon.wsgi"], environment, ready=ready, fds=fds)

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
                "SITE_URL": self.machines["machine-1"].address,
                "GUESTS": "1",
                "UPLOADS_PER_HOUR": "none",
                "CELERY_SKIP_CHECKS": "1",
                "LOG_FORMAT": "console",
            }
            | (self._bucket() if self.order.machines > 1 else {})
        )

    def _bucket(self) -> dict[str, str]:
        address = until(lambda: self._said("bucket", r"Running on (http\S+)"), 20, "the bucket is ready")
        s3 = bucket.options(address)
        return {
            "MEDIA_S3_BUCKET": s3["bucket_name"],
            "MEDIA_S3_ENDPOINT": address,
            "MEDIA_S3_REGION": s3["region_name"],
            "MEDIA_S3_PREFIX": s3["location"],
            "AWS_ACCESS_KEY_ID": s3["access_key"],
            "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
            "PURGE_SECONDS": "5",
        }

    @property
    def _app(self) -> list[str]:
        app = f"tests.chaos.builds.{self.order.build}" if self.order.build else "tryon.celery"
        return [sys.executable, "-m", "celery", "-A", app]

    def _add(self, name: str, command: list[str], environment: dict[str, str], **how: Any) -> None:
        environment = {**environment, "PGAPPNAME": name}
        self.parts[name] = Part(name, command, environment, self.folder, **how)
        self.parts[name].start()

    def _add_worker(self, name: str, queue: str, threads: int, environment: dict[str, str]) -> None:
        options = ["-Q", queue, "-c", str(threads), "-n", f"{name}@%h", "--loglevel", "INFO"]
        self._add(name, [*self._app, *plan.WORKER, *options], environment)

    def _sandbox_url(self) -> str:
        return self._said("sandbox", r"ready on (http\S+)")

    def _said(self, name: str, what: str) -> str:
        found = re.search(what, self.parts[name].log.read_text())
        return found[1] if found else ""

    # What is done to it -------------------------------------------------------------------------------
    def control(self, name: str, body: Any = None) -> Any:
        """One of the sandbox's controls: read, or set."""
        method = "GET" if body is None else "POST"
        return httpx.request(
            method, f"{self.sandbox}/_sandbox/{name}", json=body, headers=WITH_KEY, timeout=30
        ).json()

    def forgive(self) -> None:
        """No call meets a fault any more."""
        httpx.delete(f"{self.sandbox}/_sandbox/faults", timeout=30)

    def delete(self, attempt: str, machine: Machine) -> None:
        """The try-on of an attempt is deleted by its owner, on this machine."""
        environment = self.environment | {"DATA_DIR": str(machine.data), "SITE_URL": machine.address}
        forks.run(["-m", "tests.chaos.deleting", attempt], environment).check_returncode()

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
        """The attempts whose whole answer rests on a disk."""
        return {attempt for machine in self.machines.values() for attempt in machine.spooled()}

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

    def half_deleted(self) -> int:
        """Rows that are deleted and still name files."""
        images = "original <> '' OR small <> '' OR large <> '' OR preview <> '' OR download <> ''"
        tables = {"gallery_image": images, "tryon_reference": "file <> '' OR small <> ''"}
        parts = [
            f"(SELECT count(*) FROM {table} WHERE deleted_at IS NOT NULL AND ({named}))"
            for table, named in tables.items()
        ]
        return int(self.database.rows(f"SELECT {' + '.join(parts)}")[0][0])

    def unfinished(self) -> int:
        query = "SELECT count(*) FROM tryon_generation WHERE status IN ('queued', 'running')"
        return int(self.database.rows(query)[0][0])
