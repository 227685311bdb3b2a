from typing import Any

from django.core.management.base import BaseCommand

from tryon.pipeline import recovery


class Command(BaseCommand):
    help = "Delete what is deleted and what nobody used for the promised time; beat does the same by itself."

    def handle(self, *args: Any, **options: Any) -> None:
        recovery.purge()
        recovery.empty_journal()
