from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings
from django.db import models
from django.utils import timezone

from gallery.models import AuditEntry
from gallery.models.audit import register_action
from tryon.accounts.models import User
from tryon.models import clock

log = logging.getLogger(__name__)

# Stored under their first names.
PAUSED = register_action("line_closed", "Line paused")
RESUMED = register_action("line_opened", "Line opened")
EVERYTHING = ""  # as account and model: the stop switch


class LineQuerySet(models.QuerySet["Line"]):
    def paused(self) -> LineQuerySet:
        """Lines that stop work now: a rate limit ends by its time, all else by a success or by staff."""
        over = models.Q(reason=Line.Reason.RATE_LIMITED, paused_until__lte=clock.now())
        return self.exclude(paused_at=None).exclude(over)

    def for_operator(self) -> LineQuerySet:
        """Lines that need a human, or that a human closed; not those of models that were replaced."""
        settled = models.Q(reason=Line.Reason.RETIRED, paused_until=None)
        return (
            self.paused()
            .exclude(reason__in=[Line.Reason.RATE_LIMITED, Line.Reason.UNREACHABLE])
            .exclude(settled)
        )

    def to_replace(self, account: str) -> LineQuerySet:
        """Lines of retired models that nobody has replaced yet."""
        return self.for_operator().filter(account=account, reason=Line.Reason.RETIRED)

    def blocking(self, account: str, model: str) -> LineQuerySet:
        here = models.Q(account=EVERYTHING) | models.Q(account=account, model__in=[EVERYTHING, model])
        return self.paused().filter(here)

    def retired(self, account: str) -> set[str]:
        """The models that the gateway has retired, by their ids."""
        lines = self.paused().filter(account=account, reason=Line.Reason.RETIRED)
        return set(lines.values_list("model", flat=True))

    def everything_stopped(self) -> bool:
        return self.paused().filter(account=EVERYTHING).exists()

    def wait_for(self, account: str, model: str) -> dt.datetime | None:
        """None: send now. Else the time to look again.

        When a pause is over, one real job goes ahead to try the line (one UPDATE decides which) and the
        others wait for its result.
        """
        now = clock.now()
        for line in self.blocking(account, model):
            if line.paused_until is None or line.paused_until > now:
                return line.paused_until or now + dt.timedelta(seconds=settings.BREAKER_SECONDS)
            later = now + dt.timedelta(seconds=settings.BREAKER_SECONDS)
            if not self.filter(pk=line.pk, paused_until=line.paused_until).update(paused_until=later):
                return later
        return None

    def close(
        self, account: str, model: str, reason: Line.Reason, seconds: float, replacement: str | None = None
    ) -> dt.datetime:
        """Pause a line for a while; it opens by itself when a job that goes ahead succeeds."""
        until = clock.now() + dt.timedelta(seconds=seconds)
        line, _ = self.update_or_create(
            account=account,
            model=model,
            defaults={
                "reason": reason,
                "paused_at": timezone.now(),
                "paused_until": until,
                "replacement": replacement or "",
            },
        )
        log.warning("line paused: %s, %s, until %s", line, line.get_reason_display(), until.isoformat())
        return until

    def opened_by_success(self, account: str, model: str) -> bool:
        """An answer came through: whatever paused this line is over. True when that opened one."""
        here = self.exclude(paused_at=None).filter(account=account, model__in=[EVERYTHING, model])
        return bool(here.update(paused_at=None, paused_until=None, replacement=""))

    def reached(self, account: str) -> bool:
        """The gateway answers, though without a picture. True when it had been out of reach until now."""
        here = self.exclude(paused_at=None).filter(
            account=account, model=EVERYTHING, reason=Line.Reason.UNREACHABLE
        )
        return bool(here.update(paused_at=None, paused_until=None))

    def stop_everything(self, by: User) -> Line:
        """The stop switch: no new call is sent until staff open it again."""
        line, _ = self.update_or_create(
            account=EVERYTHING,
            model=EVERYTHING,
            defaults={"reason": Line.Reason.STAFF, "paused_at": timezone.now(), "paused_until": None},
        )
        AuditEntry.objects.record(by, PAUSED, line)
        return line


class Line(models.Model):
    """The way to the gateway, for one account and model. No row: open.

    open ─► paused (by an answer about key, balance or model; by no connection; by several lost answers in a
    row; by staff) ─► open
    One that was paused because its model was retired stays so, without a time, once it was replaced.
    """

    class Reason(models.TextChoices):
        KEY = "key", "The gateway does not accept the key"
        BALANCE = "balance", "The gateway account has no balance"
        FORBIDDEN = "forbidden", "The key may not use this model"
        UNKNOWN_MODEL = "unknown_model", "The gateway does not know this model"
        RETIRED = "retired", "The model was retired"
        RATE_LIMITED = "rate_limited", "The gateway asked us to slow down"
        UNREACHABLE = "unreachable", "The gateway cannot be reached"
        SILENT = "silent", "The gateway takes calls and does not answer them"
        STAFF = "staff", "Stopped by staff"

    account = models.CharField(max_length=64, blank=True)
    model = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=15, choices=Reason)
    replacement = models.CharField(max_length=100, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)

    objects = LineQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "model"], name="line_once")]

    def __str__(self) -> str:
        return self.model or ("every model" if self.account else "everything")

    def settle(self) -> None:
        """Its retired model was replaced: nobody tries it any more, and nobody need be told."""
        Line.objects.filter(pk=self.pk, reason=Line.Reason.RETIRED).update(paused_until=None)

    def open(self, by: User) -> None:
        """Let work through again, at once."""
        Line.objects.filter(pk=self.pk).update(paused_at=None, paused_until=None, replacement="")
        AuditEntry.objects.record(by, RESUMED, self)
