"""The time by which claims, pauses and copies at the gateway end: one for all machines."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone


def now() -> dt.datetime:
    """The database's own time where it is a server; SQLite's machine has but one clock.

    A worker whose clock is an hour off then neither rescues early nor holds a claim for an hour.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")  # now() would be that of the transaction's begin
        moment: dt.datetime = cursor.fetchone()[0]
    return moment
