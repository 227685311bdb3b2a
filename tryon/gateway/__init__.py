"""The one way out over HTTP. Its errors say what the caller may do; nothing here knows Django or models."""

from tryon.gateway.client import (
    FETCH_SECONDS,
    GENERATION_SECONDS,
    UPLOAD_SECONDS,
    Gateway,
    UploadedFile,
)
from tryon.gateway.model_list import CatalogueModel
from tryon.gateway.order import PictureRequest
from tryon.gateway.verdict import (
    AnsweredError,
    FileGone,
    GatewayError,
    LineClosed,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
    Unreachable,
)

__all__ = [
    "FETCH_SECONDS",
    "GENERATION_SECONDS",
    "UPLOAD_SECONDS",
    "AnsweredError",
    "CatalogueModel",
    "FileGone",
    "Gateway",
    "GatewayError",
    "LineClosed",
    "OutcomeUnknown",
    "PictureRequest",
    "RateLimited",
    "Rejected",
    "Unavailable",
    "Unreachable",
    "UploadedFile",
]
