"""Every list of the admin at a million rows in each large table: `python -m bench admin`.

First page, a deep one, each filter and each kind of search, without a network. SQLite, with `--postgres` a
PostgreSQL server of its own. `--rows 1000` beside it tells what grows.
"""

import argparse
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import Report, Row, median, percentile

MOST = 150  # ms, the 95th of a hundred
LEFT = 250  # rows behind a deep page
OWNERS = 1_000  # of all rows but accounts; the first of them has half of everything
MOST_CHOICES = 6  # of one filter


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--postgres", action="store_true", help="a server of its own, in place of SQLite")
    parser.add_argument("--only", default="", help="lists whose name holds this")


def run(options: argparse.Namespace) -> Report:
    with ExitStack() as held:
        folder = held.enter_context(TemporaryDirectory())
        url = _postgres(held) if options.postgres else f"sqlite:///{folder}/rows.sqlite3"
        ours = {"DATA_DIR": folder, "DATABASE_URL": url, "ENV_FILE": "", "SITE_URL": "http://testserver"}
        ours |= {"STATIC_ROOT": f"{folder}/static", "DJANGO_SETTINGS_MODULE": "tryon.settings"}
        ours |= {"LLMTR_API_KEY": "llmtr-sandbox"}
        # A process of its own: settings are read once, when anything of ours is imported.
        told = subprocess.run(
            [sys.executable, "-m", "bench.admin", str(options.rows), str(options.rounds), options.only],
            env=os.environ | ours,
            stdout=subprocess.PIPE,
            check=True,
        )
    found = json.loads(told.stdout.splitlines()[-1])
    report = Report()
    for name, laps in found["pages"].items():
        walls, processor = zip(*laps, strict=True)
        told = f"admin, {name} (p50 {median(walls):.0f} ms, {median(processor):.0f} ms of CPU)"
        report.rows.append(Row(told, percentile(walls, 0.95), "ms", None, MOST))
    database = "PostgreSQL" if options.postgres else "SQLite"
    report.notes.append(
        f"The admin's lists on {database} with {options.rows:,} rows in each large table: p95 of "
        f"{options.rounds}. The rows were made in {found['made']:.0f} s."
    )
    return report


def _postgres(held: ExitStack) -> str:
    from tests.postgres import Postgres

    return held.enter_context(Postgres()).database("admin")


def _measure(rows: int, rounds: int, only: str) -> dict[str, Any]:
    """The milliseconds of each page in each round, and the seconds that making the rows took."""
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
        _fill(_Filling(cursor, rows))
        cursor.execute("ANALYZE")
    made = time.monotonic() - began
    ask = _asking()
    pages = {}
    for name, address in _pages(ask, only):
        ask(address)
        laps = []
        began_at = time.monotonic()
        while len(laps) < rounds and (len(laps) < 3 or time.monotonic() - began_at < 60):
            wall, processor = time.perf_counter(), time.process_time()
            ask(address)
            laps.append(((time.perf_counter() - wall) * 1000, (time.process_time() - processor) * 1000))
        pages[name] = laps
        print(f"{name}: {median(wall for wall, _ in laps):.0f} ms", file=sys.stderr, flush=True)
    return {"pages": pages, "made": made}


# Rows ----------------------------------------------------------------------------------------------------
class _Filling:
    """Makes rows within the database, as Python would take ten times as long."""

    def __init__(self, cursor: Any, rows: int) -> None:
        from django.db import connection

        self.cursor, self.rows = cursor, rows
        self.is_sqlite = connection.vendor == "sqlite"
        if self.is_sqlite:
            self.at = "strftime('%Y-%m-%d %H:%M:%S', '2026-11-30', '-' || i || ' minutes')"
            self.key = "printf('%032x', i)"
        else:
            self.at = "timestamptz '2026-11-30' - i * interval '1 minute'"
            self.key = "lpad(to_hex(i), 32, '0')::uuid"
        self.text = self.key if self.is_sqlite else "lpad(to_hex(i), 32, '0')"
        self.owner = f"CASE WHEN i % 2 = 0 THEN 2 ELSE 2 + i % {min(OWNERS, rows)} END"

    def __call__(self, table: Any, sql: dict[str, str], **same: Any) -> None:
        """A row for each number i from 1: columns by SQL, by a value that all share, or by their default."""
        from django.db import connection

        columns, values, shared = [], [], []
        for field in table._meta.concrete_fields:
            has_own = field.get_internal_type() == "BigAutoField" or field.has_db_default()
            if has_own and field.attname not in {*sql, *same}:
                continue
            columns.append(f'"{field.column}"')
            if field.attname in sql:
                values.append(sql[field.attname].replace("%", "%%"))
                continue
            value = same.get(field.attname, field.get_default())
            values.append("%s")
            shared.append(field.get_db_prep_save(value, connection))
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %s)"
        if not self.is_sqlite:
            numbers = "WITH n AS (SELECT generate_series(1, %s) AS i)"
        head = f'INSERT INTO "{table._meta.db_table}" ({", ".join(columns)})'
        self.cursor.execute(f"{numbers} {head} SELECT {', '.join(values)} FROM n", [self.rows, *shared])
        print(f"{table._meta.label}: {self.rows:,} rows", file=sys.stderr, flush=True)


