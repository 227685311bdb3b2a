"""The errors, and which answer is which: what one that is not a picture allows its caller to do.

Status first, then type; never by message alone, because the provider's words change. The one exception
is a file that is gone: how that is reported is not documented, so it is looked for in every place that
could name it, before a 4xx is read as being about the account or the model.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT = 3600.0  # seconds that a Retry-After may ask of us


class GatewayError(Exception):
    """The gateway gave no picture; the subclass says what the caller may do.

    `message` is the provider's own words: for the log, never for a page.
    """

    def __init__(
        self,
        message: str = "",
        *,
        http_status: int | None = None,
        error_type: str = "",
        details: dict[str, Any] | None = None,
        retry_after: float | None = None,
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.http_status = http_status
        self.error_type = error_type
        self.details = details or {}
        self.retry_after = retry_after
        self.request_id = request_id

    def __str__(self) -> str:
        parts = (str(self.http_status or ""), self.error_type, self.message)
        return " ".join(part for part in parts if part) or type(self).__name__


class Unreachable(GatewayError):
    """Nothing was sent: send again later, and count nothing."""


class RateLimited(GatewayError):
    """Too many calls: wait `retry_after` seconds where it is given, then send again."""


class Unavailable(GatewayError):
    """The gateway says that it reached no provider: send again, more slowly."""


class FileGone(GatewayError):
    """A file that was sent by id is not there any more: upload all of them again and repeat once."""


class AccessRefused(GatewayError):
    """The account or the model is refused: stop sending to it and tell the operator."""

    @property
    def scope(self) -> str:
        """`account` when every model is affected, else `model`."""
        return "account" if self.http_status in (401, 402) else "model"

    @property
    def replacement(self) -> str | None:
        """The model that the gateway names in place of a retired one."""
        named = self.details.get("replacement_model")
        return named if isinstance(named, str) and named else None


class Misconfigured(AccessRefused):
    """No call can leave with this key, address or proxy: nothing was sent, and only the operator helps."""

    @property
    def scope(self) -> str:
        return "account"


class Rejected(GatewayError):
    """This request is refused as it is: never repeat it."""


class OutcomeUnknown(GatewayError):
    """The call may have been carried out and charged: do not repeat it by yourself."""


class AnsweredError(OutcomeUnknown):
    """The gateway itself reports that making the picture failed; whether it was charged is not known."""


def classify_error(
    status: int, headers: Mapping[str, str], body: bytes, sent_ids: Sequence[str] = ()
) -> GatewayError:
    """The error for an answer that is not 2xx. `sent_ids` are the file ids that the request named."""
    envelope = _envelope(body)
    error = envelope or {}
    details = error.get("details")
    error_class = _error_class(status, envelope, sent_ids)
    return error_class(
        _one_log_line(error.get("message") or body.decode(errors="replace")),
        http_status=status,
        error_type=_error_type(error),
        details=details if isinstance(details, dict) else None,
        retry_after=_retry_after(headers),
        request_id=headers.get("x-request-id", "")[:200],
    )


# What an error under status 200 is, by its type; any other says only that making the picture failed.
STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "invalid_request": 400,
    "unsupported_provider": 400,
    "unsupported_operation": 400,
    "auth_error": 401,
    "insufficient_balance": 402,
    "forbidden": 403,
    "model_not_found": 404,
    "model_retired": 410,
    "request_too_large": 413,
    "rate_limit_exceeded": 429,
}


def error_in_answer(error: dict[str, Any], sent_ids: Sequence[str] = ()) -> GatewayError:
    """The error for an error object under status 200: its type says what it is about."""
    status = STATUS_OF_TYPE.get(_error_type(error), 500)
    exc = classify_error(status, {}, json.dumps({"error": {"message": "error", **error}}).encode(), sent_ids)
    exc.error_type = exc.error_type or "error"  # it was answered: the gateway is not silent
    return exc


def _error_class(status: int, envelope: dict[str, Any] | None, sent_ids: Sequence[str]) -> type[GatewayError]:
    if status == 429:
        return RateLimited
    if status == 503 and envelope is not None:
        return Unavailable
    if status in (500, 502) and envelope is not None:
        return AnsweredError
    if not 400 <= status < 500:
        return OutcomeUnknown
    if envelope is not None and sent_ids and _names_a_file(status, envelope, sent_ids):
        return FileGone
    return AccessRefused if _refuses_access(status, envelope) else Rejected


def _refuses_access(status: int, envelope: dict[str, Any] | None) -> bool:
    # A 403 page without the envelope comes from a filter in between, which may dislike this one request.
    if status in (401, 402):
        return True
    error_type = _error_type(envelope or {})
    return envelope is not None and (
        status == 403 or (status, error_type) in {(404, "model_not_found"), (410, "model_retired")}
    )


_FILE_WORD = re.compile(r"(?<![^\W_])files?(?![^\W_])", re.IGNORECASE)
_GONE_WORDS = re.compile(r"not (?:be )?found|not exist|no longer|expired|deleted|unknown|gone", re.IGNORECASE)


def _names_a_file(status: int, error: dict[str, Any], sent_ids: Sequence[str]) -> bool:
    """Whether this 4xx is about a file: one of our ids, `param`, type or message, in that order of trust."""
    if status == 413:
        return False
    text = json.dumps(error, ensure_ascii=False)
    if any(re.search(rf"(?<![\w-]){re.escape(sent)}(?![\w-])", text) for sent in sent_ids):
        return True
    details = error.get("details")
    param = (details.get("param") if isinstance(details, dict) else None) or error.get("param")
    if isinstance(param, str) and _FILE_WORD.search(param):
        return True
    if status != 403 and _refuses_access(status, error):
        return False
    if _FILE_WORD.search(_error_type(error)):
        return True
    message = str(error.get("message") or "")
    # "Forbidden: file uploads are off for this key" is about the account, "the File x may not exist" is not.
    return bool(_FILE_WORD.search(message)) and (status != 403 or bool(_GONE_WORDS.search(message)))


def _envelope(body: bytes) -> dict[str, Any] | None:
    """The gateway's own error object, or None where something else answered (a proxy, a web page)."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    error = answer.get("error") if isinstance(answer, dict) else None
    if isinstance(error, dict) and (error.get("message") or _error_type(error)):
        return error
    return None


def _error_type(error: dict[str, Any]) -> str:
    named = error.get("type") or ""
    code = error.get("code")
    # Compatible services put the exact word in `code` beside a general `type`.
    if isinstance(code, str) and code in {"model_not_found", "model_retired"}:
        named = code
    return named[:100] if isinstance(named, str) else ""


_DATA_URL = re.compile(r"data:[\w/.+-]*;base64,[\w+/=-]*")


def _one_log_line(message: object) -> str:
    """For the log: one line, and of a picture that the answer quotes nothing but that there was one."""
    return _DATA_URL.sub("data:…", " ".join(str(message).split()))[:1000]


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from a number or an HTTP date (read against the answer's own Date), capped."""
    asked = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", asked):
        return min(float(asked), LONGEST_WAIT)
    until = _http_date(asked)
    if until is None:
        return None
    now = _http_date(headers.get("date", "")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), LONGEST_WAIT)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, IndexError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
