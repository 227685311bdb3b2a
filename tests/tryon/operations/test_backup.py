"""A backup, and what comes back of it: all but what people took back since."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.gallery import bucket
from tests.sites import Site, postgres_site, sqlite_site

pytestmark = pytest.mark.processes(30)


@dataclass(frozen=True)
class Rehearsal:
    """A site that was backed up, lived on, and came back elsewhere; what was seen before and after."""

    old: Site
    new: Site
    folder: Path
    before: dict
    after: dict
    told: str


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def rehearsal(request, tmp_path_factory) -> Rehearsal:
    root, kind = tmp_path_factory.mktemp(request.param), request.param
    if kind == "postgres":
        server = request.getfixturevalue("postgres_url")
        old, new = postgres_site(root / "old", server), postgres_site(root / "new", server)
    else:
        old, new = sqlite_site(root / "old"), sqlite_site(root / "new")
    notes, folder = root / "notes.json", root / "backup"
    old.step("make", notes)
    before = old.step("look", notes)
    old.manage("backup", str(folder))
    old.step("live", notes)
    told = new.manage("restore", str(folder), "--deletions", str(old.data / "deletions.log"))
    return Rehearsal(old, new, folder, before, new.step("look", notes), told)


def test_what_was_deleted_since_does_not_come_back(rehearsal):
    deleted = rehearsal.after["deleted"]

    assert len(deleted) == 14, "a picture, its photos, another picture, and the copies that were made of them"
    for name in deleted:
        assert rehearsal.before["alike"][name], "it was found by its looks before"
        assert rehearsal.after["alike"][name] == [], "and is found nowhere now"
    assert not {*deleted} & {*rehearsal.after["files"]}
    assert rehearsal.after["tryons"][0] not in rehearsal.after["present"]


@pytest.mark.both_databases
def test_what_was_kept_is_there_byte_by_byte(rehearsal):
    kept = set(rehearsal.before["files"]) - set(rehearsal.after["deleted"])

    assert set(rehearsal.after["files"]) == set(rehearsal.after["named"]) == kept
    for name in kept:
        old, new = (site.data / "media" / name for site in (rehearsal.old, rehearsal.new))
        assert old.read_bytes() == new.read_bytes()
    assert (rehearsal.before["pictures"], rehearsal.after["pictures"]) == (4, 2)


def test_links_that_were_closed_and_pictures_that_were_rejected_stay_so(rehearsal):
    assert rehearsal.before["shown"] == ["link 0", "link 1", "link 2", "link 3"]
    assert rehearsal.after["open_links"] == ["link 0", "link 1", "link 3"]
    assert rehearsal.after["shown"] == []


def test_what_waited_is_not_paid_a_second_time_by_itself(rehearsal):
    waiting = rehearsal.after["waiting"]

    assert rehearsal.before["statuses"][waiting] == "queued"
    assert rehearsal.after["statuses"][waiting] == "unknown"
    assert "2 that waited or ran may have been paid since" in rehearsal.told


def test_the_ledger_adds_up(rehearsal):
    for seen in (rehearsal.before["money"], rehearsal.after["money"]):
        assert (seen["reserved"], seen["at_risk"], seen["spent"]) == (
            seen["unfinished"],
            seen["unknown"],
            seen["paid"],
        )
    assert rehearsal.after["money"]["spent"] == rehearsal.before["money"]["spent"] > 0
    assert rehearsal.after["money"]["at_risk"] > 0
    assert rehearsal.before["books"] == rehearsal.after["books"] == []


def test_a_paid_answer_that_was_not_kept_yet_is_not_thrown_away(rehearsal, tmp_path):
    notes = shutil.copy(rehearsal.folder.parent / "notes.json", tmp_path / "notes.json")
    answered = rehearsal.after["answered"]
    assert len(list((rehearsal.folder / "spool").iterdir())) == 2, "and none that no row knows"

    woken = rehearsal.new.step("wake", Path(notes))

    assert (rehearsal.after["statuses"][answered], woken["statuses"][answered]) == ("unknown", "done")
    assert woken["statuses"][woken["settled"]] == "done", "whatever staff had settled"
    assert woken["books"] == []
    assert woken["money"]["spent"] > rehearsal.after["money"]["spent"]
    assert woken["money"]["spent"] == woken["money"]["paid"]


def test_the_sums_are_those_that_sha256sum_checks(rehearsal):
    done = subprocess.run(
        ["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=rehearsal.folder, capture_output=True
    )
    assert done.returncode == 0, done.stderr


def test_the_journal_tells_nobodys_name_and_no_words(rehearsal):
    lines = (rehearsal.old.data / "deletions.log").read_text()

    assert '"action": "rejected"' in lines
    for words in ("ana", "about somebody", "words 0"):
        assert words not in lines


def test_a_place_that_is_not_empty_is_left_alone(rehearsal):
    told = rehearsal.new.manage("restore", str(rehearsal.folder), "--without-deletions", fails=True)

    assert "is not empty" in told
    assert all((rehearsal.new.data / "media" / name).is_file() for name in rehearsal.after["files"])


# What goes wrong ------------------------------------------------------------------------------------
on_sqlite = pytest.mark.parametrize("rehearsal", ["sqlite"], indirect=True)


@pytest.fixture
def backup(rehearsal, tmp_path) -> Path:
    """A copy of the backup, to be spoiled."""
    return shutil.copytree(rehearsal.folder, tmp_path / "backup")


@pytest.fixture
def place(tmp_path) -> Site:
    """An empty place."""
    return sqlite_site(tmp_path / "place")


def spoil(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@on_sqlite
def test_without_the_journal_of_deletions_nothing_is_restored(backup, place):
    told = place.manage("restore", str(backup), fails=True)

    assert "There is no journal of deletions" in told
    assert not (place.data / "media").exists()


@on_sqlite
def test_a_damaged_database_is_not_restored(backup, place):
    spoil(next(backup.glob("database.*")))

    told = place.manage("restore", str(backup), "--without-deletions", fails=True)

    assert "is damaged" in told
    assert "the database is not empty" not in place.manage(
        "restore", str(backup), "--without-deletions", fails=True
    )


@on_sqlite
def test_a_damaged_picture_is_named_and_left_out_and_the_others_come_back(backup, place):
    spoiled = next((backup / "media" / "originals").rglob("*.png"))
    spoil(spoiled)
    name = str(spoiled.relative_to(backup / "media"))

    told = place.manage("restore", str(backup), "--without-deletions", fails=True)

    assert f"damaged: {name}" in told
    assert not (place.data / "media" / name).exists()
    assert (
        len([path for path in (place.data / "media").rglob("*.*") if path.is_file()])
        == len([path for path in (backup / "media").rglob("*.*") if path.is_file()]) - 1
    )


@on_sqlite
def test_a_backup_that_was_not_finished_is_none(backup, place):
    (backup / "manifest.json").unlink()

    assert "holds no whole backup" in place.manage("restore", str(backup), "--without-deletions", fails=True)


@on_sqlite
def test_a_backup_of_a_newer_version_is_refused(backup, place):
    manifest = json.loads((backup / "manifest.json").read_text())
    manifest["migrations"].append("tryon.9999_from_the_future")
    (backup / "manifest.json").write_text(json.dumps(manifest))

    told = place.manage("restore", str(backup), "--without-deletions", fails=True)

    assert "newer version" in told


@on_sqlite
def test_where_nothing_ran_since_what_waited_goes_on(rehearsal, backup, place, tmp_path):
    place.manage("restore", str(backup), "--without-deletions", "--nothing-ran-since")

    notes = shutil.copy(rehearsal.folder.parent / "notes.json", tmp_path / "notes.json")
    seen = place.step("look", Path(notes))
    assert seen["statuses"][seen["waiting"]] == "queued"
    assert (seen["pictures"], seen["open_links"]) == (4, rehearsal.before["open_links"])


@on_sqlite
def test_a_place_where_nothing_is_set_yet_is_restored_with_its_secret(rehearsal, backup, tmp_path):
    (backup / "secret_key").write_text("signs the cookies of visitors")
    unset = dict.fromkeys(("SECRET_KEY", "LLMTR_API_KEY", "REDIS_URL", "ENV_FILE"), "")
    more = unset | {"DJANGO_SETTINGS_MODULE": "tryon.settings", "DATA_DIR": str(tmp_path / "place")}
    place = replace(sqlite_site(tmp_path / "place"), more=more)
    place.data.rmdir()

    place.manage("restore", str(backup), "--without-deletions")

    assert (place.data / "secret_key").read_text() == "signs the cookies of visitors"
    assert place.data.stat().st_mode & 0o077 == 0, "nobody else looks in"


@on_sqlite
def test_a_folder_with_something_in_it_takes_no_backup(rehearsal, backup):
    assert "is not empty" in rehearsal.old.manage("backup", str(backup), fails=True)


@pytest.mark.both_databases
@pytest.mark.postgres
@pytest.mark.parametrize("rehearsal", ["postgres"], indirect=True)
def test_a_missing_tool_is_named(rehearsal, tmp_path):
    site = replace(rehearsal.old, path=str(tmp_path))

    assert "pg_dump is not here" in site.manage("backup", str(tmp_path / "new"), fails=True)


# Pictures in a bucket -------------------------------------------------------------------------------
def test_pictures_in_a_bucket_stay_there_and_are_looked_for(tmp_path):
    with bucket.s3_server() as address:
        s3 = bucket.options(address)
        more = {
            "MEDIA_S3_BUCKET": s3["bucket_name"],
            "MEDIA_S3_ENDPOINT": address,
            "MEDIA_S3_REGION": s3["region_name"],
            "MEDIA_S3_PREFIX": s3["location"],
            "AWS_ACCESS_KEY_ID": s3["access_key"],
            "AWS_SECRET_ACCESS_KEY": s3["secret_key"],
        }
        old, new, again = (
            replace(sqlite_site(tmp_path / name), more=more) for name in ("old", "new", "again")
        )
        old.manage("migrate", "-v0")
        old.manage("samples")
        told = old.manage("backup", str(tmp_path / "backup"))
        listed = (tmp_path / "backup" / "OBJECTS").read_text().splitlines()
        names = [line.split(" ", 2)[2] for line in listed]
        assert f"{len(names)} pictures" in told
        assert not (tmp_path / "backup" / "media").exists()

        restore = ("restore", str(tmp_path / "backup"), "--without-deletions")
        assert f"{len(names)} pictures" in new.manage(*restore)

        delete = "deletion.delete_reference(Reference.objects.first(), None)"
        old.manage("shell", "-v0", "-c", f"from tryon.pipeline.privacy import deletion; {delete}")
        other = replace(sqlite_site(tmp_path / "other"), more=more)
        told = other.manage("restore", str(tmp_path / "backup"))
        assert "0 pictures, 1 photos deleted" in told, "by whichever machine: the bucket has the journal"
        copies = (0, 1, 2)  # the small ones of the photo, as far as they were made
        assert any(f" {len(names) - 1 - count} pictures" in told for count in copies)
        bucket.client(address).delete_object(Bucket=s3["bucket_name"], Key=f"tryon/{names[0]}")
        assert f"missing: {names[0]}" in again.manage(*restore, fails=True)
