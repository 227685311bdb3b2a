"""The site has one address, SITE_URL: whoever calls it by another name or port gets no page."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase
from django.http.request import split_domain_port

DEFAULT_PORTS = {"http": "80", "https": "443"}


class SiteHostMiddleware:
    """400 for a foreign host or port. From here on the request's host is SITE_URL's, whatever was called.

    So links, mails and the origin of forms are never made from what the caller sent. ALLOWED_HOSTS are
    further names for the same site, at the same port.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        site = urlsplit(settings.SITE_URL)
        host = request.get_host()  # refuses every name that is not in ALLOWED_HOSTS
        name, port = split_domain_port(host)
        ports = [str(site.port)] if site.port else ["", DEFAULT_PORTS.get(site.scheme)]
        if not site.netloc or port not in ports or host.partition(":")[0].endswith("."):
            raise DisallowedHost(f"{name} at port {port or 'none'} is not SITE_URL's")
        request.META["HTTP_HOST"] = site.netloc
        return self.get_response(request)
