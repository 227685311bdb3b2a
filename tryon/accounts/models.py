from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, ClassVar

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractUser, AnonymousUser, UserManager
from django.db import models
from django.db.models import F, Min, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from tryon.accounts.prefix_search import Folded, begins_with

SHOP = "the shop"  # a user name that no form takes
MOST_CALLED = 10  # users that a few letters stand for: whoever means another one writes more of them


class Users(UserManager["User"]):
    def shop(self) -> User:
        """Whose pictures the shop's own are: nobody can sign in as this row."""
        return self.get_or_create(username=SHOP, defaults={"is_active": False, "password": "!"})[0]

    def lock(self, pk: int) -> User:
        """Their row, read anew: of two that accept for somebody, or give theirs away, one goes first.

        The lock leaves rows alone that only name them, such as pictures that a worker keeps; it is taken
        before those of their try-ons and of budgets.
        """
        return self.select_for_update(no_key=True).get(pk=pk)

    def guest(self, visitor: uuid.UUID) -> User | None:
        return self.filter(visitor=visitor, is_guest=True).first()

    def erased_since(self, moment: dt.datetime) -> models.QuerySet[User]:
        return self.filter(erased_at__gt=moment)

    def make_guest(self, visitor: uuid.UUID) -> User:
        """The guest of a visitor's cookie; two requests at once make one row."""
        guest, _ = self.get_or_create(
            visitor=visitor, defaults={"username": f"guest-{visitor.hex}", "is_guest": True, "password": "!"}
        )
        return guest

    def named(self, name: str) -> User | None:
        """The one account of a name: by its proven address, else its user name, else its unproven address.

        Sign-up does not tell whether an address is taken, so several accounts may hold it unproven: it names
        the first that did, and nobody takes it from that one without proof.
        """
        name = name.strip().lower()
        accounts = self.filter(is_guest=False)
        if not name:
            return None
        if proven := accounts.filter(emailaddress__email=name, emailaddress__verified=True).first():
            return proven
        since = Min("emailaddress__pk", filter=Q(emailaddress__email=name))
        holders = accounts.filter(email__iexact=name).annotate(since=since)
        found = [
            *accounts.filter(username__iexact=name).order_by("pk"),
            *holders.order_by(F("since").asc(nulls_first=True), "pk"),
        ]
        # A database may take letters for the same that are not.
        return next((user for user in found if name in (user.username.lower(), user.email.lower())), None)

    def called(self, words: str) -> list[int]:
        """The keys of some who have this number, or whose e-mail or user name begins so."""
        named = [self.filter(begins_with(column, words)) for column in ("email", "username")]
        if words.isdecimal() and len(words) < 19:
            named.insert(0, self.filter(pk=int(words)))
        keys = [key for users in named for key in users.values_list("pk", flat=True)[:MOST_CALLED]]
        return list(dict.fromkeys(keys))

    def is_last_administrator(self, user: User) -> bool:
        """Whether nobody could open the whole admin any more without them."""
        administrators = self.filter(is_superuser=True, is_active=True)
        return administrators.filter(pk=user.pk).exists() and not administrators.exclude(pk=user.pk).exists()

    def guests_before(self, moment: dt.datetime) -> models.QuerySet[User]:
        """Guests who first made something before then."""
        return self.filter(is_guest=True, date_joined__lt=moment)


