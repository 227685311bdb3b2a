"""What the log tells of requests and tasks; test_canaries has what it never tells."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_tryon, make_user
from tests.live import Worker, until
from tests.tryon.lines import Lines, everything_logged, speaking_worker, told_by
from tryon.celery import app as celery_app
from tryon.models import Offer

TRACE = "trace-0123456789abcdef"


@pytest.fixture
def lines() -> Iterator[Lines]:
    with everything_logged() as lines:
        yield lines


@pytest.fixture
def speaking(broker, gateway, transactional_db) -> Iterator[Worker]:
    with speaking_worker(broker, gateway) as worker:
        yield worker


# Requests -----------------------------------------------------------------------------------------
def test_a_request_has_one_line_without_its_query(lines, db):
    Client().get(reverse("privacy") + "?email=ana@example.com&q=secret+words")

    (line,) = lines.told
    assert line["method"] == "GET"
    assert line["path"] == "/privacy/"
    assert line["status"] == 200
    assert 0 < line["ms"] < 60_000
    assert len(line["request_id"]) == 32
    assert "secret" not in lines.text


@pytest.mark.parametrize(("path", "status"), [("/no/such/page/", 404), ("/readyz", 503)])
def test_an_answer_that_is_no_success_has_one_line_too(lines, transactional_db, path, status):
    Client().get(path)

    assert [line["status"] for line in lines.told] == [status]


@pytest.mark.parametrize("kind", ["guest", "account", "staff", "nobody"])
def test_of_a_user_only_the_kind_is_told(lines, db, kind):
    user = make_user("penelope", is_staff=kind == "staff") if kind in ("account", "staff") else make_guest()
    client = Client() if kind == "nobody" else visiting(user) if kind == "guest" else signed_in(user)
    client.get(reverse("wardrobe"))

    assert lines.requests()[-1]["user"] == kind
    assert "penelope" not in lines.text
    assert str(user.visitor) not in lines.text


def test_nobody_is_looked_up_only_to_be_logged(lines, db, django_assert_num_queries):
    client = signed_in(make_user())
    with django_assert_num_queries(0):
        client.get("/healthz")

    assert lines.requests()[-1]["user"] == "unasked"


def test_the_id_of_a_trusted_proxy_is_taken_over(lines, db, settings):
    settings.TRUST_REQUEST_ID = True
    Client().get(reverse("privacy"), headers={"X-Request-Id": TRACE})

    assert lines.requests()[0]["request_id"] == TRACE


@pytest.mark.parametrize(
    ("trusted", "given"), [(False, TRACE), (True, "short"), (True, "x" * 65), (True, "a b" * 9)]
)
def test_any_other_id_is_replaced(lines, db, settings, trusted, given):
    settings.TRUST_REQUEST_ID = trusted
    Client().get(reverse("privacy"), headers={"X-Request-Id": given})

    assert len(lines.requests()[0]["request_id"]) == 32
    assert given not in lines.text


def test_lines_of_a_page_name_its_rows(lines, db):
    tryon = make_tryon(make_user(), "done")
    client = signed_in(tryon.owner)
    client.get(reverse("tryon", args=[tryon.pk]))
    client.post(reverse("generation_again", args=[tryon.generations.get().pk]))

    page, act = lines.requests()
    assert page["tryon_id"] == str(tryon.pk)
    assert act["generation_id"] == str(tryon.generations.get().pk)
    assert act["tryon_id"] == str(tryon.pk)


def test_a_failure_is_told_once_with_its_traceback_and_the_request(lines, db, settings):
    settings.SPEND_PER_DAY = "no number"
    tryon = make_tryon(make_user(), "failed")
    client = signed_in(tryon.owner)
    client.raise_request_exception = False
    answer = client.post(reverse("generation_again", args=[tryon.generations.get().pk]))

    assert answer.status_code == 500
    failure, line = (each for each in lines.told if each["level"] == "error")
    assert "TypeError" in failure["exception"]
    assert line["status"] == 500
    assert failure["request_id"] == line["request_id"]


RUN = "aB3_-" * 8
MISTYPED = [
    f"/{RUN}",
    f"/S/{RUN}",
    f"//s//{RUN}",
    f"/x/{RUN}/y/{RUN}",
    f"/s%2F{RUN}",
    f"/gallery/({RUN}).",
    f"/static/{RUN}.css",
    f"/tryons/{RUN}xyz",
    f"/s/{RUN}abc%20and%20words",
    f"/s/%22{RUN}",
    f"/s/%C2%A0{RUN}%27",
    f"/s/%3C{RUN[:20]}%E2%80%8B{RUN[20:]}",
    f"/S/{RUN[:10]}%5C_{RUN[10:]}",
]


@pytest.mark.parametrize("path", MISTYPED)
def test_what_may_be_a_token_stands_in_no_line_wherever_it_was_mistyped(lines, transactional_db, path):
    Client(headers={"Referer": f"http://testserver{path}"}).get(path)
    logging.getLogger("gunicorn.error").error("Error handling request %s", path)
    logging.getLogger("elsewhere").warning({"url": f"http://x.example{path}"})

    assert "[token]" in lines.text
    assert not re.search(r"[\w-]{40}|(aB3_-){2}", lines.text, re.ASCII)


def test_ids_names_and_digests_are_told(lines):
    innocent = f"/gallery/0189f7ea-ae2c-7b4e-8f5d-1a2b3c4d5e6f/ {'ab12' * 16} originals/ab/{'ab' * 16}-1.png"
    logging.getLogger("elsewhere").warning(innocent)

    assert innocent in lines.text


def test_what_machines_ask_all_day_is_told_only_to_whoever_debugs(lines, db):
    Client().get("/healthz")

    assert {line["level"] for line in lines.told} == {"debug"}


def test_the_console_form_tells_the_same_in_one_line(db):
    lines, root = Lines("console"), logging.getLogger()
    root.addHandler(lines.handler)
    try:
        Client().get(reverse("privacy"))
    finally:
        root.removeHandler(lines.handler)

    assert len(lines.text.splitlines()) == 1
    assert "path=/privacy/" in lines.text


# Tasks --------------------------------------------------------------------------------------------
def ended(worker: Worker, task: str) -> list[dict]:
    return [line for line in told_by(worker) if line["event"] == "task_succeeded" and line["task"] == task]


def test_one_id_finds_a_request_and_all_the_work_it_caused(speaking, settings):
    settings.TRUST_REQUEST_ID = True
    owner = make_user()
    Offer.objects.learn([settings.LLMTR_MODEL])
    before = make_tryon(owner, "failed")
    address = reverse("generation_again", args=[before.generations.get().pk])
    signed_in(owner).post(address, headers={"X-Request-Id": TRACE})
    asked_again = before.generations.get(number=2)

    (call,) = until(lambda: ended(speaking, "generate"), what=speaking.log.read_text())
    assert call["request_id"] == TRACE
    assert call["generation_id"] == str(asked_again.pk)
    (copies,) = until(lambda: ended(speaking, "render"))
    assert copies["request_id"] == TRACE
    assert copies["image_id"] == str(asked_again.results.get().image_id)


def test_what_the_sweep_sends_carries_the_sweeps_id(speaking):
    tryon = make_tryon(make_user())
    celery_app.send_task("tryon.tasks.sweep")

    (call,) = until(lambda: ended(speaking, "generate"))
    (sweep,) = until(lambda: ended(speaking, "sweep"))
    assert call["request_id"] == sweep["request_id"] == sweep["task_id"]
    assert call["generation_id"] == str(tryon.generations.get().pk)


def test_a_task_that_breaks_is_told_once_with_its_ids(speaking):
    celery_app.send_task("tryon.tasks.generate", kwargs={"generation_id": "none"})

    until(lambda: [line for line in told_by(speaking) if line["level"] == "error"])
    (line,) = (line for line in told_by(speaking) if line["level"] == "error")
    assert line["event"] == "task_failed"
    assert line["generation_id"] == "none"
    assert "badly formed" in line["exception"]
