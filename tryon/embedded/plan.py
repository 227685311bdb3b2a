"""What runs, in which order, and with which settings."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tryon.embedded import broker, ports
from tryon.embedded.child import Part

CALLS_GRACE = 210.0  # longer than one call in all (180 s), so that a paid picture is not left behind
SANDBOX_KEY = "llmtr-sandbox"
CELERY = [sys.executable, "-m", "celery", "-A", "tryon.celery"]
WORKER = ["worker", "-P", "threads", "--without-gossip", "--without-mingle", "--without-heartbeat"]


@dataclass(frozen=True)
class Plan:
    """The product on one machine. An empty broker address or gateway key: one of its own is started.

    `sockets` is a folder with a short path, `web_fd` the listening socket that the web serves.
    """

    data: Path
    sockets: Path
    redis_url: str
    gateway_key: str
    static_root: str
    web_port: int
    web_fd: int
    owns_database: bool

    def environment(self) -> dict[str, str]:
        """The children's environment: ours, with what this plan provides."""
        given = {
            "DATA_DIR": str(self.data),
            "STATIC_ROOT": self.static_root or str(self.data / "static"),
            "REDIS_URL": self.redis_url or broker.url(self._broker_socket),
            "BIND": ports.HOST,
            "PORT": str(self.web_port),
            "ENV_FILE": "",  # already in our environment
        }
        if not self.gateway_key:
            given["LLMTR_API_KEY"] = SANDBOX_KEY
            given["LLMTR_BASE_URL"] = f"http://{ports.HOST}:{ports.kept(self._run / 'sandbox.port')}"
        # Each worker would run the checks again that `prepare` has just run.
        defaults = {"GUESTS": "1", "SIGNUP": "open", "PYTHONUNBUFFERED": "1", "CELERY_SKIP_CHECKS": "1"}
        ours = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in given}
        return defaults | ours | given

    def before(self, environment: Mapping[str, str]) -> list[Part]:
        """What the rest stands on."""
        parts = []
        if not self.redis_url:
            command = broker.command(self._broker_socket, self.data / "broker")
            ready = partial(broker.answers, environment["REDIS_URL"])
            parts.append(Part("broker", command, ready, 10, environment))
        if not self.gateway_key:
            port = int(environment["LLMTR_BASE_URL"].rpartition(":")[2])
            where = ["--port", str(port), "--data", str(self.data / "sandbox")]
            command = [sys.executable, "-m", "tryon.sandbox", "--no-words", *where]
            parts.append(
                Part("sandbox", command, partial(ports.answers, port, "/api/models"), 10, environment)
            )
        return parts

    def preparation(self, environment: Mapping[str, str]) -> Part:
        """Database, static files, samples and the staff account; it ends by itself."""
        command = [sys.executable, "manage.py", "prepare", "--staff"]
        if self.owns_database:  # whoever held a claim in it died with the last run
            command.append("--alone")
        return Part("prepare", command, lambda: True, 10, environment)

    def product(self, environment: Mapping[str, str]) -> list[Part]:
        """The workers, the clock and the web, in the order in which they start."""
        calls = [*WORKER, "-Q", "calls", "-c", "64", "-n", "calls@%h"]
        renditions = [*WORKER, "-Q", "renditions", "-c", str(os.cpu_count() or 1), "-n", "renditions@%h"]
        upkeep = [*WORKER, "-Q", "upkeep", "-c", "4", "-n", "upkeep@%h"]
        beat = ["beat", "-s", str(self._run / "beat-schedule")]
        return [
            self._celery("calls", calls, CALLS_GRACE, environment),
            self._celery("renditions", renditions, 60, environment),
            self._celery("upkeep", upkeep, 60, environment),
            self._celery("beat", beat, 10, environment),
            self._web(environment),
        ]

    def _celery(self, name: str, command: list[str], grace: float, environment: Mapping[str, str]) -> Part:
        mark = self._run / f"{name}.ready"
        environment = {**environment, "READY_FILE": str(mark)}
        return Part(
            name, [*CELERY, *command, "--loglevel", "INFO"], mark.exists, grace, environment, mark=mark
        )

    def _web(self, environment: Mapping[str, str]) -> Part:
        gunicorn = [sys.executable, "-m", "gunicorn", "-c", "python:tryon.embedded.web"]
        command = [*gunicorn, "--bind", f"fd://{self.web_fd}", "tryon.wsgi"]
        ready = partial(ports.answers, self.web_port)
        return Part("web", command, ready, 30, environment, keep_fds=(self.web_fd,))

    @property
    def _run(self) -> Path:
        return self.data / "run"

    @property
    def _broker_socket(self) -> Path:
        return self.sockets / "broker.sock"