def _fill(rows: _Filling) -> None:
    """Somebody's things in every large table, so many of each."""
    from gallery.models import AuditEntry, Image, ShareLink
    from tryon.accounts.models import User
    from tryon.models import Attempt, Budget, Consent, Entry, Generation, Offer, Reference, TryOn

    User.objects.create_superuser("boss", "boss@example.com", "none")
    model = "google/gemini-3.1-flash-image"
    Offer.objects.create(model=model, label="Gemini", offered=True)
    many = {
        "id": "i + 1",
        "username": f"'u' || {rows.text}",
        "email": f"'u' || {rows.text} || '@example.com'",
    }
    rows(User, many | {"is_guest": "i % 3 <> 0", "is_active": "i % 1000 <> 0"}, password="!")
    key, at, owner = rows.key, rows.at, rows.owner
    own = {"id": key, "owner_id": owner, "created_at": at}
    house = f"CASE WHEN i % 10 = 0 THEN NULL ELSE {owner} END"
    rows(
        Reference,
        {"id": key, "owner_id": house, "created_at": at, "sha256": rows.text, "position": "i % 1000"}
        | {"label": f"'shirt ' || {rows.text}", "slug": f"'shirt-' || {rows.text}"},
        kind="garment",
        category="top",
        url="https://shop.example/1",
    )
    tried = own | {"key": rows.text, "body_digest": rows.text}
    rows(TryOn, tried, model=model, mode="try_on", size="1K", aspect_ratio="3:4", wanted=1)
    state = "CASE i % 10 WHEN 0 THEN 'failed' WHEN 1 THEN 'refused' ELSE 'done' END"
    state = f"CASE WHEN i % 5000 = 0 THEN 'unknown' ELSE {state} END"
    reason = "CASE i % 10 WHEN 0 THEN 'too_many_sends' WHEN 1 THEN 'no_picture' ELSE '' END"
    reason = f"CASE WHEN i % 5000 = 0 THEN '' ELSE {reason} END"
    made = {"id": key, "tryon_id": key, "created_at": at, "sent_at": at, "ended_at": at}
    rows(Generation, made | {"status": state, "reason": reason}, number=1, count=1, reserved_micros=67_000)
    raw = "CASE WHEN i % 5000 = 1 THEN 'answers/none.json' ELSE '' END"
    sent = {
        "id": key,
        "generation_id": key,
        "sent_at": at,
        "answered_at": at,
        "request_id": f"'req-' || {rows.text}",
    }
    rows(
        Attempt, sent | {"raw_answer": raw}, status="ok", model=model, prompt="", prompt_version="1", fence=1
    )
    review = "CASE WHEN i % 100 = 0 THEN 'pending' ELSE 'approved' END"
    reviewed = f"CASE WHEN i % 100 = 0 THEN NULL ELSE {at} END"
    rows(
        Image,
        own | {"review": review, "reviewed_at": reviewed, "priority": "CASE WHEN i % 100 = 0 THEN 0 END"},
        original="originals/none.png",
        content_type="image/png",
        width=896,
        height=1200,
        name="Breton top",
    )
    stopped = f"CASE WHEN i % 100 = 0 THEN {at} END"
    rows(ShareLink, own | {"digest": rows.text, "key": rows.text, "expires_at": at, "revoked_at": stopped})
    rows(
        AuditEntry,
        {"at": at, "subject": rows.text, "actor_id": owner},
        action="approved",
        kind="image",
        detail={},
    )
    rows(
        Entry,
        {"at": at, "generation_id": key},
        kind="spent",
        model=model,
        size="1K",
        pictures=1,
        spent_micros=67_000,
    )
    day = "strftime('%Y-%m-%d', '2026-11-30', '-' || (i % 30) || ' days')"
    if not rows.is_sqlite:
        day = "to_char(timestamp '2026-11-30' - (i % 30) * interval '1 day', 'YYYY-MM-DD')"
    rows(Budget, {"scope": "'owner ' || i || ' day'", "period": day}, spent=1)
    rows(Consent, {"reference_id": key, "at": at}, role="person", text_version="1")


# Pages ---------------------------------------------------------------------------------------------------
def _asking() -> Any:
    from django.conf import settings
    from django.test import Client

    from tryon.accounts.models import User

    client = Client()
    client.force_login(User.objects.get(username="boss"), settings.AUTHENTICATION_BACKENDS[0])

    def ask(address: str) -> Any:
        answer = client.get(address)
        if answer.status_code != 200:
            raise SystemExit(f"{address} answers {answer.status_code}")
        return answer

    return ask


def _pages(ask: Any, only: str) -> Iterator[tuple[str, str]]:
    """The name and the address of each page of each list."""
    from django.contrib import admin
    from django.urls import reverse

    home = reverse("admin:index")
    if not only or only in "home":
        yield "home", home
    for model in admin.site._registry:
        opts = model._meta
        name = str(opts.verbose_name_plural)
        if only not in name or opts.label in (
            "tryon.Site",
            "auth.Group",
            "tryon.Offer",
            "tryon.CircuitBreaker",
        ):
            continue
        address = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        yield f"{name}, first page", address
        changelist = ask(address).context_data["cl"]
        yield f"{name}, a deep page", address + _deep(changelist)
        for spec in changelist.filter_specs:
            for choice in itertools.islice(spec.choices(changelist), 1, MOST_CHOICES):
                yield f"{name}, {spec.title}: {choice['display']}", address + choice["query_string"]
        if changelist.search_fields:
            for kind, words in (
                ("an id", f"{7:032x}"),
                ("half of all e-mails", "u0"),
                ("the largest owner", "2"),
            ):
                yield f"{name}, search: {kind}", f"{address}?q={words}"


def _deep(changelist: Any) -> str:
    if not hasattr(changelist, "columns"):  # of the stock admin
        return f"?p={max(1, (changelist.result_count - LEFT) // changelist.list_per_page)}"
    last = changelist.queryset.reverse()[LEFT : LEFT + 1]
    return str(changelist._address("after", last[0])) if last else ""


if __name__ == "__main__":
    print(json.dumps(_measure(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:4])))
