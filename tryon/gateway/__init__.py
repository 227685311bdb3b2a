"""The one way out over HTTP. Its errors say what the caller may do; nothing here knows Django or models."""

from tryon.gateway.client import Gateway, UnusableGateway
from tryon.gateway.errors import (
    AccessRefused,
    AnsweredError,
    FileGone,
    GatewayError,
    Misconfigured,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Unavailable,
    Unreachable,
    error_in_answer,
)
from tryon.gateway.generation_request import GenerationRequest
from tryon.gateway.model_list import CatalogueModel

__all__ = [
    "AccessRefused",
    "AnsweredError",
    "CatalogueModel",
    "FileGone",
    "Gateway",
    "GatewayError",
    "GenerationRequest",
    "Misconfigured",
    "OutcomeUnknown",
    "RateLimited",
    "Rejected",
    "Unavailable",
    "Unreachable",
    "UnusableGateway",
    "error_in_answer",
]
