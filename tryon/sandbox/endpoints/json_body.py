"""JSON bodies, before anybody looks at what they say."""

import json
from typing import Any

from tryon.sandbox.errors import bad_request


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
