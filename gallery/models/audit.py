from __future__ import annotations

import datetime as dt
from typing import Any, NewType

from django.conf import settings
from django.db import models, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gallery import deletion_log
from gallery.models.append_only import AppendOnlyModel, AppendOnlyQuerySet

Words = str | Promise  # marked for translation or not

UUID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))  # of its 32 letters: where each begins, how long

Action = NewType("Action", str)
LABELS: dict[str, Words] = {}  # of every registered action, as staff read it
TAKEN_BACK: set[str] = set()  # the actions that a restored backup must not undo


def register_action(name: str, label: Words, *, takes_back: bool = False) -> Action:
    """A kind of audit entry, registered once by the module that records it; no migration is needed.

    `name` is stored (20 characters at most), `label` is what staff read. `takes_back`: it also goes to the
    log of deletions, which is replayed after a restore.
    """
    LABELS[name] = label
    if takes_back:
        TAKEN_BACK.add(name)
    return Action(name)


def kind_of(subject: models.Model | type[models.Model]) -> str:
    """What audit entries call such a row."""
    return str(getattr(subject, "audit_kind", subject._meta.model_name))


class SubjectOf(models.Func):
    """A key that is a UUID as entries write it: with hyphens, which SQLite keeps none of."""

    arity = 1
    output_field = models.CharField()
    template = "CAST(%(expressions)s AS varchar)"

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        parts = (f"substr(%(expressions)s, {begin}, {letters})" for begin, letters in UUID_PARTS)
        return self.as_sql(compiler, connection, template=" || '-' || ".join(parts), **more)


class AuditEntryQuerySet(AppendOnlyQuerySet["AuditEntry"]):
    def record(self, actor: Any, action: Action, subject: models.Model, **detail: Any) -> AuditEntry:
        """One line of the trail. `detail` holds words and numbers, never pictures, tokens or e-mail."""
        entry = self.create(
            actor=actor,
            action=action,
            kind=kind_of(subject),
            subject=str(subject.pk),
            detail=detail,
        )
        if action in TAKEN_BACK:  # robust: what the disk refuses is completed by upkeep
            transaction.on_commit(lambda: deletion_log.append(entry), robust=True)
        return entry

    def of(self, subject: models.Model) -> models.QuerySet[AuditEntry]:
        """All that happened to it."""
        return self.filter(kind=kind_of(subject), subject=str(subject.pk))

    def lately_taken_back(self, since: dt.datetime) -> models.QuerySet[AuditEntry]:
        return self.filter(action__in=TAKEN_BACK, at__gte=since).order_by("id")


class AuditEntry(AppendOnlyModel):
    """Who did what to which picture, link or budget. Rows are added, never changed or removed.

    The database itself refuses to: but for the `actor`, which it forgets with their row.
    """

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    action = models.CharField(max_length=20)
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=40)
    detail = models.JSONField(default=dict, blank=True)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = _("audit entries")
        ordering = ["-id"]
        indexes = [
            # Read by: the history of one picture or link.
            models.Index(fields=["kind", "subject"], name="audit_subject"),
            # Read by: the trail in the admin, by each of its filters and searches.
            models.Index(fields=["action", "-id"], name="audit_action"),
            models.Index(fields=["actor", "-id"], name="audit_actor"),
            models.Index(fields=["subject", "-id"], name="audit_subject_alone"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action_label} {self.kind} {self.subject}"

    @property
    def action_label(self) -> str:
        return str(LABELS.get(self.action, self.action))
