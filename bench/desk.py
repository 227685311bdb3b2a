"""The review desk with a thousand pictures waiting and a million decided: `python -m bench desk`.

The whole product runs from a temporary folder, on SQLite or, with `--postgres`, a PostgreSQL of its own.
A reviewer in a real Chromium looks at each picture for `--look` seconds and decides by a key: from the key to
the next picture on the screen is measured, and how long `--pictures` take until the audit row of each stands.
Making the rows takes minutes.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.report import Report, Row, median, percentile

MOST_MS = 150  # from the key to the next picture, p95
MOST_SECONDS_EACH = 2.4  # of which 2 are spent looking: 200 pictures in 8 minutes
ROOT = Path(__file__).parent.parent
STAFF = {"DJANGO_SUPERUSER_USERNAME": "ana", "DJANGO_SUPERUSER_PASSWORD": "a long enough one"}
# The time of each key, and of the paint after which the next picture is whole; three in four are approved.
WATCH = """() => {
    window.laps = [];
    const shown = () => document.querySelector('[data-picture]:not([hidden])');
    const isThere = (img) => img.complete && img.naturalWidth;
    const isWhole = (picture) => [...picture.querySelectorAll('img.layer')].every(isThere);
    addEventListener('keydown', (event) => {
        const was = event.key === 'r' ? null : shown();
        if (!was) return;
        const look = () => {
            const now = shown();
            if (!now || now === was || !isWhole(now)) return requestAnimationFrame(look);
            requestAnimationFrame(() => setTimeout(() => laps.push(performance.now() - event.timeStamp)));
        };
        requestAnimationFrame(look);
    }, true);
}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--waiting", type=int, default=1_000)
    parser.add_argument("--decided", type=int, default=1_000_000)
    parser.add_argument("--pictures", type=int, default=200, help="that the reviewer decides on")
    parser.add_argument("--look", type=float, default=2.0, help="seconds for each")
    parser.add_argument("--postgres", action="store_true", help="a server of its own, in place of SQLite")


def run(options: argparse.Namespace) -> Report:
    from tests.live import until
    from tests.up import Up, newcomer

    with ExitStack() as held:
        data = Path(held.enter_context(TemporaryDirectory(prefix="tryon-desk-"))) / "data"
        data.mkdir(mode=0o700)
        url = _postgres(held) if options.postgres else f"sqlite:///{data}/tryon.sqlite3"
        ours = newcomer(data) | {"DATABASE_URL": url, "SECRET_KEY": "any", "SITE_URL": "http://none"}
        ours |= {"LLMTR_API_KEY": "llmtr-sandbox", "REDIS_URL": "redis://none"}
        ours |= {"DJANGO_SETTINGS_MODULE": "tryon.settings", "STATIC_ROOT": f"{data}/static"}
        began = time.monotonic()
        numbers = [str(options.waiting), str(options.decided)]
        # A process of its own: settings are read once, when anything of ours is imported.
        subprocess.run([sys.executable, "-m", "bench.desk", *numbers], env=os.environ | ours, check=True)
        made = time.monotonic() - began
        print("the rows are there", file=sys.stderr, flush=True)
        up = held.enter_context(Up(data, **STAFF, DATABASE_URL=url, STATIC_ROOT=f"{data}/static"))
        until(lambda: "Ctrl-C stops." in up.output or up.process.poll() is not None, 300, "ready")
        if up.process.poll() is not None:
            raise SystemExit(up.output)
        laps, seconds = _reviewed(up.address, options.pictures, options.look, url)
    report = Report()
    for name, value, most in (("p50", median(laps), None), ("p95", percentile(laps, 0.95), MOST_MS)):
        report.rows.append(Row(f"decision to the next picture painted, {name}", value, "ms", most=most))
    most = options.pictures * (options.look + MOST_SECONDS_EACH - 2)
    name = f"{options.pictures} pictures at {options.look:g} s each, audit rows standing"
    report.rows.append(Row(name, seconds, "s", most=most))
    report.notes.append(
        f"The desk on {'PostgreSQL' if options.postgres else 'SQLite'}, {options.waiting:,} waiting and "
        f"{options.decided:,} decided; Chromium on the same machine. The rows were made in {made:.0f} s."
    )
    return report


