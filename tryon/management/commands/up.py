import os
import socket
import time
from argparse import ArgumentParser
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from tryon.embedded import broker, folders, lock, parent_death, ports
from tryon.embedded.plan import Plan
from tryon.embedded.signals import STOP, Signals
from tryon.embedded.supervisor import NotStartedError, StopAskedError, Supervisor
from tryon.operations.environment import env


class Command(BaseCommand):
    help = "Run the whole product on this machine: broker, sandbox, workers, beat and web."
    requires_system_checks = []  # `prepare` runs them, with what this command provides

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--verbose", action="store_true", help="show what the processes write to their logs"
        )
        parser.add_argument(
            "--stop-with-parent",
            action="store_true",
            help="stop in order when the calling process ends (make)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self.began = time.monotonic()
        if options["stop_with_parent"]:
            parent_death.request_signal(os.getppid(), STOP[1])
        with ExitStack() as held:
            signals = held.enter_context(Signals())
            plan = self._plan(Path(settings.DATA_DIR), held)
            supervisor = Supervisor(plan.data / "log", self._say, signals, options["verbose"])
            self._run(supervisor, plan)

    def _plan(self, data: Path, held: ExitStack) -> Plan:
        """Everything that can be refused is refused here, before anything starts."""
        folders.make_folders(data)
        try:
            held.enter_context(lock.hold(data / "run" / "lock"))
        except lock.AlreadyRunningError as exc:
            raise CommandError(
                f"Already running on {data} ({exc}); for a second one: DATA_DIR=other PORT=8001 make up"
            ) from exc
        listener = held.enter_context(self._listener())
        if settings.REDIS_URL and not broker.answers(settings.REDIS_URL):
            raise CommandError("Nothing answers at REDIS_URL; without REDIS_URL a broker is started here.")
        if not settings.SECRET_KEY_GIVEN:
            folders.make_secret(data / "secret_key")
        return Plan(
            data=data,
            sockets=held.enter_context(folders.socket_folder(data / "run")),
            redis_url=settings.REDIS_URL,
            gateway_key=settings.LLMTR_API_KEY,
            static_root=env.text("STATIC_ROOT") and settings.STATIC_ROOT,
            web_port=listener.getsockname()[1],
            web_fd=listener.fileno(),
            owns_database=str(settings.DATABASES["default"]["NAME"]) == str(data / "tryon.sqlite3"),
        )

    def _listener(self) -> socket.socket:
        port = env.whole("PORT", 8000, most=65535)
        try:
            return ports.listen(port)
        except OSError as exc:
            other = 8001 if port == 8000 else 8000
            raise CommandError(
                f"Port {port} cannot be had ({exc.strerror}); choose another one: PORT={other} make up"
            ) from exc

    def _run(self, supervisor: Supervisor, plan: Plan) -> None:
        """From the first child to the last; CommandError when one could not start or had to be killed."""
        failure: NotStartedError | None = None
        try:
            self._start(supervisor, plan)
            supervisor.watch()
        except StopAskedError:
            pass
        except broker.NoBrokerError as exc:
            raise CommandError(
                f"No broker to be had: install Redis or Valkey, or set REDIS_URL. {exc}"
            ) from exc
        except NotStartedError as exc:
            failure = exc
        self._say("Stopping.")
        clean = supervisor.stop()
        if failure:
            raise CommandError("\n".join([f"{failure}. Its last lines:", *failure.lines]))
        if not clean:
            raise CommandError(
                "Not everything stopped by itself; what was in hand is looked after at the next start."
            )
        self._say("Stopped.")

    def _start(self, supervisor: Supervisor, plan: Plan) -> None:
        self._say(f"Starting on {plan.data}")
        environment = plan.environment()
        supervisor.start(plan.before(environment))
        staff, *models = supervisor.run_to_end(plan.preparation(environment)).splitlines()
        address = settings.SITE_URL if env.text("SITE_URL") else f"http://{ports.HOST}:{plan.web_port}"
        log_in = f"Staff log-in: {address}/admin/ as {staff}"
        try:
            supervisor.start(plan.product(environment))
        except (NotStartedError, StopAskedError):
            self._say(log_in)  # the only time that a new password is shown
            raise
        self._say(f"Ready in {time.monotonic() - self.began:.1f} s: {address}/")
        self._say(log_in)
        for line in models:
            self._say(line)
        if plan.gateway_key in ("", settings.SANDBOX_KEY):
            self._say("Sandbox: pictures are stand-ins; set LLMTR_API_KEY for real ones.")
        self._say("Ctrl-C stops.")

    def _say(self, line: str) -> None:
        with suppress(OSError):  # with the terminal gone, the children are still stopped in order
            self.stdout.write(line)
            self.stdout.flush()
