"""What becomes of a file, over a real socket."""

import contextlib
import http.client
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tryon.sandbox.client import Client, client_of, error, picture, refused
from tryon.sandbox.endpoints.multipart import read_multipart
from tryon.sandbox.errors import RefusedError
from tryon.sandbox.server import Sandbox

DAY = 24 * 3600


def test_an_upload_is_answered_as_documented_and_kept_byte_for_byte(sandbox: Sandbox, client: Client) -> None:
    body = picture(kind="JPEG")
    answer = client.upload(body, "image/jpeg", "ma\\ détail.jpg").json()
    created = answer.pop("created_at")
    name = answer.pop("id")
    assert answer == {
        "object": "file",
        "provider": "google",
        "purpose": "vision_reference",
        "filename": "ma\\ détail.jpg",
        "bytes": len(body),
        "mime_type": "image/jpeg",
    }
    assert abs(created - time.time()) < 10
    assert (sandbox.state.store.pictures / name).read_bytes() == body


def test_provider_and_purpose_have_the_documented_defaults(client: Client) -> None:
    answer = client.post("/v1/files", files={"file": ("a.png", picture(), "image/png")}).json()
    assert (answer["provider"], answer["purpose"]) == ("google", "user_upload")


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ({"provider": "openai"}, "unsupported_provider"),
        ({"purpose": "assistants"}, "invalid_request"),
        ({"expires_in": "60"}, "invalid_request"),
    ],
)
def test_words_that_the_form_does_not_know_are_refused(
    client: Client, words: dict[str, str], kind: str
) -> None:
    assert refused(client.upload(**words), 400, kind)["param"] == next(iter(words))


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (picture(kind="GIF"), "image/gif"),
        (picture(kind="GIF"), "image/png"),
        (picture(kind="JPEG"), "image/png"),
        (picture(), "application/octet-stream"),
        (b"%PDF-1.7", "application/pdf"),
    ],
)
def test_only_the_four_kinds_of_picture_under_their_own_name_are_taken(
    client: Client, body: bytes, mime: str
) -> None:
    assert refused(client.upload(body, mime), 400, "invalid_request") == {"param": "file"}


@pytest.mark.parametrize(
    ("body", "mime"),
    [
        (picture(kind="JPEG"), "image/jpeg"),
        (picture(kind="WEBP"), "image/webp"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "image/heic"),
    ],
)
def test_every_documented_kind_of_picture_is_taken(client: Client, body: bytes, mime: str) -> None:
    assert client.upload(body, mime).json()["mime_type"] == mime


def test_a_file_of_more_than_20_megabytes_is_too_large(client: Client) -> None:
    room = 20 * 1024 * 1024
    assert client.upload(picture().ljust(room, b"\0")).status_code == 200
    refused(client.upload(picture().ljust(room + 1, b"\0")), 413, "request_too_large")
    refused(client.upload(picture().ljust(room + room // 4, b"\0")), 413, "request_too_large")


def test_a_body_that_is_too_large_is_read_to_its_end_so_that_the_line_goes_on(sandbox: Sandbox) -> None:
    line = http.client.HTTPConnection(sandbox.url.removeprefix("http://"), timeout=30)
    line.request("POST", "/v1/files", body=bytes(40_000_000))
    used, answer = line.sock, line.getresponse()
    assert (answer.status, json.loads(answer.read())["error"]["type"]) == (413, "request_too_large")
    line.request("GET", "/v1/models")
    assert line.getresponse().status == 200
    assert line.sock is used
    line.close()


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=x", b""),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\ncut'),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nno headers\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x--\r\n"),
    ],
)
def test_a_form_that_is_not_whole_is_refused(client: Client, kind: str, body: bytes) -> None:
    answer = client.post("/v1/files", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert error(answer)["type"].startswith("invalid_request")


def test_an_upload_in_chunks_arrives_whole(client: Client) -> None:
    body = picture((300, 300))
    whole = httpx.Request("POST", client.base_url, files={"file": ("a.png", body, "image/png")})
    whole.read()
    pieces = iter([whole.content[:100], whole.content[100:]])
    answer = client.post(
        "/v1/files", content=pieces, headers={"Content-Type": whole.headers["Content-Type"]}
    ).json()
    assert answer["bytes"] == len(body)


@given(st.binary(max_size=200), st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=20))
def test_a_form_gives_back_any_bytes_and_any_name(body: bytes, name: str) -> None:
    request = httpx.Request("POST", "http://x/", files={"file": (name, body, "image/png")}, data={"a": "b"})
    parts = {part.name: part for part in read_multipart(request.headers["Content-Type"], request.read())}
    assert (parts["file"].body, parts["a"].text) == (body, "b")


