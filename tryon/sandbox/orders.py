"""The body of a generation call, read as strictly as the real gateway reads it."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from tryon.sandbox.catalogue import Catalogue
from tryon.sandbox.errors import RefusedError, bad_request, bad_value
from tryon.sandbox.kinds import FILE_LIMIT, check_kind
from tryon.sandbox.models import REFERENCE_FIELDS, Model

REFERENCES = 8
SIZE = "1K"


@dataclass(frozen=True)
class Order:
    """`file_ids` and `urls` are without duplicates; the files come first when the pictures are numbered.

    `size` is that of the price, "" for a model without sizes; `endpoint` is `generations` or `edits`.
    """

    model: Model
    prompt: str
    size: str = ""
    aspect_ratio: str | None = None
    n: int = 1
    file_ids: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    endpoint: str = "generations"

    @property
    def price(self) -> int:
        """Micro-USD of one picture."""
        return self.model.prices[self.size]


def read_order(body: bytes, catalogue: Catalogue) -> Order:
    """The order of a generation. Raises RefusedError: 400, 404 for an unknown model, 410 for a retired."""
    fields = read_object(body)
    model = catalogue.find(fields.get("model"))
    for name in sorted(fields.keys() - model.takes - {"model", "prompt"}):
        raise _not_taken(name, model)
    order = Order(
        model,
        read_prompt(fields),
        (_choice(fields, "size", model.sizes) or SIZE) if model.sizes else "",
        _choice(fields, "size" if model.ratio_is_size else "aspect_ratio", model.ratios),
        _count(fields, model.most),
        _names(fields, "file_id", "file_ids"),
        _names(fields, "image_url", "image_urls"),
    )
    _check_references(order)
    return order


def _not_taken(name: str, model: Model) -> RefusedError:
    if name not in REFERENCE_FIELDS:
        return bad_request(f"unknown parameter {name!r} for {model.id}", param=name)
    elsewhere = "; to change a picture there is /v1/images/edits" if model.edits else ""
    return bad_value(f"{model.id} works from text only and takes no references{elsewhere}", param=name)


def read_json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as exc:
        raise bad_request("the body is not JSON") from exc


def read_object(body: bytes) -> dict[str, Any]:
    fields = read_json(body)
    if not isinstance(fields, dict):
        raise bad_request("the body is not a JSON object")
    return fields


def read_prompt(fields: dict[str, Any]) -> str:
    prompt = fields.get("prompt")
    if not _is_text(prompt):
        raise bad_value("prompt is required", param="prompt")
    return str(prompt)


def _is_text(value: object) -> bool:
    """A text with something in it; half of a surrogate pair, which JSON can smuggle in, is none."""
    return isinstance(value, str) and bool(value.strip()) and _encodes(value)


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _choice(fields: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str | None:
    value = fields.get(name)
    if name in fields and value not in allowed:
        raise bad_value(f"{name} must be one of {', '.join(allowed)}", param=name)
    return value


def _count(fields: dict[str, Any], most: int) -> int:
    n = fields.get("n", 1)
    if type(n) is not int or not 1 <= n <= most:
        raise bad_value(f"n must be a whole number from 1 to {most}", param="n")
    return n


def _names(fields: dict[str, Any], one: str, many: str) -> tuple[str, ...]:
    names = [fields[one]] if one in fields else []
    more = fields.get(many, [])
    if not isinstance(more, list):
        raise bad_value(f"{many} must be a list", param=many)
    if not all(map(_is_text, names + more)):
        raise bad_value(f"{one} and {many} hold non-empty texts", param=many if more else one)
    return tuple(dict.fromkeys(names + more))


def _check_references(order: Order) -> None:
    count, most = len(order.file_ids) + len(order.urls), min(REFERENCES, order.model.references)
    if count > most:
        raise bad_value(f"{order.model.id} takes at most {most} references, got {count}", param="file_ids")
    for url in order.urls:
        check_address(url, "image_urls")


def check_address(url: str, param: str) -> None:
    if not url.startswith(("https://", "data:")):
        raise bad_value("a reference is an https address or a data URL", param=param)


def data_url_picture(url: str, param: str) -> bytes:
    """The bytes inside `data:image/…;base64,…`. Raises RefusedError (400)."""
    head, _, text = url.partition(",")
    said, _, coding = head.removeprefix("data:").partition(";")
    if coding != "base64" or len(text) > FILE_LIMIT * 4 // 3 + 4:
        raise bad_value("a data URL is base64 of at most 20 MB", param=param)
    try:
        picture = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise bad_value("the data URL is not base64", param=param) from exc
    check_kind(picture, said, param)
    return picture