def _postgres(held: ExitStack) -> str:
    from tests.postgres import Postgres

    return held.enter_context(Postgres()).database("desk")


# The reviewer ---------------------------------------------------------------------------------------
def _reviewed(address: str, pictures: int, look: float, database: str) -> tuple[list[float], float]:
    """The milliseconds from each key to the next picture, and the seconds until every audit row stood."""
    from playwright.sync_api import sync_playwright

    from tests import chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.ready(), args=["--no-sandbox"])
        page = browser.new_page(base_url=address, viewport={"width": 1280, "height": 800})
        page.goto("/accounts/login/")
        page.locator("[name=login]").fill(STAFF["DJANGO_SUPERUSER_USERNAME"])
        page.locator("[name=password]").fill(STAFF["DJANGO_SUPERUSER_PASSWORD"])
        page.locator("main form button").first.click()
        page.wait_for_url("**/review/")
        page.wait_for_load_state("networkidle")
        page.evaluate(WATCH)
        began = time.monotonic()
        for n in range(pictures):
            page.wait_for_timeout(look * 1000)
            for key in ("r", "q") if n % 4 == 3 else ("a",):
                page.keyboard.press(key)
            page.wait_for_function("n => laps.length > n", arg=n)
        while _audited(database) < pictures:
            time.sleep(0.05)
        seconds = time.monotonic() - began
        laps: list[float] = page.evaluate("laps")
        browser.close()
    return laps, seconds


def _audited(database: str) -> int:
    """Decisions of this reviewer whose audit rows stand; those of the rows made before were another's."""
    query = (
        "SELECT count(*) FROM gallery_auditentry WHERE id > (SELECT max(id) FROM gallery_auditentry) - 5000 "
        "AND action IN ('approved', 'rejected') "
        "AND actor_id = (SELECT id FROM accounts_user WHERE username = 'ana')"
    )
    if database.startswith("postgres"):
        import psycopg

        with psycopg.connect(database) as connection:
            return int(connection.execute(query).fetchone()[0])  # type: ignore[index]
    import sqlite3

    connection = sqlite3.connect(database.removeprefix("sqlite:///"))
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


