"""Many processes that do one thing at the same moment: this module run with -m, a race on each line of stdin.

The one process that loads all code forks for each race, and that fork once an order; each waits for the gun,
then takes its step.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from tests.tryon.making import wishes  # noqa: E402
from tryon.accounts.models import User  # noqa: E402
from tryon.accounts.upload_bounds import TooManyUploads, UploadBounds  # noqa: E402
from tryon.models import Reference  # noqa: E402
from tryon.models.money.budget import CapReached  # noqa: E402
from tryon.pipeline import recovery, references, submission  # noqa: E402
from tryon.pipeline.submission import ChosenReference  # noqa: E402


def accept(order: dict[str, Any]) -> str:
    """A try-on of one picture; "until …" says when there is room again."""
    person, garment = (Reference.objects.get(pk=pk) for pk in order["inputs"])
    inputs = (ChosenReference(person, "person"), ChosenReference(garment, "top"))
    owner = User.objects.get(pk=order["owner"])
    try:
        asked = wishes(owner, inputs=inputs, key=order["key"])
        return str(submission.accept(owner, asked, order.get("address", "")).pk)
    except CapReached as exc:
        return f"until {exc.opens_at.isoformat()}"


def push(order: dict[str, Any]) -> str:
    """What the view does with a picture that has just come."""
    references.push(list(Reference.objects.filter(pk__in=order["inputs"])))
    return ""


def ready(order: dict[str, Any]) -> str:
    """What a worker does with the pictures of its call."""
    copies = references.ready(list(Reference.objects.filter(pk__in=order["inputs"])))
    return " ".join(sorted(copy.file_id for copy in copies))


def renew(order: dict[str, Any]) -> str:
    """What beat orders every hour."""
    recovery.renew()
    return ""


def log_in(order: dict[str, Any]) -> str:
    """The status that a wrong password is answered with."""
    told = {"login": order["name"], "password": "wrong"}
    return str(Client().post(reverse("account_login"), told).status_code)


def count_upload(order: dict[str, Any]) -> str:
    """A photo of this guest, from the address that all of them share."""
    bounds = UploadBounds.of(User.objects.get(pk=order["owner"]), "everybody")
    try:
        bounds.take(files=1, bytes=1000, pixels=1000)
    except TooManyUploads as exc:
        return f"{exc.unit} until"
    return "counted"


STEPS: dict[str, Callable[[dict[str, Any]], str]] = {
    "accept": accept,
    "log_in": log_in,
    "push": push,
    "ready": ready,
    "renew": renew,
    "count_upload": count_upload,
}


def _run(order: dict[str, Any], gun: int, told: int) -> None:
    status = 1
    try:
        connection.ensure_connection()
        os.read(gun, 1)  # nothing comes: it ends for all of them at once
        os.write(told, STEPS[order["step"]](order).encode())
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def race(orders: list[dict[str, Any]]) -> list[str]:
    """What each of these said, in the order of the orders."""
    gun, trigger = os.pipe()
    runners = []
    for order in orders:
        read, told = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(trigger)
            _run(order, gun, told)
        os.close(told)
        runners.append((pid, read))
    os.close(trigger)
    answers = []
    for pid, read in runners:
        with os.fdopen(read) as pipe:
            answers.append(pipe.read())
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError("a runner did not arrive")
    return answers


def hold(asked: dict[str, Any]) -> None:
    for name, value in asked["settings"].items():
        setattr(settings, name, value)
    sys.stdout.write(json.dumps(race(asked["orders"])) + "\n")


def main() -> None:
    """After each race one line: what everybody said, or nothing where somebody did not arrive."""
    Client().post(reverse("account_login"), {})  # loads addresses, pages and their templates once for all
    connection.close()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        if pid := os.fork():
            if os.waitpid(pid, 0)[1]:
                sys.stdout.write("\n")
        else:
            hold(json.loads(line))
            return


if __name__ == "__main__":
    main()
