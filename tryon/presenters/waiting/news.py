"""What somebody's open pages are told of the pictures that are made for them meanwhile."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from functools import cached_property

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from tryon.accounts.models import AnyUser
from tryon.models import Generation, TryOn
from tryon.presenters.waiting.tickets import STATE_FIELDS, Ticket, state_of

MOST = 6  # of somebody's last try-ons; a page remembers as many that ended while it was open
KNOWN = re.compile(r"([0-9a-f]{32})-(\d{1,2})-[0-9a-f]*")
MADE_NOTHING = (Generation.Status.REFUSED, Generation.Status.FAILED, Generation.Status.UNKNOWN)

Known = dict[uuid.UUID, int]


def known_of(text: str) -> Known:
    """Of each try-on that a page waits for how many of its calls had made something when the page began."""
    found = [KNOWN.fullmatch(each) for each in text.split(".")[: 2 * MOST]]
    return {uuid.UUID(each[1]): int(each[2]) for each in found if each}


class News:
    """One query; none for who has no row.

    `known` is what the page that asks has said that it waits for; of `itself`, the try-on whose page it is,
    it is told in another way.
    """

    def __init__(self, user: AnyUser, known: Known | None = None, itself: uuid.UUID | None = None) -> None:
        self._itself = itself
        self._known = known or {}
        self._calls: dict[uuid.UUID, list[Generation]] = defaultdict(list)
        for call in _calls_of(user, self._known) if user.pk else ():
            self._calls[call.tryon_id].append(call)

    @property
    def seen(self) -> str:
        """The same as `known`, for the page to ask again with: another text whenever something moved."""
        return ".".join(
            f"{pk.hex}-{self._known.get(pk, _made(calls))}-{state_of(calls)}"
            for pk, calls in self._calls.items()
            if pk != self._itself
        )

    @property
    def tickets(self) -> str:
        """One for each try-on that is being made."""
        return " ".join(Ticket(pk, state_of(self._calls[pk]), None).signed() for pk in self._unfinished)

    @property
    def names(self) -> str:
        """Of what is being made: another text, and other pages of the same browser ask what is new."""
        return " ".join(pk.hex[:8] for pk in self._unfinished)

    @property
    def ended(self) -> list[uuid.UUID]:
        return [pk for pk in self._calls if pk not in self._unfinished]

    @property
    def count(self) -> int:
        """It rises whenever something is to be told."""
        return self._pictures + len(self._failed)

    @property
    def sentence(self) -> str:
        if self._pictures:
            return ngettext("A new picture is here", "New pictures are here", self._pictures)
        return gettext("A picture could not be made") if self._failed else ""

    @property
    def address(self) -> str:
        """Where the last of them is shown."""
        pk = next(iter([*self._came, *self._failed]), None)
        return reverse("tryon", args=[pk]) if pk else ""

    @cached_property
    def _unfinished(self) -> list[uuid.UUID]:
        return [pk for pk, calls in self._calls.items() if any(not call.is_ended for call in calls)]

    @property
    def _came(self) -> list[uuid.UUID]:
        return [pk for pk in self._calls if self._made_since(pk)]

    @property
    def _pictures(self) -> int:
        return sum(map(self._made_since, self._calls))

    def _made_since(self, pk: uuid.UUID) -> int:
        made = _made(self._calls[pk])
        return max(0, made - self._known.get(pk, made))

    @property
    def _failed(self) -> list[uuid.UUID]:
        """Ended without a picture, and not because it was cancelled."""
        ended = [pk for pk in self.ended if not _made(self._calls[pk])]
        return [pk for pk in ended if any(call.status in MADE_NOTHING for call in self._calls[pk])]


def _made(calls: list[Generation]) -> int:
    return sum(call.status == Generation.Status.DONE for call in calls)


def _calls_of(user: AnyUser, known: Known) -> list[Generation]:
    """All calls of the last try-ons that are being made, and of those that are known, the newest first."""
    last = TryOn.objects.owned_by(user).order_by("-created_at").values("pk")[:MOST]
    unfinished = Generation.objects.unfinished().filter(tryon__in=last).values("tryon")
    mine = Generation.objects.filter(tryon__owner_id=user.pk, tryon__deleted_at=None)
    wanted = mine.filter(Q(tryon__in=unfinished) | Q(tryon__in=list(known)))
    return list(wanted.only("tryon_id", *STATE_FIELDS).order_by("-tryon__created_at", "number"))
