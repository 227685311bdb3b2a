"""The body of a generation call, read as strictly as the real gateway reads it."""

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from tryon.sandbox.catalogue import Model, find_model
from tryon.sandbox.errors import bad_request, bad_value
from tryon.sandbox.kinds import FILE_LIMIT, check_kind

REFERENCES = 8
SIZE = "1K"


@dataclass(frozen=True)
class Order:
    """`file_ids` and `urls` are without duplicates; the files come first when the pictures are numbered."""

    model: Model
    prompt: str
    size: str
    aspect_ratio: str | None
    n: int
    file_ids: tuple[str, ...]
    urls: tuple[str, ...]

    @property
    def price(self) -> int:
        """Micro-USD of one picture."""
        return self.model.prices[self.size]


def read_order(body: bytes) -> Order:
    """Raises RefusedError: 400, 404 for an unknown model, 410 for a retired one."""
    fields = read_object(body)
    model = find_model(fields.get("model"))
    for name in fields.keys() - model.takes - {"model", "prompt"}:
        raise bad_request(f"unknown parameter {name!r}", param=name)
    order = Order(
        model,
        _prompt(fields),
        _choice(fields, "size", tuple(model.prices)) or SIZE,
        _choice(fields, "aspect_ratio", model.ratios),
        _count(fields, model.most),
        _names(fields, "file_id", "file_ids"),
        _names(fields, "image_url", "image_urls"),
    )
    _check_references(order)
    return order


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


def _prompt(fields: dict[str, Any]) -> str:
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
        if not url.startswith(("https://", "data:")):
            raise bad_value("a reference is an https address or a data URL", param="image_urls")


def data_url_picture(url: str) -> bytes:
    """The bytes inside `data:image/…;base64,…`. Raises RefusedError (400)."""
    head, _, text = url.partition(",")
    said, _, coding = head.removeprefix("data:").partition(";")
    if coding != "base64" or len(text) > FILE_LIMIT * 4 // 3 + 4:
        raise bad_value("a data URL is base64 of at most 20 MB", param="image_urls")
    try:
        picture = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise bad_value("the data URL is not base64", param="image_urls") from exc
    check_kind(picture, said, "image_urls")
    return picture
