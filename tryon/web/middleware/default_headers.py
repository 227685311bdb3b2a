"""What every answer says of itself, unless its view says something else: a new page fails closed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

# Pages that a browser may keep for its Back button where they show nothing of anybody's.
MAY_BE_KEPT = {
    "studio",
    "account_login",
    "account_reset_password",
    "account_settings",
    "account_signup",
    "privacy",
}
NEVER = "private, no-store"
ASK_AGAIN = "private, no-cache"
# After these, POSTed, the browser forgets what it kept of whoever was there.
LEAVES = {"account_logout", "logout", "my_data_delete"}
FORGET = '"cache"'
# No page of ours asks for any of these, and none of a foreign script's shall.
UNUSED_FEATURES = (
    "accelerometer", "camera", "display-capture", "geolocation", "gyroscope", "hid",
    "magnetometer", "microphone", "midi", "payment", "serial", "usb",
)  # fmt: skip
PERMISSIONS = ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES)


class DefaultHeadersMiddleware:
    """Nothing is kept by caches or the Back button, and no page may use a device."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _may_be_kept(request, response):
            response.headers["Cache-Control"] = ASK_AGAIN
        response.headers.setdefault("Cache-Control", NEVER)
        if _leaves(request):
            response.headers["Clear-Site-Data"] = FORGET
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response


def _leaves(request: HttpRequest) -> bool:
    match = request.resolver_match
    return request.method == "POST" and match is not None and match.url_name in LEAVES


def _may_be_kept(request: HttpRequest, response: HttpResponseBase) -> bool:
    match = request.resolver_match
    return (
        match is not None
        and match.url_name in MAY_BE_KEPT
        and request.method in ("GET", "HEAD")
        and response.status_code == 200
        and not request.user.is_authenticated
    )