@given(st.lists(st.sampled_from([b"--x", b"\r\n", b"--", b"a", b'Content-Disposition: form-data; name="a"'])))
def test_no_form_whatever_it_holds_breaks_the_reader(pieces: list[bytes]) -> None:
    # Anything but a refusal fails the test.
    with contextlib.suppress(RefusedError):
        read_multipart("multipart/form-data; boundary=x", b"".join(pieces))


def test_a_file_lives_for_seven_days_of_a_clock_that_can_be_moved(sandbox: Sandbox, client: Client) -> None:
    name = client.uploaded()
    client.move_clock(advance=7 * DAY - 60)
    assert client.generate(file_id=name).status_code == 200
    client.move_clock(advance=120)
    answer = client.generate(file_id=name)
    assert refused(answer, 400, "invalid_request") == {"param": "file_ids", "file_id": name}
    assert name in error(answer)["message"]
    assert not (sandbox.state.store.pictures / name).exists()


def test_the_clock_can_be_set_and_marks_what_is_made(client: Client) -> None:
    assert abs(client.move_clock(set=2_000_000_000) - 2_000_000_000) < 5
    assert abs(client.get("/_sandbox/clock").json()["now"] - 2_000_000_000) < 5
    assert abs(client.upload().json()["created_at"] - 2_000_000_000) < 5
    assert abs(client.generate().json()["created"] - 2_000_000_000) < 5


@pytest.mark.parametrize("wish", [{}, {"set": "now"}, {"advance": 1, "set": 2}, {"advance": True}, []])
def test_a_clock_is_not_moved_by_nonsense(client: Client, wish: Any) -> None:
    assert client.post("/_sandbox/clock", json=wish).status_code == 400


def test_a_file_belongs_to_the_account_that_uploaded_it(sandbox: Sandbox, client: Client) -> None:
    name = client.uploaded()
    with client_of(sandbox, "llmtr-other") as other:
        assert refused(other.generate(file_ids=[name]), 400, "invalid_request")["file_id"] == name
        other.generate()
    client.generate(file_ids=[name])
    assert len({row["account"] for row in client.bill()["rows"]}) == 2


def test_a_file_is_taken_back_with_all_that_has_its_bytes(sandbox: Sandbox, tmp_path: Path) -> None:
    with client_of(sandbox) as client:
        name, again, other = client.uploaded(), client.uploaded(), client.uploaded(picture(colour="plum"))
        answer = client.delete(f"/v1/files/{name}")
        assert (answer.status_code, answer.json()["deleted"]) == (200, True)
        for gone in (name, again):
            assert refused(client.generate(file_ids=[gone]), 400, "invalid_request")["file_id"] == gone
            assert client.delete(f"/v1/files/{gone}").status_code == 400
        assert client.generate(file_ids=[other]).status_code == 200
    assert [file.name for file in (tmp_path / "sandbox" / "files").iterdir()] == [other]


def test_a_file_of_another_account_is_not_taken_back(tmp_path: Path) -> None:
    with (
        Sandbox(tmp_path, keys=["mine", "theirs"]) as sandbox,
        client_of(sandbox, "mine") as mine,
        client_of(sandbox, "theirs") as theirs,
    ):
        name = mine.uploaded()
        assert theirs.delete(f"/v1/files/{name}").status_code == 400
        refused(httpx.delete(f"{sandbox.url}/v1/files/{name}"), 401, "auth_error")
        assert mine.generate(file_ids=[name]).status_code == 200
