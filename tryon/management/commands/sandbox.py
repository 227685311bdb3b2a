from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tryon.sandbox.run import add_arguments, run


class Command(BaseCommand):
    help = "Run a local gateway that answers like LLMTR's image API and costs nothing."
    # It must start on a machine where nothing else is set up yet.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run(options, self._say)
        except OSError as exc:
            raise CommandError(
                f"The sandbox cannot listen on {options['host']}:{options['port']}: {exc.strerror}"
            ) from exc

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
