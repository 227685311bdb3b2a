"""The one shape in which the gateway says no."""

from typing import Any

TYPE_OF_STATUS = {
    400: "invalid_request",
    401: "auth_error",
    402: "insufficient_balance",
    403: "forbidden",
    404: "model_not_found",
    410: "model_retired",
    413: "request_too_large",
    429: "rate_limit_exceeded",
    500: "internal_error",
    502: "provider_error",
    503: "provider_unavailable",
    504: "timeout",
}


class RefusedError(Exception):
    """The call is answered with an error envelope; nothing was made and nothing is billed."""

    def __init__(self, status: int, kind: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.details = details


def envelope(kind: str, message: str, details: dict[str, Any] | None = None) -> dict[str, Any]:
    """`{"error": {"message", "type", "details"?}}`; `details` is left out when there is nothing to say."""
    error: dict[str, Any] = {"message": message, "type": kind}
    if details:
        error["details"] = details
    return {"error": error}


def bad_value(message: str, **details: Any) -> RefusedError:
    return RefusedError(400, "invalid_request", message, **details)


def bad_request(message: str, **details: Any) -> RefusedError:
    return RefusedError(400, "invalid_request_error", message, **details)


def model_not_found(model: str) -> RefusedError:
    return RefusedError(404, "model_not_found", f"there is no model {model!r}")


def model_retired(model: str, replacement: str) -> RefusedError:
    """`replacement` is "" where none is named."""
    details = {"replacement_model": replacement} if replacement else {}
    return RefusedError(410, "model_retired", f"{model} was retired", **details)


def wrong_method(method: str, *allowed: str) -> RefusedError:
    return RefusedError(
        405, "method_not_allowed", f"{method} is not possible here", allowed_methods=list(allowed)
    )
