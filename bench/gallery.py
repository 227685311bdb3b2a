"""The gallery of somebody with a million pictures beside one with a thousand: `python -m bench gallery`.

Both are rows of one database in a temporary folder: SQLite, with `--postgres` a PostgreSQL server of its own.
Each page is asked for in turn of the one and of the other, without a network. Making the rows takes minutes.
"""

import argparse
import datetime as dt
import itertools
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import Report, Row, median

MOST_RATIO = 1.2  # of a million to a thousand
# So many that with a thousand pictures, too, each filter and each two of them fill a page.
GARMENTS, PEOPLE = 8, 5
LEFT = 250  # pictures behind a deep page
AT_ONCE = 10_000
NOW = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pictures", type=int, default=1_000_000)
    parser.add_argument("--beside", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--postgres", action="store_true", help="a server of its own, in place of SQLite")


def run(options: argparse.Namespace) -> Report:
    with ExitStack() as held:
        folder = held.enter_context(TemporaryDirectory())
        url = _postgres(held) if options.postgres else f"sqlite:///{folder}/rows.sqlite3"
        ours = {"DATA_DIR": folder, "DATABASE_URL": url, "ENV_FILE": "", "SITE_URL": "http://testserver"}
        ours |= {"STATIC_ROOT": f"{folder}/static", "DJANGO_SETTINGS_MODULE": "tryon.settings"}
        numbers = [str(each) for each in (options.pictures, options.beside, options.rounds)]
        # A process of its own: settings are read once, when anything of ours is imported.
        told = subprocess.run(
            [sys.executable, "-m", "bench.gallery", *numbers],
            env=os.environ | ours,
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(told.stdout.splitlines()[-1])
    report = Report()
    for name, (many, few) in found["pages"].items():
        report.rows.append(Row(f"gallery, {name}", many, "ms", few, MOST_RATIO))
    report.notes.append(
        f"Gallery on {'PostgreSQL' if options.postgres else 'SQLite'}: the column of Tryon is with "
        f"{options.pictures:,} pictures, that by hand with {options.beside:,}; p50 of {options.rounds}. "
        f"The rows were made in {found['made']:.0f} s."
    )
    return report


def _postgres(held: ExitStack) -> str:
    from tests.postgres import Postgres

    return held.enter_context(Postgres()).database("gallery")


def _measure(pictures: int, beside: int, rounds: int) -> dict[str, Any]:
    """The p50 of each page in ms, of many pictures and of few, and the seconds that making them took."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    began = time.monotonic()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
        owners = [_Owner(cursor, count) for count in (pictures, beside)]
        cursor.execute("ANALYZE")
    made = time.monotonic() - began
    pages = {}
    for name in owners[0].pages():
        asks = [_asked(owner, owner.pages()[name]) for owner in owners]
        laps = [[_milliseconds(ask) for ask in asks] for _ in range(rounds + 2)][2:]
        pages[name] = [median(column) for column in zip(*laps, strict=True)]
    return {"pages": pages, "made": made}


class _Owner:
    """Somebody with so many pictures, each of one person in one garment, one a minute."""

    def __init__(self, cursor: Any, count: int) -> None:
        from tryon.accounts.models import User
        from tryon.models import Reference

        self.count = count
        self.user = User.objects.create_user(f"with{count}")
        self.photos = {
            kind: [
                Reference.objects.create(
                    owner=self.user,
                    kind=kind,
                    label=f"{kind} {n}",
                    url=f"https://shop.example/{n}",
                    sha256=uuid.uuid4().hex,
                )
                for n in range(most)
            ]
            for kind, most in (("person", PEOPLE), ("garment", GARMENTS))
        }
        rows = (self._rows(n) for n in range(count))
        while some := list(itertools.islice(rows, AT_ONCE)):
            _insert(cursor, [image for image, _ in some])
            _insert(cursor, [each for _, inputs in some for each in inputs])
        print(f"{count:,} pictures are there", file=sys.stderr, flush=True)

    def _rows(self, n: int) -> tuple[Any, list[Any]]:
        """The last garment is worn by nobody, and nothing was not approved: filters that match nothing."""
        from gallery.models import Image
        from tryon.models import ImageInput

        at = NOW - dt.timedelta(minutes=n)
        image = Image(
            owner=self.user,
            created_at=at,
            original="originals/none.png",
            content_type="image/png",
            width=896,
            height=1200,
            name="Breton top",
            source_type="trainedAlgorithmicMedia",
            rendered_at=at,
            favourite=n % 4 == 0,
            review="approved" if n % 10 else "pending",
            priority=None if n % 10 else 0,
            reviewed_at=at if n % 10 else None,
            shared_until=NOW + dt.timedelta(days=3650) if n % 20 == 1 else None,
        )
        person, garment = self.photos["person"][n % PEOPLE], self.photos["garment"][n % (GARMENTS - 1)]
        inputs = [
            ImageInput(owner=self.user, reference=each, image=image, created_at=at)
            for each in (person, garment)
        ]
        return image, inputs

    def pages(self) -> dict[str, str]:
        """The query of each page, by its name."""
        deep = f"{NOW - dt.timedelta(minutes=self.count - LEFT):%Y-%m-%dT%H:%M:%S.%fZ},{uuid.UUID(int=0)}"
        person, garment = (f"{kind}={rows[1].pk}" for kind, rows in self.photos.items())
        unworn = f"garment={self.photos['garment'][-1].pk}"
        return {
            "page 1": "",
            "a deep page": f"after={deep}",
            "by person": person,
            "by garment": garment,
            "by garment, a deep page": f"{garment}&after={deep}",
            "favourites": "show=favourite",
            "shared": "show=shared",
            "being checked": "show=pending",
            "approved": "show=approved",
            "not approved: nothing": "show=rejected",
            "a garment that nobody wore: nothing": unworn,
            "person and garment": f"{person}&{garment}",
            "garment and favourites": f"{garment}&show=favourite",
            "favourites and shared: nothing": "show=favourite&show=shared",
            "person and not approved: nothing": f"{person}&show=rejected",
        }


def _insert(cursor: Any, rows: list[Any]) -> None:
    """In the database's own way for many, as bulk_create takes three times as long."""
    from django.db import connection

    fields = [field for field in rows[0]._meta.concrete_fields if field.get_internal_type() != "BigAutoField"]
    table = f"{rows[0]._meta.db_table} ({', '.join(field.column for field in fields)})"
    told = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields] for row in rows
    ]
    if connection.vendor == "postgresql":
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in told:
                copy.write_row(row)
    else:
        cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(fields))})", told)


def _asked(owner: _Owner, query: str) -> Callable[[], None]:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(owner.user, settings.AUTHENTICATION_BACKENDS[0])

    def ask() -> None:
        answer = client.get(f"/gallery/?{query}")
        if answer.status_code != 200:
            raise SystemExit(f"/gallery/?{query} answers {answer.status_code}")

    return ask


def _milliseconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    print(json.dumps(_measure(*map(int, sys.argv[1:]))))
