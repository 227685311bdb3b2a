"""The way to the gateway: what is paused and why, "Open again", and the stop switch for everything."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from gallery.admin import Written
from tryon.accounts.current_user import require_user
from tryon.admin.ai_models import endings
from tryon.models import CircuitBreaker
from tryon.models.circuit_breaker import EVERYTHING
from tryon.pipeline import enqueue, recovery


@admin.register(CircuitBreaker)
class CircuitBreakerAdmin(Written):
    list_display = ("__str__", "state", "why", "paused_at", "paused_until", "replacement")
    exclude = ("account", "reason")
    readonly_fields = ("state", "why")
    actions = ["open_again"]
    change_list_template = "admin/tryon/circuitbreaker/change_list.html"

    @admin.display(description=_("state"))
    def state(self, breaker: CircuitBreaker) -> str:
        return gettext("paused") if breaker.paused_at else gettext("open")

    @admin.display(description=_("reason"))
    def why(self, breaker: CircuitBreaker) -> str:
        """An open one has none: the row still holds that of its last pause."""
        return breaker.get_reason_display() if breaker.paused_at else ""

    def has_open_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("tryon.change_circuitbreaker")

    @admin.action(description=_("Open again"), permissions=["open"])
    def open_again(self, request: HttpRequest, queryset: QuerySet[CircuitBreaker]) -> None:
        for breaker in queryset:  # by the verb, not by one UPDATE: each leaves a line in the audit
            enqueue.enqueue_after_response(recovery.resume(breaker, require_user(request)))
        self.message_user(request, gettext("Open. Waiting try-ons go on."))

    def get_urls(self) -> list[URLPattern]:
        switch = path("switch/", self.admin_site.admin_view(self.switch), name="tryon_circuitbreaker_switch")
        return [switch, *super().get_urls()]

    def switch(self, request: HttpRequest) -> HttpResponse:
        """POST `stop` 1 or 0: let no new call leave, or let them leave again."""
        if request.method != "POST" or not self.has_open_permission(request):
            raise PermissionDenied
        if request.POST.get("stop") == "1":
            CircuitBreaker.objects.stop_everything(require_user(request))
            self.message_user(request, gettext("Stopped: no new call leaves. Accepted try-ons wait."))
        else:
            for breaker in self._stopped():
                enqueue.enqueue_after_response(recovery.resume(breaker, require_user(request)))
            self.message_user(request, gettext("Open. Waiting try-ons go on."))
        return redirect("admin:tryon_circuitbreaker_changelist")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = endings(request) | {
            "is_stopped": self._stopped().exists(),
            "may_switch": self.has_open_permission(request),
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def _stopped(self) -> QuerySet[CircuitBreaker]:
        return CircuitBreaker.objects.paused().filter(account=EVERYTHING)
