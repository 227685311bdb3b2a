"""A process that dies where it is told to, and what is left when another has set things right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection

from tests.crash.points import Answer
from tests.factories import make_reference
from tests.live import ROOT, WITH_KEY, until
from tryon.accounts.models import User
from tryon.sandbox.server import Sandbox


class Dying:
    """Asks for lives that end at a point; each is a fork of one process that has all code loaded."""

    def __init__(self) -> None:
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
            "TEST_DATABASE": str(connection.settings_dict["NAME"]),
        }
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.child"],
            cwd=ROOT,
            env=env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def life(self, **order: object) -> dict:
        """The points that it passed, and the signal that ended it."""
        self._child.stdin.write(json.dumps(order) + "\n")
        self._child.stdin.flush()
        told = self._child.stdout.readline()
        assert told, "the process that forks has ended"
        return json.loads(told)

    def end(self) -> None:
        self._child.stdin.close()
        self._child.wait(20)
        self._child.stdout.close()


@pytest.fixture(scope="package")
def dying(django_db_setup) -> Iterator[Dying]:
    dying = Dying()
    yield dying
    dying.end()


class Shop:
    """One owner with a person and a garment, and the files that were there before."""

    def __init__(self, gateway: Sandbox, dying: Dying) -> None:
        self.gateway = gateway
        self._dying = dying
        self.owner = User.objects.create_user("ana")
        self.inputs = [make_reference(self.owner), make_reference(self.owner, "garment", "crimson")]
        self._before = set(_files())

    def life(self, point: str, answer: Answer) -> dict:
        """From the form to the renditions, or to the point; the gateway has done then what it was asked."""
        if answer.fault:
            self._post("faults", [{"on": "generations", **answer.fault}])
        ids = [str(reference.pk) for reference in self.inputs]
        told = self._dying.life(point=point, gateway=self.gateway.url, owner=str(self.owner.pk), inputs=ids)
        until(lambda: self._all_answered("after send" in told["passed"]))
        return told

    def _all_answered(self, was_sent: bool) -> bool:
        """A call may still lie in a socket when its sender is dead."""
        calls = self._get("calls")
        sent = any("generations" in row["endpoint"] for row in calls["rows"])
        return calls["open"] == 0 and (sent or not was_sent)

    def _post(self, control: str, wish: object) -> None:
        httpx.post(f"{self.gateway.url}/_sandbox/{control}", json=wish).raise_for_status()

    def _get(self, control: str) -> dict:
        return httpx.get(f"{self.gateway.url}/_sandbox/{control}", headers=WITH_KEY).json()

    def billed(self) -> int:
        return self._get("bill")["pictures"]

    def uploads(self) -> int:
        return sum(row["endpoint"] == "files" for row in self._get("calls")["rows"])

    def new_files(self) -> set[Path]:
        return set(_files()) - self._before


def _files() -> list[Path]:
    """All that rests on the disk: pictures, answers, and halves of either."""
    roots = (Path(django_settings.MEDIA_ROOT), Path(django_settings.SPOOL_DIR))
    return [path for root in roots if root.is_dir() for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def shop(transactional_db, gateway: Sandbox, dying: Dying) -> Shop:
    return Shop(gateway, dying)
