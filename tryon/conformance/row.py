"""A row of the table: one call, and what is expected of its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tryon.conformance.expectations import Expectation

FILES = "/v1/files"
GENERATIONS = "/v1/images/generations"
EDITS = "/v1/images/edits"
OPERATION = "IMAGES_GENERATIONS"
PRICES = f"/api/models?operation={OPERATION}"


@dataclass(frozen=True)
class FileId:
    """Stands in a body for the id of the uploaded sample of this number."""

    number: int


@dataclass(frozen=True)
class Address:
    """Stands in a body for the public https picture that the operator named."""


@dataclass(frozen=True)
class Form:
    """A multipart body; `content` None leaves the file part out."""

    content: bytes | None
    filename: str = "sample.png"
    content_type: str = "image/png"
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """`pictures` is the most that the call can make, should the gateway do what is asked; `rude` calls are
    of the kind for which accounts were suspended. Without a body of any kind it is a GET.

    `skip` is why it stays at home. `optional` names a field whose value a model may refuse: that is said,
    and is no difference."""

    name: str
    family: str
    asks: str
    path: str
    expectations: tuple[Expectation, ...]
    body: Mapping[str, Any] | None = None
    form: Form | None = None
    raw: bytes | None = None
    pictures: int = 0
    keyed: bool = True
    rude: bool = False
    skip: str = ""
    optional: str = ""

    @property
    def model(self) -> str:
        return str(self.body.get("model", "")) if self.body else ""

    @property
    def size(self) -> str:
        return str(self.body.get("size", "")) if self.body else ""

    @property
    def expected(self) -> str:
        return "; ".join(expectation.words for expectation in self.expectations)

    def needs(self, kind: type) -> list[Any]:
        """What stands in the body for something of `kind`, each once."""
        return list(dict.fromkeys(_found(self.body or {}, kind)))


def _found(value: Any, kind: type) -> list[Any]:
    if isinstance(value, Mapping):
        return [found for inner in value.values() for found in _found(inner, kind)]
    if isinstance(value, list | tuple):
        return [found for inner in value for found in _found(inner, kind)]
    return [value] if isinstance(value, kind) else []
