"""The gateway's own addresses, and what answers at each."""

from collections.abc import Callable
from dataclasses import dataclass

from tryon.sandbox.endpoints.generations import edit, generate
from tryon.sandbox.endpoints.model_lists import list_models, list_prices
from tryon.sandbox.endpoints.pictures import show_picture
from tryon.sandbox.endpoints.uploads import forget, upload
from tryon.sandbox.errors import RefusedError
from tryon.sandbox.picture_types import FILE_LIMIT
from tryon.sandbox.responses import Response
from tryon.sandbox.state import Call, State
from tryon.sandbox.storage.pictures import PREFIX


@dataclass(frozen=True)
class Route:
    """`method` is empty for any; `limit` is the largest body in bytes; `public` needs no key."""

    endpoint: str
    method: str
    answer: Callable[[State, Call], Response]
    limit: int = 1024 * 1024
    public: bool = False


def refuse_address(state: State, call: Call) -> Response:
    raise RefusedError(404, "not_found", f"there is nothing at {call.path}")


ROUTES = {
    "/v1/files": Route("files", "POST", upload, limit=FILE_LIMIT + 64 * 1024),
    "/v1/images/generations": Route("generations", "POST", generate, limit=64 * 1024 * 1024),
    "/v1/images/edits": Route("edits", "POST", edit, limit=64 * 1024 * 1024),
    "/v1/models": Route("models", "GET", list_models, public=True),
    "/api/models": Route("models", "GET", list_prices, public=True),
}
FILE = Route("files", "DELETE", forget)
PICTURE = Route("pictures", "GET", show_picture, public=True)
NOWHERE = Route("unknown", "", refuse_address, public=True)


def route_of(path: str) -> Route:
    if path.startswith("/v1/files/"):
        return FILE
    return PICTURE if path.startswith(PREFIX) else ROUTES.get(path, NOWHERE)
