"""`/_sandbox/*`: what a test turns and reads. No call is listed or billed; bill and calls want a key."""

from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from tryon.sandbox.endpoints.json_body import read_json, read_object
from tryon.sandbox.errors import RefusedError, bad_value, wrong_method
from tryon.sandbox.responses import Response, json_response
from tryon.sandbox.state import Call, State
from tryon.sandbox.storage.catalogue import read_listing
from tryon.sandbox.storage.lifetimes import read_lifetime
from tryon.sandbox.storage.store import LATEST

PREFIX = "/_sandbox/"
LIMIT = 1024 * 1024
DEAREST = 1000  # USD a picture


def control(state: State, call: Call) -> Response:
    """Raises RefusedError: 404 for an unknown control, 405 for a method that it does not have, 401."""
    name = call.path.removeprefix(PREFIX)
    if name not in CONTROLS:
        raise RefusedError(404, "not_found", f"there is no control {name!r}; there are {', '.join(CONTROLS)}")
    if call.method not in CONTROLS[name]:
        raise wrong_method(call.method, *CONTROLS[name])
    if name in KEYED:
        state.account(call.authorization)
    return json_response(CONTROLS[name][call.method](state, call))


def _clock(state: State, call: Call) -> dict[str, Any]:
    return {"now": state.store.now()}


def _move_clock(state: State, call: Call) -> dict[str, Any]:
    fields = read_object(call.body)
    if set(fields) not in ({"advance"}, {"set"}):
        raise bad_value('send {"advance": seconds} or {"set": epoch}')
    seconds = _number(next(iter(fields.values())), -LATEST, LATEST)
    state.store.set_clock(min(max(seconds + (state.store.now() if "advance" in fields else 0), 0), LATEST))
    state.files.remove_expired()
    state.pictures.remove_expired()
    return _clock(state, call)


def _latency(state: State, call: Call) -> dict[str, float]:
    return state.latency


def _set_latency(state: State, call: Call) -> dict[str, float]:
    fields = read_object(call.body)
    if fields.keys() - state.latency.keys():
        raise bad_value(f"latency is set for {', '.join(state.latency)}")
    state.latency = state.latency | {name: _number(value, 0, 3600) for name, value in fields.items()}
    return state.latency


def _catalogue(state: State, call: Call) -> dict[str, Any]:
    return asdict(state.listing)


def _set_catalogue(state: State, call: Call) -> dict[str, Any]:
    state.listing = read_listing(read_object(call.body), state.listing)
    return _catalogue(state, call)


def _lifetimes(state: State, call: Call) -> dict[str, Any]:
    return {"lifetimes": {name: asdict(each) for name, each in state.catalogue.lifetimes.all().items()}}


def _set_lifetime(state: State, call: Call) -> dict[str, Any]:
    state.catalogue.set_lifetime(*read_lifetime(read_object(call.body)))
    return _lifetimes(state, call)


def _clear_lifetimes(state: State, call: Call) -> dict[str, Any]:
    state.catalogue.lifetimes.clear()
    return _lifetimes(state, call)


def _retired(state: State, call: Call) -> dict[str, Any]:
    return {"retired": state.catalogue.retired()}


def _retire(state: State, call: Call) -> dict[str, Any]:
    fields = read_object(call.body)
    name, replacement = fields.get("model"), fields.get("replacement", "")
    if (
        fields.keys() - {"model", "replacement"}
        or not isinstance(name, str)
        or not isinstance(replacement, str)
    ):
        raise bad_value('send {"model": id, "replacement": id}; replacement may be left out')
    state.catalogue.retire(name, replacement)
    return _retired(state, call)


def _bring_back(state: State, call: Call) -> dict[str, Any]:
    state.catalogue.bring_back()
    return _retired(state, call)


def _prices(state: State, call: Call) -> dict[str, Any]:
    return {"micros": {model.id: model.prices for model in state.catalogue.all()}}


def _set_price(state: State, call: Call) -> dict[str, Any]:
    fields = read_object(call.body)
    name, size = fields.get("model"), fields.get("size")
    if fields.keys() - {"model", "size", "usd"} or not isinstance(name, str):
        raise bad_value('send {"model": id, "usd": "0.123"}, with "size" for one size alone')
    if size is not None and not isinstance(size, str):
        raise bad_value("size is a text", param="size")
    state.catalogue.set_price(name, size, _micros(fields.get("usd")))
    return _prices(state, call)


def _reset_prices(state: State, call: Call) -> dict[str, Any]:
    state.catalogue.reset_prices()
    return _prices(state, call)


def _faults(state: State, call: Call) -> dict[str, Any]:
    return {"faults": state.faults.left()}


def _add_faults(state: State, call: Call) -> dict[str, Any]:
    state.faults.add(read_json(call.body))
    return _faults(state, call)


def _clear_faults(state: State, call: Call) -> dict[str, Any]:
    state.faults.clear()
    return _faults(state, call)


def _bill(state: State, call: Call) -> dict[str, Any]:
    return state.bill.since(_since(call))


def _calls(state: State, call: Call) -> dict[str, Any]:
    return state.calls.since(_since(call))


def _since(call: Call) -> int:
    text = call.query.get("since", "0")
    if not (text.isdecimal() and len(text) < 19):
        raise bad_value("since is the seq of a row")
    return int(text)


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise bad_value(f"{value!r} is not a number from {least:g} to {most:g}")
    return float(value)


def _micros(usd: object) -> int:
    """Micro-USD of a price in USD, given as a text or a number."""
    try:
        micros = Decimal(str(usd)) * 1_000_000
        if not isinstance(usd, bool) and 0 <= micros <= DEAREST * 1_000_000 and micros == int(micros):
            return int(micros)
    except InvalidOperation:
        pass
    raise bad_value(f"usd is a price from 0 to {DEAREST} with at most six decimals", param="usd")


KEYED = {"bill", "calls"}  # which tell who asked for what
CONTROLS = {
    "clock": {"GET": _clock, "POST": _move_clock},
    "latency": {"GET": _latency, "POST": _set_latency},
    "catalogue": {"GET": _catalogue, "POST": _set_catalogue},
    "lifetimes": {"GET": _lifetimes, "POST": _set_lifetime, "DELETE": _clear_lifetimes},
    "retired": {"GET": _retired, "POST": _retire, "DELETE": _bring_back},
    "prices": {"GET": _prices, "POST": _set_price, "DELETE": _reset_prices},
    "faults": {"GET": _faults, "POST": _add_faults, "DELETE": _clear_faults},
    "bill": {"GET": _bill},
    "calls": {"GET": _calls},
}
