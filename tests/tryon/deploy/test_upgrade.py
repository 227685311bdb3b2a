"""From one version to the next and back, with rows in every table, on both databases."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import psycopg
import pytest
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState
from django.db.models import Field

from tests import forks
from tests.journey import SAMPLES, Visitor
from tests.live import ROOT, WITH_KEY, until
from tests.sites import Site, postgres_site, sqlite_site
from tests.up import Up, newcomer, placed

pytestmark = pytest.mark.processes(60)

OURS = ("accounts", "gallery", "tryon")
GUIDE = (ROOT / "docs/deploy.md").read_text()
Rows = dict[str, list[dict]]

# What an older version cannot keep, because it has no place for it: it is lost on the way back.
LATELY = {
    "gallery_image.source_type",
    "gallery_image.download",
    "tryon_reference.source_type",
    "tryon_reference.is_kept",
    "tryon_reference.is_on_shelf",
    "tryon_reference.thumbnail",
    "tryon_attempt.words",
    "tryon_attempt.raw_answer",
    "tryon_result.deviation",
    "tryon_offer.listed",
    "tryon_offer.corrected",
    "tryon_offer.missing_since",
    "tryon_offer.in_place_of",
    "tryon_consent.role",
    "tryon_generation.budget_keys",
    "tryon_generation.address_keys",
    "tryon_generation.in_place_of_id",
    "tryon_generation.mends",
    "tryon_mail",
    "tryon_notification",
    "gallery_image.unseen_since",
    "gallery_heart",
    "gallery_sharetry",
    "gallery_sharelink.hearts",
    "gallery_sharelink.password",
    "gallery_image.name",
    "gallery_image.series",
    "gallery_image.shared_until",
    "gallery_image.priority",
    "gallery_image.measured_at",
    "gallery_flag",
    "gallery_reviewclaim",
    "gallery_report",
    "tryon_imageinput",
    "tryon_pendingdeletion",
    "tryon_site.sample_looks_by",
    "tryon_site.house_rules",
}
UNKNOWN_TO = {
    ("tryon.0009_words_out_of_the_schema", "gallery.0006_words_out_of_the_schema"): LATELY,
    ("tryon.0003_metrics_indexes", "gallery.0002_model_replaced"): LATELY
    | {
        "tryon_site",
        "tryon_entry",
        "tryon_generation.settled",
    },
    ("tryon.0001_initial", "gallery.0001_initial"): LATELY
    | {
        "tryon_site",
        "tryon_entry",
        "tryon_generation.settled",
        "tryon_offer",
        "tryon_attempt.sent_as",
        "tryon_tryoninput.wear",
    },
}
# Versions whose code cannot write into the tables of the next: stop, migrate, start.
STOP_FIRST = {"tryon.0002_ways_of_asking"}


def migrations(app: str) -> list[str]:
    """The names of an app's migrations, the oldest first."""
    folder = ROOT / ("tryon/accounts" if app == "accounts" else app) / "migrations"
    return sorted(file.stem for file in folder.glob("0*.py"))


NEWER = [(app, name) for app in OURS for name in migrations(app)[1:]]


# What is in a database --------------------------------------------------------------------------------
def rows(site: Site) -> Rows:
    """Every table of ours, whatever version it is of, in an order that both databases agree on."""
    found = {}
    with closing(_connection(site.database)) as database:
        cursor = database.cursor()
        for table in _tables(cursor, site.database):
            cursor.execute(f'SELECT * FROM "{table}"')
            names = [column[0] for column in cursor.description]
            told = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
            found[table] = sorted(told, key=lambda row: str(row["id"]))
    return found


def _connection(address: str) -> sqlite3.Connection | psycopg.Connection:
    if address.startswith("sqlite"):
        return sqlite3.connect(address.removeprefix("sqlite:///"))
    return psycopg.connect(address)


def _tables(cursor: sqlite3.Cursor | psycopg.Cursor, address: str) -> list[str]:
    of_sqlite = "SELECT name FROM sqlite_master WHERE type = 'table'"
    of_postgres = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    cursor.execute(of_sqlite if address.startswith("sqlite") else of_postgres)
    return sorted(name for (name,) in cursor.fetchall() if name.startswith(OURS))


def without(found: Rows, lost: set[str]) -> Rows:
    """These rows as a version tells them that does not know some tables and columns."""
    return {
        table: [{n: v for n, v in row.items() if f"{table}.{n}" not in lost} for row in rows]
        for table, rows in found.items()
        if table not in lost
    }


# There and back -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Somebody's site, with pictures, links, money, and work that waits."""
    folder = tmp_path_factory.mktemp(request.param) / "upgraded"
    if request.param == "postgres":
        site = postgres_site(folder, request.getfixturevalue("postgres_url"))
    else:
        site = sqlite_site(folder)
    site.step("make", folder.parent / "notes.json")
    site.manage("shell", "-v0", "-c", "from tryon.pipeline import recovery as r; r.sweep_spool(); r.sweep()")
    return site


def to(site: Site, *states: str) -> None:
    steps = [f"call_command('migrate', *{state.split('.')}, verbosity=0)" for state in states]
    site.manage("shell", "-v0", "-c", "\n".join(["from django.core.management import call_command", *steps]))


