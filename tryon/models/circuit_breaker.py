from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from gallery.models.fields import LabelledField
from tryon.accounts.models import User
from tryon.models import clock
from tryon.models.states import PauseReason

log = logging.getLogger(__name__)

# Stored under the names they were first given.
PAUSED = register_action("line_closed", _("Connection paused"))
RESUMED = register_action("line_opened", _("Connection resumed"))
GONE = (PauseReason.RETIRED, PauseReason.UNKNOWN_MODEL)  # a model that is not there any more
EVERYTHING = ""  # as account and model: the stop switch


class CircuitBreakerQuerySet(models.QuerySet["CircuitBreaker"]):
    def paused(self) -> CircuitBreakerQuerySet:
        """Lines that stop work now: a rate limit ends by its time, all else by a success or by staff."""
        over = models.Q(reason=PauseReason.RATE_LIMITED, paused_until__lte=clock.now())
        return self.exclude(paused_at=None).exclude(over)

    def for_operator(self) -> CircuitBreakerQuerySet:
        """Lines that need a human, or that a human closed; not those of models that were replaced."""
        settled = models.Q(reason=PauseReason.RETIRED, paused_until=None)
        return (
            self.paused()
            .exclude(reason__in=[PauseReason.RATE_LIMITED, PauseReason.UNREACHABLE])
            .exclude(settled)
        )

    def blocking(self, account: str, model: str) -> CircuitBreakerQuerySet:
        here = models.Q(account=EVERYTHING) | models.Q(account=account, model__in=[EVERYTHING, model])
        return self.paused().filter(here)

    def retired(self, account: str) -> set[str]:
        """The models that the gateway has retired, by their ids."""
        breakers = self.paused().filter(account=account, reason=PauseReason.RETIRED)
        return set(breakers.values_list("model", flat=True))

    def settle(self, account: str, model: str) -> None:
        """Another model took its place: nobody tries it any more, and nobody need be told."""
        gone = self.filter(account=account, model=model, reason__in=GONE)
        gone.update(reason=PauseReason.RETIRED, paused_until=None)

    def take_again(self, account: str, models: Iterable[str]) -> None:
        """The gateway has these models again: whoever asks for them is served, without a human."""
        gone = self.filter(account=account, model__in=models, reason__in=GONE)
        gone.update(paused_at=None, paused_until=None, replacement="")

    def everything_stopped(self) -> bool:
        return self.paused().filter(account=EVERYTHING).exists()

    def wait_for(self, account: str, model: str) -> dt.datetime | None:
        """None: send now. Else the time to look again.

        When a pause is over, one real job goes ahead to try it (one UPDATE decides which) and the
        others wait for its result.
        """
        now = clock.now()
        for breaker in self.blocking(account, model):
            if breaker.paused_until is None or breaker.paused_until > now:
                return breaker.paused_until or now + dt.timedelta(seconds=settings.BREAKER_SECONDS)
            later = now + dt.timedelta(seconds=settings.BREAKER_SECONDS)
            if not self.filter(pk=breaker.pk, paused_until=breaker.paused_until).update(paused_until=later):
                return later  # another job went ahead
        return None

    def pause(
        self, account: str, model: str, reason: PauseReason, seconds: float, replacement: str | None = None
    ) -> dt.datetime:
        """Pause one for a while; it opens by itself when a job that goes ahead succeeds."""
        until = clock.now() + dt.timedelta(seconds=seconds)
        breaker, _ = self.update_or_create(
            account=account,
            model=model,
            defaults={
                "reason": reason,
                "paused_at": timezone.now(),
                "paused_until": until,
                "replacement": replacement or "",
            },
        )
        log.warning(
            "connection paused: %s, %s, until %s", breaker, breaker.get_reason_display(), until.isoformat()
        )
        return until

    def resume_after_success(self, account: str, model: str) -> bool:
        """An answer came through: whatever paused it is over. True when that resumed one."""
        here = self.exclude(paused_at=None).filter(account=account, model__in=[EVERYTHING, model])
        return bool(here.update(paused_at=None, paused_until=None, replacement=""))

    def resume_after_contact(self, account: str) -> bool:
        """The gateway answers, though without a picture. True when it had been out of reach until now."""
        here = self.exclude(paused_at=None).filter(
            account=account, model=EVERYTHING, reason=PauseReason.UNREACHABLE
        )
        return bool(here.update(paused_at=None, paused_until=None))

    def stop_everything(self, by: User) -> CircuitBreaker:
        """The stop switch: no new call is sent until staff open it again."""
        breaker, _ = self.update_or_create(
            account=EVERYTHING,
            model=EVERYTHING,
            defaults={"reason": PauseReason.STAFF, "paused_at": timezone.now(), "paused_until": None},
        )
        AuditEntry.objects.record(by, PAUSED, breaker)
        return breaker


class CircuitBreaker(models.Model):
    """The way to the gateway, for one account and model. No row: open.

    open ─► paused (by an answer about key, balance or model; by no connection; by several lost answers in a
    row; by staff) ─► open
    One that was paused because its model was retired stays so, without a time, once it was replaced.
    """

    audit_kind = "line"  # what audit entries called it from the beginning

    account = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=100, blank=True)
    reason = LabelledField(max_length=15, choices=PauseReason)
    replacement = models.CharField(max_length=100, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)

    objects = CircuitBreakerQuerySet.as_manager()

    class Meta:
        db_table = "tryon_line"  # its first name
        verbose_name = _("connection")
        constraints = [models.UniqueConstraint(fields=["account", "model"], name="line_once")]

    def __str__(self) -> str:
        return self.model or (gettext("every model") if self.account else gettext("everything"))

    def resume(self, by: User) -> None:
        """Let work through again, at once."""
        CircuitBreaker.objects.filter(pk=self.pk).update(paused_at=None, paused_until=None, replacement="")
        AuditEntry.objects.record(by, RESUMED, self)
