"""What was made, what it costs and what was called."""

import hashlib
import sqlite3
import time
from pathlib import Path

import httpx
import pytest

from tests.tryon.sandbox.client import MODEL, Client, client_of, refused
from tryon.sandbox.server import Sandbox

DAY = 24 * 3600


def test_the_bill_says_what_was_made_and_what_it_costs(client: Client) -> None:
    name = client.uploaded()
    client.generate(file_ids=[name], size="2K", n=2, prompt="first")
    client.generate(size="512", prompt="second")
    client.generate(prompt="")
    bill = client.bill()
    first, second = bill["rows"]
    assert (first["model"], first["size"], first["n"], first["pictures"]) == (MODEL, "2K", 2, 2)
    assert (first["price_micros_usd"], second["price_micros_usd"]) == (202_000, 45_000)
    assert (first["prompt"], first["file_ids"], first["delivered"]) == ("first", [name], "ok")
    assert first["prompt_sha256"] == hashlib.sha256(b"first").hexdigest()
    assert (bill["pictures"], bill["micros"]) == (3, 247_000)
    assert client.bill(since=first["seq"])["rows"] == [second]


def test_bill_and_calls_are_for_who_has_a_key(sandbox: Sandbox) -> None:
    for control in ("bill", "calls"):
        answer = httpx.get(f"{sandbox.url}/_sandbox/{control}")
        refused(answer, 401, "auth_error")
        assert "rows" not in answer.text
    assert httpx.get(f"{sandbox.url}/_sandbox/clock").status_code == 200


def test_the_words_of_a_prompt_are_kept_only_where_that_is_wanted(tmp_path: Path) -> None:
    with Sandbox(tmp_path, with_words=False) as sandbox, client_of(sandbox) as client:
        client.generate(prompt="a secret wish")
        [row] = client.bill()["rows"]
    assert row["prompt"] == ""
    assert row["prompt_sha256"] == hashlib.sha256(b"a secret wish").hexdigest()
    assert b"a secret wish" not in b"".join(file.read_bytes() for file in tmp_path.glob("sandbox.sqlite3*"))


def test_nothing_can_be_taken_off_the_bill(sandbox: Sandbox, client: Client, tmp_path: Path) -> None:
    client.generate()
    database = sqlite3.connect(tmp_path / "sandbox" / "sandbox.sqlite3")
    for sql in ("DELETE FROM bill", "UPDATE bill SET pictures = 0"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            database.execute(sql)
    database.close()


def test_the_list_of_calls_proves_that_a_garment_was_uploaded_once(client: Client) -> None:
    name = client.uploaded()
    client.generate(file_ids=[name])
    client.generate(file_ids=[name])
    client.generate(file_ids=["file_other"])
    assert [row["file_ids"] for row in client.calls("files")] == [[name]]
    rows = client.calls("generations")
    assert [row["status"] for row in rows] == [200, 200, 400]
    assert [row["file_ids"] for row in rows] == [[name], [name], ["file_other"]]
    assert all(row["started"] <= row["ended"] <= time.time() for row in rows)
    later = client.get(f"/_sandbox/calls?since={rows[0]['seq']}").json()
    assert [row["seq"] for row in later["rows"]] == [row["seq"] for row in rows[1:]]


def test_a_restart_keeps_files_bill_and_clock(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        name = client.uploaded()
        client.generate(file_id=name)
        client.move_clock(advance=3 * DAY)
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        assert client.generate(file_id=name).status_code == 200
        assert [row["delivered"] for row in client.bill()["rows"]] == ["ok", "ok"]
        assert client.move_clock(advance=0) > time.time() + 3 * DAY - 60
        client.move_clock(advance=4 * DAY)
        assert client.generate(file_id=name).status_code == 400


def test_a_folder_from_before_edits_were_billed_goes_on_with_its_bill(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        client.generate()
    database = sqlite3.connect(tmp_path / "sandbox.sqlite3")
    database.execute("ALTER TABLE bill DROP COLUMN endpoint")
    database.close()
    with Sandbox(tmp_path) as sandbox, client_of(sandbox) as client:
        client.generate()
        assert [row["endpoint"] for row in client.bill()["rows"]] == ["generations"] * 2