class User(AbstractUser):
    """An owner of pictures: an account, or a guest known by a signed cookie only.

    A guest is never logged in; signing up turns the same row into an account.
    """

    is_guest = models.BooleanField(default=False)
    visitor = models.UUIDField(null=True, blank=True, unique=True, editable=False)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Which mails they want of what happens to their pictures, by the kinds of `Notification`.
    mail_when_ready = models.BooleanField(default=True, db_default=True)
    mail_when_approved = models.BooleanField(default=True, db_default=True)
    mail_when_rejected = models.BooleanField(default=True, db_default=True)
    mail_when_waiting = models.BooleanField(default=True, db_default=True)

    objects: ClassVar[Users] = Users()

    awaits_second_factor = False  # in this request: SecondFactorMiddleware says so, and no row keeps it

    class Meta(AbstractUser.Meta):
        indexes = [
            # Read by: the purge, which finishes what was begun.
            models.Index(fields=["erased_at"], name="user_erased", condition=Q(erased_at__isnull=False)),
            # Read by: the list of accounts, and each search for somebody's rows.
            models.Index(Folded("email"), name="user_email_prefix"),
            models.Index(Folded("username"), name="user_username_prefix"),
            # Read by: the list of accounts, by each of its filters.
            models.Index(fields=["-id"], name="user_accounts", condition=Q(is_guest=False)),
            models.Index(fields=["-id"], name="user_guests", condition=Q(is_guest=True)),
            models.Index(fields=["-id"], name="user_staff", condition=Q(is_staff=True)),
            models.Index(fields=["-id"], name="user_closed", condition=Q(is_active=False)),
        ]

    def __str__(self) -> str:
        if self.erased_at:
            return f"erased {self.pk}"
        return f"guest {str(self.visitor)[:8]}" if self.is_guest else (self.email or self.username)

    @property
    def is_shop(self) -> bool:
        return self.username == SHOP

    @property
    def acts_as_staff(self) -> bool:
        """Whether what is for staff may be told them in this request."""
        return self.is_staff and not self.awaits_second_factor

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        return not self.awaits_second_factor and super().has_perm(perm, obj)

    def has_module_perms(self, app_label: str) -> bool:
        return not self.awaits_second_factor and super().has_module_perms(app_label)

    def erase(self) -> None:
        """Nobody any more: without name, address, password and rights, and closed."""
        User.objects.filter(pk=self.pk).update(
            username=f"erased-{self.pk}",
            first_name="",
            last_name="",
            email="",
            password=make_password(None),
            is_active=False,
            is_staff=False,
            is_superuser=False,
            visitor=None,
            last_login=None,
            erased_at=timezone.now(),
        )
        self.groups.clear()
        self.user_permissions.clear()

    def rename(self, username: str) -> None:
        User.objects.filter(pk=self.pk).update(username=username)

    def wants_mail(self, kind: str) -> bool:
        return self.is_active and not self.is_guest and bool(getattr(self, f"mail_when_{kind}"))

    def choose_mails(self, **wanted: bool) -> None:
        User.objects.filter(pk=self.pk).update(**wanted)

    def stop_mail(self, kind: str) -> None:
        self.choose_mails(**{f"mail_when_{kind}": False})

    def become_account(self) -> None:
        """Turn a guest into the account that signed up; its cookie stops being a way in."""
        self.is_guest = False
        self.visitor = None


AnyUser = User | AnonymousUser  # an account, a guest, or a visitor who has done nothing yet


class RateLimitQuerySet(models.QuerySet["RateLimit"]):
    def take(self, name: str, amount: int, *, most: int, window: dt.timedelta, now: dt.datetime) -> bool:
        """Count `amount` under `name` in the window that holds `now`, unless that would pass `most`.

        Whether it was counted: one conditional UPDATE, so that no number of processes at once passes it.
        """
        row, _ = self.get_or_create(name=name, ends_at=window_end(window, now))
        room = self.filter(pk=row.pk, taken__lte=most - amount)
        return bool(room.update(taken=F("taken") + amount))

    def pace(self, name: str, *, burst: int, every: dt.timedelta, now: dt.datetime) -> bool:
        """Let `burst` through at once, and from then on one each `every` (a leaky bucket).

        Whether this one may go. `taken` is here the time until which the bucket is filled, in milliseconds
        since 1970; one conditional UPDATE, as in `take`. At midnight (UTC) the bucket is empty again.
        """
        row, _ = self.get_or_create(name=name, ends_at=window_end(dt.timedelta(days=1), now))
        clock, step = int(now.timestamp() * 1000), int(every.total_seconds() * 1000)
        room = self.filter(pk=row.pk, taken__lte=clock + (burst - 1) * step)
        return bool(room.update(taken=Greatest(F("taken"), clock) + step))

    def taken_of(self, name: str, *, window: dt.timedelta, now: dt.datetime) -> int:
        """What was counted in the window that holds `now`."""
        kept = self.filter(name=name, ends_at=window_end(window, now)).values_list("taken", flat=True)
        return kept.first() or 0

    def forget_past(self, now: dt.datetime) -> int:
        """Remove the rows whose window is over; how many they were."""
        return self.filter(ends_at__lte=now).delete()[0]


class RateLimit(models.Model):
    """How much was done under one name in one window of time: log-ins tried, files sent.

    A row of `pace` holds a time in place of a number; one of a place where somebody signed in is only there.
    Names say what and of whom ("log-in 12", "upload bytes 3f…"), and hold no address but as a digest.
    """

    name = models.CharField(max_length=100)
    ends_at = models.DateTimeField(db_index=True)  # read by the purge
    taken = models.BigIntegerField(default=0)

    objects = RateLimitQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "ends_at"], name="rate_limit_once"),
            models.CheckConstraint(condition=Q(taken__gte=0), name="rate_limit_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.name} until {self.ends_at:%Y-%m-%d %H:%M}"


def window_end(window: dt.timedelta, now: dt.datetime) -> dt.datetime:
    """When the window that holds `now` is over: windows follow each other from 1970 on."""
    seconds = int(window.total_seconds())
    return dt.datetime.fromtimestamp((now.timestamp() // seconds + 1) * seconds, dt.UTC)
