from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from tryon.billing import reconcile


class Command(BaseCommand):
    help = "Add the books up: what was spent, is set aside and at risk, and whether all rows tell the same."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        for name, since in (
            ("today", today),
            ("this month", today.replace(day=1)),
            ("ever", dt.datetime.min.replace(tzinfo=dt.UTC)),
        ):
            self.stdout.write(f"{name:>10}: {reconcile.in_words(reconcile.totals(since, now))}")
        if found := reconcile.disagreements():
            raise CommandError("The books do not agree:\n" + "\n".join(found))
        self.stdout.write("The books agree.")
