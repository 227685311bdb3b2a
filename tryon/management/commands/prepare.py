import hashlib
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from tryon.accounts.models import User
from tryon.embedded import folders
from tryon.models import Offer
from tryon.operations.environment import env
from tryon.pipeline import model_catalogue, recovery
from tryon.pipeline.gateway_client import gateway_client

LIST_SECONDS = 5.0  # that a start waits for the gateway's list of models


class Command(BaseCommand):
    help = "Bring database, static files, samples and models up to date; all of it may be repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--alone",
            action="store_true",
            help="nothing else works on this database: settle what a kill left",
        )
        parser.add_argument(
            "--staff", action="store_true", help="also make the first staff account, and print its log-in"
        )
        parser.add_argument(
            "--address", action="store_true", help="tell the log-in in a sentence, with the site's address"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
            folders.make_private_file(Path(settings.DATABASES["default"]["NAME"]))
        call_command("migrate", interactive=False, verbosity=0)
        collect_static()
        call_command("samples")
        if options["alone"]:
            recovery.take_over()
        if options["staff"]:
            told = f"Staff log-in: {settings.SITE_URL}/admin/ as " if options["address"] else ""
            self.stdout.write(told + staff_log_in())
        for line in told_at_the_start():
            self.stdout.write(line)


def told_at_the_start() -> Iterator[str]:
    """What pictures are made with from now on, by the gateway's list where it can be read; and warnings."""
    if settings.LLMTR_API_KEY:
        model_catalogue.sync(seconds=LIST_SECONDS)
    first = next(iter(Offer.objects.to_choose(gateway_client().account)), "none is offered")
    yield f"Model: {first}. Which are offered is chosen at /admin/tryon/offer/"
    for message in run_checks():
        yield f"Warning: {message.msg}. {message.hint or ''}".replace("..", ".")


def collect_static() -> None:
    """Collect only when a file came, went or changed: hashing and compressing all takes seconds."""
    stamp = Path(settings.STATIC_ROOT) / ".collected"
    seen = _static_digest()
    if not stamp.is_file() or stamp.read_text() != seen:
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(seen)


def _static_digest() -> str:
    digest = hashlib.sha256(str(settings.STORAGES["staticfiles"]["BACKEND"]).encode())
    for finder in get_finders():
        for name, storage in finder.list([]):
            now = Path(storage.path(name)).stat()
            digest.update(f"{name} {now.st_size} {now.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def staff_log_in() -> str:
    """Who may log in as staff; the password too when the account was made just now with a random one."""
    users = User.objects.filter(is_superuser=True, is_active=True)
    name = (
        env.text("DJANGO_SUPERUSER_USERNAME") or users.values_list("username", flat=True).first() or "staff"
    )
    if User.objects.filter(username=name).exists():
        return name
    given = env.secret("DJANGO_SUPERUSER_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    User.objects.create_superuser(name, env.text("DJANGO_SUPERUSER_EMAIL"), password)
    return name if given else f"{name} / {password} (made just now; the password is not shown again)"
