"""What the admin opens on: today's work in plain words, each part for whoever may do it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tryon.billing import spend_reports
from tryon.models import CircuitBreaker, UnopenedAnswer
from tryon.operations import health
from tryon.presenters.labels import counted

# Of what operations looks at, what staff can do something about: the sentence where it fails.
TROUBLES = {
    "workers": _("Not every worker runs, so pictures wait. Look at the processes of the site."),
    "sweep": _("Nobody looks for lost work: is beat running?"),
    "waiting": _("Work has been due for long and nobody takes it: start another worker."),
    "media": _("The storage of pictures does not answer: none can be kept or shown."),
    "disk": _("Less than 2 GB are free where the site keeps its data (DATA_DIR)."),
}


def today(request: HttpRequest) -> dict[str, Any]:
    """Names for the template; what somebody may not see is not looked up."""
    may = request.user.has_perm
    work: dict[str, Any] = {}
    if may("tryon.view_entry"):
        work["caps"] = spend_reports.caps()
    if may("tryon.view_circuitbreaker"):
        work["is_stopped"] = CircuitBreaker.objects.everything_stopped()
        work["paused"] = [each for each in CircuitBreaker.objects.for_operator() if each.account]
        work["troubles"] = [words for name, words in TROUBLES.items() if not health.looks_well(name)]
        work["may_switch"] = may("tryon.change_circuitbreaker")
    if may("tryon.view_unknown"):
        work["unknown"] = spend_reports.unknown().count()
    if may("tryon.view_unopenedanswer"):
        work["unopened"] = counted(UnopenedAnswer.objects.with_raw_answer())
    return {"today": work}
