"""What a fault does to a response: in place of the work, to each picture, or on the way out."""

import base64
import hashlib
import time
from collections.abc import Callable
from dataclasses import replace

from tryon.sandbox.errors import envelope
from tryon.sandbox.faults.queue import Fault
from tryon.sandbox.responses import Base64, Chunk, Response, json_response, url_entry

PAGE = (
    "<!doctype html><title>{status}</title><h1>{status}</h1><p>The server behind this one did not answer.</p>"
)


def in_place_of_work(fault: Fault, file_ids: tuple[str, ...] = ()) -> Response:
    """The response of a fault that carries no picture."""
    if fault.kind == "drop_before":
        return Response(dropped=True)
    if fault.kind == "file_gone":
        return _file_gone(fault, file_ids[0])
    if fault.kind in ("empty", "no_picture"):
        return _without_pictures(fault)
    return replace(_error(fault), delivered="error")


def _error(fault: Fault) -> Response:
    status, headers = fault.options["status"], fault.options.get("headers", {})
    if status in (204, 304):
        return Response(status, headers=headers)
    if fault.kind == "redirect":
        return Response(status, headers={"Location": fault.options["location"]})
    if fault.kind == "html":
        page = fault.options["body"] or PAGE.format(status=status)
        return Response(status, (page.encode(),), "text/html; charset=utf-8", headers)
    kind = fault.options["type"]
    message = fault.options["message"] or f"the sandbox was told to answer {status} {kind}"
    return json_response(envelope(kind, message, fault.options["details"]), status, headers)


def _file_gone(fault: Fault, name: str) -> Response:
    """Three ways in which a gateway might say it; which one the real gateway uses is not known."""
    body = {
        "param": envelope("invalid_request", "The request is invalid", {"param": "file_ids"}),
        "message": envelope("invalid_request_error", "A referenced file was not found or has expired"),
        "id": envelope("provider_error", f"{name}: permission denied or it may not exist"),
    }[fault.options["shape"]]
    return json_response(body, fault.options["status"])


def _without_pictures(fault: Fault) -> Response:
    data = [] if fault.kind == "empty" else [{"revised_prompt": "I cannot make this picture."}]
    return replace(json_response({"created": int(time.time()), "data": data}), delivered="error")


def corrupted(fault: Fault | None, picture: bytes) -> bytes:
    """The picture, or bytes that are none."""
    if fault is None or fault.kind != "not_a_picture":
        return picture
    return hashlib.sha256(picture).digest() * 64


def entry(fault: Fault | None, picture: bytes) -> tuple[Chunk, ...] | None:
    """The members that carry one picture in `data`, each with its comma; None where the fault leaves them."""
    return ENCODINGS[fault.kind](fault, picture) if fault and fault.kind in ENCODINGS else None


def _data_url(_: Fault, picture: bytes) -> tuple[Chunk, ...]:
    return (b'"b64_json":"data:image/png;base64,', Base64(picture), b'",')


def _escaped(_: Fault, picture: bytes) -> tuple[Chunk, ...]:
    return (b'"b64_json":"', base64.b64encode(picture).replace(b"/", rb"\/"), b'",')


def _elsewhere(fault: Fault, _: bytes) -> tuple[Chunk, ...]:
    return url_entry(fault.options["url"])


ENCODINGS: dict[str, Callable[[Fault, bytes], tuple[Chunk, ...]]] = {
    "data_url": _data_url,
    "escaped": _escaped,
    "url": _elsewhere,
}


def after_work(fault: Fault | None, response: Response, file_ids: tuple[str, ...] = ()) -> Response:
    """The response to work that was done, as this fault lets it out."""
    if fault is None:
        return response
    if "billed" in fault.options:
        return replace(in_place_of_work(fault, file_ids), bill=response.bill)
    if fault.kind in DELIVERIES:
        return DELIVERIES[fault.kind](fault, response)
    return replace(response, delivered="error") if fault.kind == "not_a_picture" else response


def _cut_json(fault: Fault, response: Response) -> Response:
    whole = response.whole()
    return replace(response, body=(whole[: _part(fault, whole)],), delivered="cut")


def _part(fault: Fault, whole: Response | bytes) -> int:
    """A number of bytes, never all of them."""
    return min(int(len(whole) * fault.options["at"]), len(whole) - 1)


def _with_member(response: Response, member: bytes) -> Response:
    """The same object with one more member, at its beginning."""
    return replace(response, body=(b"{" + member + b",", response.whole()[1:]))


DIGITS = b"1234567890" * 5
DELIVERIES: dict[str, Callable[[Fault, Response], Response]] = {
    "drop_after": lambda fault, response: replace(response, dropped=True),
    "truncate": lambda fault, response: replace(response, cut_at=_part(fault, response)),
    "truncate_json": _cut_json,
    "drip": lambda fault, response: replace(response, rate=fault.options["bytes_per_second"]),
    "hang": lambda fault, response: replace(response, wait=fault.options["seconds"]),
    "bigdecimal": lambda _, response: _with_member(response, b'"score":' + DIGITS + b"." + DIGITS),
    "nan": lambda _, response: _with_member(response, b'"score":NaN,"least":-Infinity'),
    "bom": lambda _, response: replace(response, body=(b"\xef\xbb\xbf", *response.body)),
    "trailing": lambda _, response: replace(response, body=(*response.body, b'\n{"object":"end"} ok')),
    "wrapped": lambda _, response: replace(response, body=(b'{"data":', *response.body, b"}")),
    "chunk_cut": lambda fault, response: replace(response, missing=7, held=fault.options["seconds"]),
}