def test_everything_is_there_after_the_way_back_and_forth(site, tmp_path):
    notes = Path(site.data.parent / "notes.json")
    before, seen = rows(site), site.step("look", notes)
    assert {"tryon_generation", "gallery_image", "gallery_sharelink", "tryon_budget"} <= before.keys()

    for older, lost in UNKNOWN_TO.items():
        to(site, *older)
        assert rows(site) == without(before, lost), f"as {older} have it"
    to(site, "tryon", "gallery")

    after = rows(site)
    lost = set().union(*UNKNOWN_TO.values())
    assert without(after, lost) == without(before, lost)
    assert {name: site.step("look", notes)[name] for name in ("money", "statuses", "shown")} == {
        name: seen[name] for name in ("money", "statuses", "shown")
    }


@pytest.mark.parametrize(("app", "name"), NEWER)
def test_each_version_can_be_left_again(app, name):
    """A step with data moved by hand needs its way back, too."""
    loader = MigrationLoader(None)
    for operation in loader.get_migration(app, name).operations:
        assert operation.reversible, f"{app}.{name}: {operation}"


def test_what_goes_lost_on_the_way_back_is_told():
    for (older, _), lost in UNKNOWN_TO.items():
        row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{older.replace('.', ' ')}`"))
        assert set(re.findall(r"`((?:tryon|gallery)_\w+(?:\.\w+)?)`", row)) == lost


# The old code beside the new tables -----------------------------------------------------------------------
def state_after(app: str, name: str) -> ProjectState:
    return MigrationLoader(None).project_state((app, name))


def columns(state: ProjectState, app: str) -> dict[str, dict[str, Field]]:
    """The tables of an app with their columns: what code of another version meets, whatever names it has."""
    models = state.apps.get_models(include_auto_created=True)
    return {
        model._meta.db_table: {field.column: field for field in model._meta.local_concrete_fields}
        for model in models
        if model._meta.app_label == app and not model._meta.proxy
    }


def troubles(app: str, name: str) -> list[str]:
    """What of this step the code before it cannot bear, when it writes and reads as it always did."""
    before = state_after(app, migrations(app)[migrations(app).index(name) - 1])
    older, newer, found = columns(before, app), columns(state_after(app, name), app), []
    for table, known in older.items():
        if table not in newer:
            found.append(f"{table} is gone")
            continue
        now = newer[table]
        found += [f"{table}.{column} is gone" for column in known.keys() - now.keys()]
        for column in now.keys() - known.keys():
            if not (now[column].null or now[column].has_db_default()):
                found.append(f"{table}.{column} must be given")
    return found


@pytest.mark.parametrize(("app", "name"), NEWER)
def test_the_version_before_goes_on_working_while_the_next_is_put_in_place(app, name):
    found = troubles(app, name)
    if f"{app}.{name}" in STOP_FIRST:
        assert found, "it may be taken off the list"
        assert f"`{app} {name[:4]}`" in GUIDE
    else:
        assert found == []


# With processes, and work in flight -----------------------------------------------------------------------
def test_an_upgrade_in_the_middle_of_work_loses_nothing_and_pays_nothing_twice(
    tmp_path: Path, static_root: Path, migrated: Path
) -> None:
    env = {"STATIC_ROOT": str(static_root), "SWEEP_SECONDS": "2"}
    data = placed(tmp_path / "data", migrated)
    with Up(data, **env) as older, Visitor(older.ready().address) as visitor:
        leave_one_in_hand(older, visitor)
        leave_one_waiting(older, visitor)
        assert older.stop() == 0
    statuses = older.rows("select status from tryon_generation order by created_at")
    assert statuses == [("done",), ("queued",)], "the one in hand was finished"

    offline = newcomer(older.data) | env | {"LLMTR_API_KEY": "llmtr-sandbox", "REDIS_URL": "redis://none"}
    for command in (["migrate", "tryon", "0003"], ["migrate", "gallery", "0002"], ["prepare"]):
        forks.run(["manage.py", *command], offline).check_returncode()

    with Up(data, **env) as newer:
        newer.ready()
        until(lambda: statuses_of(newer) == {("done",)}, 60, "what waited is made")
        site = newer.rows("select spent, reserved, at_risk from tryon_budget where scope = 'site day'")
        ledger = newer.rows("select count(*), sum(price_micros) from tryon_attempt where status = 'ok'")
        bill = httpx.get(f"{sandbox(newer)}/_sandbox/bill", headers=WITH_KEY).json()
        assert newer.stop() == 0
    assert ledger == [(2, bill["micros"])] == [(bill["pictures"], bill["micros"])]
    assert site == [(bill["micros"], 0, 0)]


def leave_one_in_hand(up: Up, visitor: Visitor) -> None:
    tell(up, "latency", {"generations": 12.0})
    order(visitor)
    until(
        lambda: httpx.get(f"{sandbox(up)}/_sandbox/calls", headers=WITH_KEY).json()["open"],
        what="the call is under way",
    )


def leave_one_waiting(up: Up, visitor: Visitor) -> None:
    """The gateway says that it is too busy, and to come back in a while."""
    busy = {"on": "generations", "fault": "status", "status": 429, "headers": {"Retry-After": "15"}}
    tell(up, "faults", [busy])
    order(visitor)
    until(lambda: up.rows("select 1 from tryon_generation where waiting_for = 'service'"), what="it waits")


def tell(up: Up, what: str, wish: object) -> None:
    httpx.post(f"{sandbox(up)}/_sandbox/{what}", json=wish).raise_for_status()


def order(visitor: Visitor) -> None:
    visitor.open("/")
    visitor.post("/", {name: visitor.field(name) for name in SAMPLES})


def sandbox(up: Up) -> str:
    return re.findall(r"ready on (\S+)", (up.data / "log/sandbox.log").read_text())[-1]


def statuses_of(up: Up) -> set[tuple]:
    return set(up.rows("select status from tryon_generation"))
