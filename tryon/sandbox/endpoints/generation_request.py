"""The body of a generation call, read as strictly as the real gateway reads it."""

from dataclasses import dataclass
from typing import Any

from tryon.sandbox.endpoints.json_body import read_object
from tryon.sandbox.endpoints.references import check_address
from tryon.sandbox.errors import RefusedError, bad_request, bad_value
from tryon.sandbox.models import REFERENCE_FIELDS, Model
from tryon.sandbox.storage.catalogue import Catalogue

REFERENCES = 8
SIZE = "1K"


@dataclass(frozen=True)
class ImageRequest:
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
        """Micro-USD of one picture; an edit is billed as its input and its output."""
        return self.model.prices[self.size] * (2 if self.endpoint == "edits" else 1)


def read_generation(body: bytes, catalogue: Catalogue) -> ImageRequest:
    """What a generation asks for. Raises RefusedError: 400, 404 for an unknown model, 410 for a retired."""
    fields = read_object(body)
    model = catalogue.find(fields.get("model"))
    for name in sorted(fields.keys() - model.takes - {"model", "prompt"}):
        raise _not_taken(name, model)
    request = ImageRequest(
        model,
        read_prompt(fields),
        (_choice(fields, "size", model.sizes) or SIZE) if model.sizes else "",
        _choice(fields, "size" if model.ratio_is_size else "aspect_ratio", model.ratios),
        _count(fields, model.most),
        _names(fields, "file_id", "file_ids"),
        _names(fields, "image_url", "image_urls"),
    )
    _check_references(request)
    return request


def _not_taken(name: str, model: Model) -> RefusedError:
    if name not in REFERENCE_FIELDS:
        return bad_request(f"unknown parameter {name!r} for {model.id}", param=name)
    elsewhere = "; to change a picture there is /v1/images/edits" if model.edits else ""
    return bad_value(f"{model.id} works from text only and takes no references{elsewhere}", param=name)


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


def _check_references(request: ImageRequest) -> None:
    count, most = len(request.file_ids) + len(request.urls), min(REFERENCES, request.model.references)
    if count > most:
        raise bad_value(f"{request.model.id} takes at most {most} references, got {count}", param="file_ids")
    for url in request.urls:
        check_address(url, "image_urls")
