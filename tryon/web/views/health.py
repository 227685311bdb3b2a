"""For machines: is this process alive, is the product ready, and in which numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_safe

from tryon.operations import health, metrics

NO_STORE = {"Cache-Control": "no-store"}


class ProbesMiddleware:
    """Answers the probes at once, by whatever name they call this machine, over http too.

    A proxy, an engine or Prometheus asks by an inner address, which ALLOWED_HOSTS does not know. Whoever
    brings a session is a person with a browser, and goes the way of all pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        self._probes = {"/healthz": healthz, "/readyz": readyz, "/metrics": prometheus_metrics}

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = self._probes.get(request.path)
        if probe and settings.SESSION_COOKIE_NAME not in request.COOKIES:
            try:
                return probe(request)
            except Http404:
                return HttpResponse(status=404)
        return self.get_response(request)


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks nobody: a database that is away is no reason to start it again."""
    return JsonResponse({"alive": True}, headers=NO_STORE)


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when all is there that a try-on needs, else 503; the findings for staff and with the token."""
    findings = health.watch().findings()
    ready = all(finding.ok for finding in findings.values())
    told: dict[str, Any] = {"ready": ready}
    if _has_token(request) or (findings["database"].ok and _is_staff(request)):
        told["checks"] = {name: asdict(finding) for name, finding in findings.items()}
    return JsonResponse(told, status=200 if ready else 503, headers=NO_STORE)


@require_safe
def prometheus_metrics(request: HttpRequest) -> HttpResponse:
    """Every number for Prometheus, for whoever has METRICS_TOKEN; without one set there is no such page."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not _has_token(request):
        return HttpResponse("Bearer token needed", status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(metrics.exposition(), content_type=metrics.CONTENT_TYPE)


@sensitive_variables()
def _has_token(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    known: str = settings.METRICS_TOKEN
    return bool(known) and scheme.lower() == "bearer" and constant_time_compare(given.strip(), known)


def _is_staff(request: HttpRequest) -> bool:
    user = getattr(request, "user", None)  # a probe answered by the middleware has none
    return bool(user is not None and user.is_active and getattr(user, "acts_as_staff", False))
