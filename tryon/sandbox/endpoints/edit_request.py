"""The body of an edit call: one picture and words, for the few models that can."""

from tryon.sandbox.endpoints.generation_request import ImageRequest, read_prompt
from tryon.sandbox.endpoints.json_body import read_object
from tryon.sandbox.endpoints.references import check_address
from tryon.sandbox.errors import RefusedError, bad_request, bad_value
from tryon.sandbox.models import MODELS, Model
from tryon.sandbox.storage.catalogue import Catalogue

ADDRESS = "/v1/images/edits"
INSTEAD = "/v1/images/generations"
FIELDS = ("model", "prompt", "image")


def read_edit(body: bytes, catalogue: Catalogue) -> ImageRequest:
    """Raises RefusedError: 400, also for a model that cannot edit; 404 unknown, 410 retired."""
    fields = read_object(body)
    model = catalogue.find(fields.get("model"))
    if not model.edits:
        raise _unsupported(model)
    for name in sorted(fields.keys() - set(FIELDS)):
        raise bad_request(f"unknown parameter {name!r}", param=name)
    image = fields.get("image")
    if not isinstance(image, str) or not image:
        raise bad_value("image is required: one https address or data URL", param="image")
    check_address(image, "image")
    return ImageRequest(model, read_prompt(fields), urls=(image,), endpoint="edits")


def _unsupported(model: Model) -> RefusedError:
    return RefusedError(
        400,
        "unsupported_operation",
        f"{model.id} cannot edit a picture; use image generations",
        attempted_endpoint=ADDRESS,
        supported_endpoints=[INSTEAD],
        suggested_endpoint=INSTEAD,
        hint=_hint(model),
        docs_url="https://llmtr.com/docs/en/gateway/image-generation/",
    )


def _hint(model: Model) -> str:
    if model.references:
        return "Upload the picture to /v1/files with purpose=vision_reference and send its id in file_ids."
    return f"Edits are for {', '.join(name for name, other in MODELS.items() if other.edits)}."
