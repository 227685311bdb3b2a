"""`GET /v1/models` and `GET /api/models`: what is offered, the second with prices."""

from typing import Any

from tryon.sandbox.endpoints.fault_injection import respond
from tryon.sandbox.responses import Response, json_response
from tryon.sandbox.state import Call, State


def list_models(state: State, call: Call) -> Response:
    return _listing(state, call, state.catalogue.public_list(state.listing))


def list_prices(state: State, call: Call) -> Response:
    rows = state.catalogue.priced_list(state.listing, call.query.get("operation"))
    return _listing(state, call, rows)


def _listing(state: State, call: Call, value: dict[str, Any]) -> Response:
    return respond(state, call, "models", lambda _: json_response(value))
