from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from tryon.pipeline import outcome_table


class Command(BaseCommand):
    help = "Print what each answer of the gateway leads to (the table of docs/guarantees.md)."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(outcome_table.markdown(), ending="")
