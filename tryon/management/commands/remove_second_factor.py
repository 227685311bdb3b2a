"""For an administrator who has lost phone, passkey and recovery codes, where nobody else can help."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tryon.accounts.models import User
from tryon.operations import second_factor


class Command(BaseCommand):
    help = "Take away the second factor of an account, and log it out everywhere; the trail says so."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="user name or e-mail")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.named(name)
        if user is None:
            raise CommandError(f"Nobody is called {name} here.")
        if not second_factor.remove(user, by=None):
            raise CommandError(f"{name} has no second factor.")
        self.stdout.write(f"{name} logs in with the password alone, and sets up another second factor then.")
