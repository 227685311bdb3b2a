"""The gateway's own addresses, and what answers at each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tryon.sandbox import spoil
from tryon.sandbox.answers import Answer, json_answer
from tryon.sandbox.catalogue import priced_list, public_list
from tryon.sandbox.errors import RefusedError
from tryon.sandbox.files import read_upload
from tryon.sandbox.generations import generate
from tryon.sandbox.kinds import FILE_LIMIT
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


def refuse_edit(state: State, call: Call) -> Answer:
    raise RefusedError(
        400,
        "unsupported_operation",
        "image edits are not supported for this model; use image generations with references",
        attempted_endpoint="/v1/images/edits",
        supported_endpoints=["/v1/images/generations"],
        suggested_endpoint="/v1/images/generations",
        hint="Upload the picture to /v1/files with purpose=vision_reference and send its id in file_ids.",
        docs_url="https://llmtr.com/docs/en/gateway/image-generation/",
    )


def refuse_address(state: State, call: Call) -> Answer:
    raise RefusedError(404, "not_found", f"there is nothing at {call.path}")


def list_models(state: State, call: Call) -> Answer:
    return _listing(state, call, public_list())


def list_prices(state: State, call: Call) -> Answer:
    return _listing(state, call, priced_list(state.shape, call.query.get("operation")))


def _listing(state: State, call: Call, value: dict[str, Any]) -> Answer:
    fault = call.take_fault(state, "models")
    if fault and not fault.works:
        return spoil.instead(fault)
    call.rest(state, "models")
    return spoil.on_the_way(fault, json_answer(value))


ROUTES = {
    "/v1/files": Route("files", "POST", upload, limit=FILE_LIMIT + 64 * 1024),
    "/v1/images/generations": Route("generations", "POST", generate, limit=64 * 1024 * 1024),
    "/v1/images/edits": Route("edits", "POST", refuse_edit, limit=64 * 1024 * 1024),
    "/v1/models": Route("models", "GET", list_models, public=True),
    "/api/models": Route("models", "GET", list_prices, public=True),
}
NOWHERE = Route("unknown", "", refuse_address, public=True)
