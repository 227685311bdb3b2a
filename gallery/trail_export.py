"""The audit trail of some days as CSV, for staff who may read it."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.contrib.auth.models import AbstractUser
from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _

from gallery.models import AuditEntry
from gallery.models.audit import register_action

EXPORTED = register_action("trail_exported", _("Audit trail exported"))
COLUMNS = ("id", "at", "actor", "action", "kind", "subject", "detail")
AT_ONCE = 2000  # rows
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run what begins so


class RangeForm(forms.Form):
    """From which day until which, both included; what is left empty is not bounded."""

    since = forms.DateField(required=False, label=_("From"), widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label=_("Until"), widget=forms.DateInput({"type": "date"}))

    def entries(self) -> Any:
        """Of these days, the oldest first."""
        days = {"at__date__gte": self.cleaned_data["since"], "at__date__lte": self.cleaned_data["until"]}
        asked = {name: day for name, day in days.items() if day}
        return AuditEntry.objects.filter(**asked).select_related("actor").order_by("id")


def respond(form: RangeForm, by: AbstractUser) -> StreamingHttpResponse:
    """The file, while it is written; that it was taken is a line of the trail itself."""
    days = {name: str(day) for name, day in form.cleaned_data.items() if day}
    AuditEntry.objects.record(by, EXPORTED, by, **days)
    lines = _lines(form.entries().iterator(AT_ONCE))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit-trail.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


class _Echo:
    """What `csv` writes to: it gives back the line."""

    def write(self, line: str) -> str:
        return line


def _lines(entries: Iterable[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries:
        yield writer.writerow(_cells(entry))


def _cells(entry: AuditEntry) -> list[str]:
    detail = json.dumps(entry.detail, ensure_ascii=False, sort_keys=True) if entry.detail else ""
    told = [entry.actor or "", entry.action, entry.kind, entry.subject, detail]
    return [str(entry.pk), entry.at.isoformat(), *(_harmless(str(cell)) for cell in told)]


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULA) else cell
