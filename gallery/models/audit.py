from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import models, transaction

from gallery import journal


class AuditEntries(models.Manager["AuditEntry"]):
    def record(
        self, actor: Any, action: AuditEntry.Action, subject: models.Model, **detail: Any
    ) -> AuditEntry:
        """One line of the trail. `detail` holds words and numbers, never pictures, tokens or e-mail."""
        entry = self.create(
            actor=actor,
            action=action,
            kind=str(subject._meta.model_name),
            subject=str(subject.pk),
            detail=detail,
        )
        if action in journal.TAKEN_BACK:  # robust: what the disk refuses is completed by upkeep
            transaction.on_commit(lambda: journal.append(entry), robust=True)
        return entry

    def lately_taken_back(self, since: dt.datetime) -> models.QuerySet[AuditEntry]:
        return self.filter(action__in=journal.TAKEN_BACK, at__gte=since)


class AuditEntry(models.Model):
    """Who did what to which picture, link or budget. Rows are added, never changed or removed."""

    class Action(models.TextChoices):
        APPROVED = "approved", "Approved"
        REJECTED = "rejected", "Rejected"
        UNDONE = "undone", "Decision undone"
        SHARED = "shared", "Shared"
        REVOKED = "revoked", "Sharing stopped"
        DELETED = "deleted", "Deleted"
        LINE_CLOSED = "line_closed", "Line paused"
        LINE_OPENED = "line_opened", "Line opened"
        MODEL_REPLACED = "model_replaced", "Model replaced"
        SITE_CHANGED = "site_changed", "Site changed"
        SETTLED = "settled", "Unknown outcome settled"

    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    action = models.CharField(max_length=20, choices=Action)
    kind = models.CharField(max_length=30)
    subject = models.CharField(max_length=40)
    detail = models.JSONField(default=dict, blank=True)

    objects = AuditEntries()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        # Read by: the history of one picture or link.
        indexes = [models.Index(fields=["kind", "subject"], name="audit_subject")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.get_action_display()} {self.kind} {self.subject}"
