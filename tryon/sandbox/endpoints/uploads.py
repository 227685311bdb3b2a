"""`POST /v1/files`: the one picture of a form that keeps the rules. `DELETE /v1/files/<id>` takes it back,
which is the sandbox's own: the gateway's documents have nothing of the kind.
"""

from pathlib import PurePath

from tryon.sandbox.endpoints.fault_injection import respond
from tryon.sandbox.endpoints.multipart import Part, read_multipart
from tryon.sandbox.errors import RefusedError, bad_value
from tryon.sandbox.faults.queue import Fault
from tryon.sandbox.picture_types import FILE_LIMIT, check_mime_type
from tryon.sandbox.responses import Response, json_response
from tryon.sandbox.state import Call, State
from tryon.sandbox.storage.files import Upload

PURPOSES = ("user_upload", "vision_reference")


def upload(state: State, call: Call) -> Response:
    sent = read_upload(call.content_type, call.body)

    def keep(_: Fault | None) -> Response:
        kept = state.files.keep(sent, call.account)
        call.file_ids = [kept["id"]]
        return json_response(kept)

    return respond(state, call, "files", keep)


def forget(state: State, call: Call) -> Response:
    """The file, whatever else has its bytes, and all that was painted: what of that shows the same person
    nobody can tell.
    """
    name = call.path.rpartition("/")[2]
    state.files.remove_equals(name, call.account)
    state.picture_cache.clear()
    return json_response({"id": name, "object": "file", "deleted": True})


def read_upload(content_type: str, body: bytes) -> Upload:
    """The one file of a form that keeps the rules. Raises RefusedError."""
    parts = {part.name: part for part in read_multipart(content_type, body)}
    _check_words(parts)
    if "file" not in parts or not parts["file"].filename:
        raise bad_value("send the picture in the part 'file', with a file name", param="file")
    part = parts["file"]
    if len(part.body) > FILE_LIMIT:
        raise RefusedError(413, "request_too_large", "a file may have at most 20 MB")
    mime_type = check_mime_type(part.body, part.content_type, "file")
    return Upload(PurePath(part.filename or "").name, mime_type, _word(parts, "purpose"), part.body)


def _check_words(parts: dict[str, Part]) -> None:
    for name in parts:
        if name not in ("file", "provider", "purpose"):
            raise bad_value(f"unknown parameter {name!r}", param=name)
    if "provider" in parts and parts["provider"].text != "google":
        raise RefusedError(400, "unsupported_provider", "provider must be google", param="provider")
    if _word(parts, "purpose") not in PURPOSES:
        raise bad_value(f"purpose must be one of {', '.join(PURPOSES)}", param="purpose")


def _word(parts: dict[str, Part], name: str) -> str:
    return parts[name].text if name in parts else "user_upload"
