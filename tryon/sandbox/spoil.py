"""What a fault does to an answer: in place of the work, to each picture, or on the way out."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace

from tryon.sandbox.answers import Answer, Base64, Piece, address_entry, json_answer
from tryon.sandbox.errors import envelope
from tryon.sandbox.faults import Fault

PAGE = (
    "<!doctype html><title>{status}</title><h1>{status}</h1><p>The server behind this one did not answer.</p>"
)


def instead(fault: Fault, file_ids: tuple[str, ...] = ()) -> Answer:
    """The answer of a fault that carries no picture."""
    if fault.kind == "drop_before":
        return Answer(dropped=True)
    if fault.kind == "file_gone":
        return _file_gone(fault, file_ids[0])
    if fault.kind in ("empty", "no_picture"):
        return _without_pictures(fault)
    return replace(_error(fault), delivered="error")


def _error(fault: Fault) -> Answer:
    status, headers = fault.options["status"], fault.options.get("headers", {})
    if status in (204, 304):
        return Answer(status, headers=headers)
    if fault.kind == "redirect":
        return Answer(status, headers={"Location": fault.options["location"]})
    if fault.kind == "html":
        page = fault.options["body"] or PAGE.format(status=status)
        return Answer(status, (page.encode(),), "text/html; charset=utf-8", headers)
    kind = fault.options["type"]
    message = fault.options["message"] or f"the sandbox was told to answer {status} {kind}"
    return json_answer(envelope(kind, message, fault.options["details"]), status, headers)


def _file_gone(fault: Fault, name: str) -> Answer:
    """Three ways in which a gateway might say it; which one the real gateway uses is not known."""
    body = {
        "param": envelope("invalid_request", "The request is invalid", {"param": "file_ids"}),
        "message": envelope("invalid_request_error", "A referenced file was not found or has expired"),
        "id": envelope("provider_error", f"{name}: permission denied or it may not exist"),
    }[fault.options["shape"]]
    return json_answer(body, fault.options["status"])


def _without_pictures(fault: Fault) -> Answer:
    data = [] if fault.kind == "empty" else [{"revised_prompt": "I cannot make this picture."}]
    return replace(json_answer({"created": int(time.time()), "data": data}), delivered="error")


def spoiled(fault: Fault | None, picture: bytes) -> bytes:
    """The picture, or bytes that are none."""
    if fault is None or fault.kind != "not_a_picture":
        return picture
    return hashlib.sha256(picture).digest() * 64


def entry(fault: Fault | None, picture: bytes) -> tuple[Piece, ...] | None:
    """The members that carry one picture in `data`, each with its comma; None where the fault leaves them."""
    return ENTRIES[fault.kind](fault, picture) if fault and fault.kind in ENTRIES else None


def _data_url(_: Fault, picture: bytes) -> tuple[Piece, ...]:
    return (b'"b64_json":"data:image/png;base64,', Base64(picture), b'",')


def _escaped(_: Fault, picture: bytes) -> tuple[Piece, ...]:
    return (b'"b64_json":"', base64.b64encode(picture).replace(b"/", rb"\/"), b'",')


def _elsewhere(fault: Fault, _: bytes) -> tuple[Piece, ...]:
    return address_entry(fault.options["url"])


ENTRIES: dict[str, Callable[[Fault, bytes], tuple[Piece, ...]]] = {
    "data_url": _data_url,
    "escaped": _escaped,
    "url": _elsewhere,
}


def on_the_way(fault: Fault | None, answer: Answer, file_ids: tuple[str, ...] = ()) -> Answer:
    """The answer to work that was done, as this fault lets it out."""
    if fault is None:
        return answer
    if "billed" in fault.options:
        return replace(instead(fault, file_ids), bill=answer.bill)
    if fault.kind in WAYS:
        return WAYS[fault.kind](fault, answer)
    return replace(answer, delivered="error") if fault.kind == "not_a_picture" else answer


def _cut_json(fault: Fault, answer: Answer) -> Answer:
    whole = answer.whole()
    return replace(answer, body=(whole[: _part(fault, whole)],), delivered="cut")


def _part(fault: Fault, whole: Answer | bytes) -> int:
    """A number of bytes, never all of them."""
    return min(int(len(whole) * fault.options["at"]), len(whole) - 1)


WAYS: dict[str, Callable[[Fault, Answer], Answer]] = {
    "drop_after": lambda fault, answer: replace(answer, dropped=True),
    "truncate": lambda fault, answer: replace(answer, cut_at=_part(fault, answer)),
    "truncate_json": _cut_json,
    "drip": lambda fault, answer: replace(answer, rate=fault.options["bytes_per_second"]),
    "hang": lambda fault, answer: replace(answer, wait=fault.options["seconds"]),
}
