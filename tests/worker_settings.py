"""Settings of a worker process that a test starts: the test's own database, and a clock that may be wrong."""

import datetime as dt
import os
from pathlib import Path

import time_machine

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES

DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE"]
if _spool := os.environ.get("TEST_SPOOL"):  # that of another machine
    SPOOL_DIR = Path(_spool)
if _hours := float(os.environ.get("TEST_CLOCK_HOURS", "0")):
    _shown = dt.datetime.now(dt.UTC) + dt.timedelta(hours=_hours)
    time_machine.travel(_shown, tick=True).start()
