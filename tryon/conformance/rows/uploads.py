"""Rows about `/v1/files`: what is refused first, then what is taken. No upload makes a picture."""

import time

from tryon.conformance.expectations import BAD, Answer, Expectation, assumed, refused
from tryon.conformance.row import FILES, Form, Row
from tryon.conformance.sample_pictures import sample

MEGABYTE = 1_000_000
PURPOSE = {"purpose": "vision_reference"}
KINDS = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp", "heic": "image/heic"}
PART_OF_A_DAY = 6 * 3600


def _refusal(name: str, asks: str, form: Form, expectation: Expectation) -> Row:
    return Row(f"files.{name}", "files", asks, FILES, (expectation,), form=form)


def _kept(form: Form) -> Expectation:
    """The answer names the file as it was sent."""
    expected = {
        "object": "file",
        "provider": "google",
        "purpose": form.words.get("purpose", "user_upload"),
        "filename": form.filename,
        "bytes": len(form.content or b""),
        "mime_type": form.content_type,
    }

    def check(answer: Answer) -> str:
        if answer.status != 200 or not isinstance(answer.json, dict):
            return answer.briefly()
        if not isinstance(answer.json.get("id"), str) or not isinstance(answer.json.get("created_at"), int):
            return "no id, or no whole number in created_at"
        other = [
            f"{key} {answer.json.get(key)!r}"
            for key, value in expected.items()
            if answer.json.get(key) != value
        ]
        return ", ".join(other)

    return Expectation(
        "200 with id, created_at and the file's object, provider, purpose, name, bytes, type", check
    )


def _no_end() -> Expectation:
    def check(answer: Answer) -> str:
        return f"expires_at {answer.json['expires_at']}" if "expires_at" in (answer.json or {}) else ""

    return Expectation("no expires_at", check)


def _in_seconds() -> Expectation:
    def check(answer: Answer) -> str:
        created = (answer.json or {}).get("created_at", 0)
        return "" if abs(created - time.time()) < PART_OF_A_DAY else f"created_at {created}"

    return Expectation("created_at in seconds since 1970", check)


def _taken(name: str, asks: str, form: Form, *more: Expectation) -> Row:
    return Row(f"files.{name}", "files", asks, FILES, (_kept(form), *more), form=form)


def _padded(megabytes: float) -> bytes:
    """A PNG with zeros behind its end."""
    return sample("png").ljust(int(megabytes * MEGABYTE), b"\0")


def _pictures() -> list[Row]:
    forms = {kind: Form(sample(kind), f"sample.{kind}", mime, PURPOSE) for kind, mime in KINDS.items()}
    return [_taken(kind, f"a file of type {forms[kind].content_type}", forms[kind]) for kind in forms]


PNG = sample("png")
UPLOAD_ROWS = (
    _refusal(
        "provider",
        "provider openai",
        Form(PNG, words=PURPOSE | {"provider": "openai"}),
        refused(400, "unsupported_provider"),
    ),
    _refusal(
        "purpose",
        "purpose assistants",
        Form(PNG, words={"purpose": "assistants"}),
        refused(400, "invalid_request"),
    ),
    _refusal(
        "gif", "an image/gif", Form(b"GIF89a" + bytes(64), "a.gif", "image/gif", PURPOSE), refused(400, *BAD)
    ),
    _refusal("text", "a text", Form(b"no picture", "a.txt", "text/plain", PURPOSE), refused(400, *BAD)),
    _refusal(
        "empty",
        "an empty file",
        Form(b"", words=PURPOSE),
        assumed("An empty file is refused with 400.", refused(400, *BAD)),
    ),
    _refusal(
        "missing",
        "no file part",
        Form(None, words=PURPOSE),
        assumed("A form without a file is refused with 400.", refused(400, *BAD)),
    ),
    _refusal(
        "mislabelled",
        "a PNG that is called image/jpeg",
        Form(PNG, "a.jpg", "image/jpeg", PURPOSE),
        assumed("The first bytes of a file must agree with its content type.", refused(400, *BAD)),
    ),
    _refusal(
        "unknown",
        "an unknown part",
        Form(PNG, words=PURPOSE | {"expires_in": "60"}),
        assumed("An unknown part of an upload is refused with 400.", refused(400, *BAD)),
    ),
    _refusal(
        "too-large",
        "a file of 21.5 MB",
        Form(_padded(21.5), words=PURPOSE),
        refused(413, "request_too_large"),
    ),
    *_pictures(),
    _taken(
        "google",
        "provider google, named",
        Form(PNG, words=PURPOSE | {"provider": "google"}),
        assumed("An upload is answered without expires_at.", _no_end()),
        assumed("created_at counts seconds.", _in_seconds()),
    ),
    _taken("plain", "neither provider nor purpose", Form(PNG)),
    Row(
        "files.mebibytes",
        "files",
        "a file of 20.5 MB, less than 20 MiB",
        FILES,
        (assumed("20 MB are 20 MiB.", _kept(Form(_padded(20.5), words=PURPOSE))),),
        form=Form(_padded(20.5), words=PURPOSE),
    ),
)