# The rows -------------------------------------------------------------------------------------------
def _make(waiting: int, decided: int) -> None:
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    call_command("migrate", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA synchronous = OFF")
            cursor.execute("PRAGMA cache_size = -400000")  # KiB: the indexes are written to all over
        _make_waiting(waiting)
        with transaction.atomic():
            _make_decided(cursor, decided)
        # As a database is that has been at work for a while: else it begins to tidy up right now.
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")


def _make_waiting(count: int) -> None:
    """Try-ons of one picture each; they share their files, which are of real size."""
    from django.core.files.base import ContentFile
    from django.utils import timezone

    from gallery import renditions
    from gallery.models import Image
    from tests.factories import make_reference, make_user
    from tryon.models import Attempt, Generation, Result, TryOn, TryOnInput
    from tryon.pipeline import references

    owner = make_user("mira")
    samples = ROOT / "static" / "samples"
    inputs = [make_reference(owner), make_reference(owner, "garment", category="dress")]
    for row, name in zip(inputs, ("ada", "red-dress"), strict=True):
        row.file.save(f"references/{row.pk.hex}.webp", ContentFile((samples / f"{name}.webp").read_bytes()))
        references.shrink(row)
    now = timezone.now()
    first = Image(owner=owner, content_type="image/webp", width=768, height=1024, name="Red wrap dress")
    first.original.save(
        "originals/first.webp", ContentFile((samples / "ada-red-dress.webp").read_bytes()), save=False
    )
    first.save(force_insert=True)
    renditions.make(first)
    first.refresh_from_db()
    files = {name: str(getattr(first, name)) for name in Image.FILES}
    Image.objects.filter(pk=first.pk).update(priority=None, review="approved", reviewed_at=now)
    columns = {"content_type": "image/webp", "width": 768, "height": 1024, "name": "Red wrap dress"}
    columns |= {"source_type": "compositeWithTrainedAlgorithmicMedia", "rendered_at": now, "measured_at": now}
    made: list[list[Any]] = [[], [], [], [], [], []]
    for n in range(count):
        at = now - dt.timedelta(minutes=count - n)
        key = uuid.uuid4().hex
        tryon = TryOn(owner=owner, model="google/gemini-3.1-flash-image", wanted=1, key=key, body_digest=key)
        sent = {"sent_at": at - dt.timedelta(seconds=14), "ended_at": at, "sends": 1}
        generation = Generation(tryon=tryon, number=1, count=1, status="done", reserved_micros=67_000, **sent)
        image = Image(owner=owner, created_at=at, series=tryon.pk, **columns, **files)
        attempt = Attempt(
            generation=generation, fence=1, status="ok", model=tryon.model, prompt="-", price_micros=67_000
        )
        roles = zip(inputs, ("person", "dress"), (1, 2), strict=True)
        parts = [
            TryOnInput(tryon=tryon, reference=row, role=role, position=place) for row, role, place in roles
        ]
        result = Result(generation=generation, image=image, position=1)
        for rows, some in zip(
            made, ([tryon], parts, [generation], [attempt], [image], [result]), strict=True
        ):
            rows += some
    for rows in made:
        type(rows[0]).objects.bulk_create(rows, batch_size=500)


# What is a row's own, as the two databases say it; `i` counts them, one a minute, three in four approved.
OWN = {
    "sqlite": {
        "id": "lower(hex(randomblob(16)))",
        "at": "strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (i + 60) || ' minutes')",
        "numbers": "(WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < {}) "
        "SELECT i FROM c)",
    },
    "postgresql": {
        "id": "gen_random_uuid()",
        "at": "now() - (i + 60) * interval '1 minute'",
        "numbers": "(SELECT generate_series(1, {}) AS i)",
    },
}


def _make_decided(cursor: Any, count: int) -> None:
    """By somebody else, each with the line of the trail; all else as one row has it."""
    from django.db import connection
    from django.utils import timezone

    from gallery.models import Image
    from tests.factories import make_image, make_user

    ben, now = make_user("ben", is_staff=True), timezone.now()
    image = make_image(
        make_user("others"), "approved", name="Breton top", source_type="trainedAlgorithmicMedia"
    )
    Image.objects.filter(pk=image.pk).update(reviewed_by=ben, rendered_at=now, measured_at=now)
    own = OWN[connection.vendor]
    is_good = "CASE WHEN i % 4 = 3 THEN 'rejected' ELSE 'approved' END"
    why = "CASE WHEN i % 4 = 3 THEN 'quality' ELSE '' END"
    told = {
        "id": own["id"],
        "created_at": own["at"],
        "reviewed_at": own["at"],
        "review": is_good,
        "reason": why,
    }
    columns = [field.column for field in Image._meta.concrete_fields]
    values = ", ".join(told.get(column, f"t.{column}") for column in columns)
    rows = f"{own['numbers'].format(count)} n, gallery_image t WHERE t.reviewed_by_id = {ben.pk}"
    cursor.execute(f"INSERT INTO gallery_image ({', '.join(columns)}) SELECT {values} FROM {rows}")
    cursor.execute(
        "INSERT INTO gallery_auditentry (at, actor_id, action, kind, subject, detail) "
        "SELECT reviewed_at, reviewed_by_id, review, 'image', CAST(id AS varchar(40)), '{}' "
        f"FROM gallery_image WHERE reviewed_by_id = {ben.pk}"
    )


if __name__ == "__main__":
    _make(*map(int, sys.argv[1:]))
