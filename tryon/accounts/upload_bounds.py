"""How much one may upload in an hour, by account and by client address: files, bytes and pixels."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from tryon.accounts.current_user import counts_as_guest
from tryon.accounts.models import AnyUser, RateLimit, window_end

HOUR = dt.timedelta(hours=1)
# What each of UPLOADS_PER_HOUR may be on average: of 60 files 300 MB and 1,500 megapixels.
OF_A_FILE = {"files": 1, "bytes": 5 * 1024**2, "pixels": 25_000_000}
OF_AN_ACCOUNT = 10  # times what guests may


class TooManyUploads(Exception):
    """This would be more than `most` of `unit` (a key of OF_A_FILE) in the hour that ends at `opens_at`."""

    def __init__(self, unit: str, most: int, opens_at: dt.datetime, *, of_address: bool) -> None:
        super().__init__(f"{most} {unit} until {opens_at:%H:%M}")
        self.unit, self.most, self.opens_at, self.of_address = unit, most, opens_at, of_address


@dataclass(frozen=True)
class UploadBounds:
    """Under which names the files of one request count, with the files an hour of each; none: no bound.

    An account counts for itself alone, wherever it is; who counts as a guest, for its address too, as cookies
    cost nothing.
    """

    files: Mapping[str, int]
    now: dt.datetime

    @classmethod
    def of(cls, user: AnyUser, address: str) -> UploadBounds:
        """`address` is the digest of where the request came from."""
        files, now = settings.UPLOADS_PER_HOUR, timezone.now()
        if files is None or user.is_staff:
            return cls({}, now)
        if not counts_as_guest(user):
            return cls({f"of {user.pk}": files * OF_AN_ACCOUNT}, now)
        of_guest = {f"of {user.pk}": files} if user.pk else {}
        return cls(of_guest | {f"from {address}": files}, now)

    def take(self, **amounts: int) -> None:
        """Count these, by unit, all of them or none. Raises TooManyUploads."""
        with transaction.atomic():
            for who, files in self.files.items():
                for unit, amount in amounts.items():
                    most = files * OF_A_FILE[unit]
                    if not RateLimit.objects.take(
                        _name(unit, who), amount, most=most, window=HOUR, now=self.now
                    ):
                        raise self._refusal(unit, who)

    def give_back(self, **amounts: int) -> None:
        """What was taken comes to nothing, and is to be sent again."""
        self.take(**{unit: -amount for unit, amount in amounts.items()})

    def room(self, unit: str) -> tuple[float, TooManyUploads | None]:
        """How much is left of this hour, and the refusal of more; without a bound infinity."""
        left = {
            who: files * OF_A_FILE[unit]
            - RateLimit.objects.taken_of(_name(unit, who), window=HOUR, now=self.now)
            for who, files in self.files.items()
        }
        if not left:
            return float("inf"), None
        who = min(left, key=lambda who: left[who])
        return left[who], self._refusal(unit, who)

    def _refusal(self, unit: str, who: str) -> TooManyUploads:
        most = self.files[who] * OF_A_FILE[unit]
        of_address = who.startswith("from ")
        return TooManyUploads(unit, most, window_end(HOUR, self.now), of_address=of_address)


def _name(unit: str, who: str) -> str:
    return f"upload {unit} {who}"
