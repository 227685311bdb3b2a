"""The one way out over HTTP. Its errors say what the caller may do; nothing here knows Django or models."""

from tryon.gateway.client import (
    FETCH_SECONDS,
    GENERATION_SECONDS,
    UPLOAD_SECONDS,
    Gateway,
    UploadedFile,
)
from tryon.gateway.errors import (
    AccessRefused,
    AnsweredError,
    FileGone,
    GatewayError,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
    Unreachable,
)
from tryon.gateway.generation_request import GenerationRequest
from tryon.gateway.model_list import CatalogueModel

__all__ = [
    "FETCH_SECONDS",
    "GENERATION_SECONDS",
    "UPLOAD_SECONDS",
    "AccessRefused",
    "AnsweredError",
    "CatalogueModel",
    "FileGone",
    "Gateway",
    "GatewayError",
    "GenerationRequest",
    "OutcomeUnknown",
    "RateLimited",
    "Rejected",
    "Unavailable",
    "Unreachable",
    "UploadedFile",
]
