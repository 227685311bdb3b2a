"""The gateway's own addresses, and what answers at each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tryon.sandbox import spoil
from tryon.sandbox.answers import Answer, json_answer
from tryon.sandbox.errors import RefusedError
from tryon.sandbox.files import read_upload
from tryon.sandbox.generations import edit, generate
from tryon.sandbox.kinds import FILE_LIMIT, sniff
from tryon.sandbox.pictures import PREFIX
from tryon.sandbox.state import Call, State


@dataclass(frozen=True)
class Route:
    """`method` is empty for any; `limit` is the largest body in bytes; `public` needs no key."""

    endpoint: str
    method: str
    answer: Callable[[State, Call], Answer]
    limit: int = 1024 * 1024
    public: bool = False


def upload(state: State, call: Call) -> Answer:
    sent = read_upload(call.content_type, call.body)
    fault = call.take_fault(state, "files")
    if fault and not fault.works:
        return spoil.instead(fault)
    call.rest(state, "files")
    kept = state.files.keep(sent, call.account)
    call.file_ids = [kept["id"]]
    return spoil.on_the_way(fault, json_answer(kept))


def refuse_address(state: State, call: Call) -> Answer:
    raise RefusedError(404, "not_found", f"there is nothing at {call.path}")


def list_models(state: State, call: Call) -> Answer:
    return _listing(state, call, state.catalogue.public_list())


def list_prices(state: State, call: Call) -> Answer:
    rows = state.catalogue.priced_list(state.shape, call.query.get("operation"))
    return _listing(state, call, rows)


def _listing(state: State, call: Call, value: dict[str, Any]) -> Answer:
    fault = call.take_fault(state, "models")
    if fault and not fault.works:
        return spoil.instead(fault)
    call.rest(state, "models")
    return spoil.on_the_way(fault, json_answer(value))


def show_picture(state: State, call: Call) -> Answer:
    """`GET /pictures/<name>`: a picture that was answered by address."""
    picture = state.pictures.read(call.path)
    fault = call.take_fault(state, "pictures")
    if fault and not fault.works:
        return spoil.instead(fault)
    call.rest(state, "pictures")
    kind = sniff(picture) or "image/png"
    return spoil.on_the_way(fault, Answer(body=(spoil.spoiled(fault, picture),), content_type=kind))


ROUTES = {
    "/v1/files": Route("files", "POST", upload, limit=FILE_LIMIT + 64 * 1024),
    "/v1/images/generations": Route("generations", "POST", generate, limit=64 * 1024 * 1024),
    "/v1/images/edits": Route("edits", "POST", edit, limit=64 * 1024 * 1024),
    "/v1/models": Route("models", "GET", list_models, public=True),
    "/api/models": Route("models", "GET", list_prices, public=True),
}
PICTURE = Route("pictures", "GET", show_picture, public=True)
NOWHERE = Route("unknown", "", refuse_address, public=True)


def route_of(path: str) -> Route:
    return PICTURE if path.startswith(PREFIX) else ROUTES.get(path, NOWHERE)
