"""The tables of the making: inputs, requests, paid calls, money; what rows may be in stands in states.py."""

from tryon.models.attempt import Attempt, Result, UnopenedAnswer
from tryon.models.circuit_breaker import CircuitBreaker
from tryon.models.gateway_file import GatewayFile
from tryon.models.generation import Generation, Unknown
from tryon.models.mails.mail import Mail
from tryon.models.mails.notification import Notification
from tryon.models.money.budget import Budget
from tryon.models.money.ledger import Entry
from tryon.models.money.price import Price
from tryon.models.offer import Offer
from tryon.models.pending_deletion import PendingDeletion
from tryon.models.reference import Consent, HouseGarment, Reference
from tryon.models.site import Site
from tryon.models.tryon import ImageInput, TryOn, TryOnInput

__all__ = [
    "Attempt",
    "Budget",
    "CircuitBreaker",
    "Consent",
    "Entry",
    "GatewayFile",
    "Generation",
    "HouseGarment",
    "ImageInput",
    "Mail",
    "Notification",
    "Offer",
    "PendingDeletion",
    "Price",
    "Reference",
    "Result",
    "Site",
    "TryOn",
    "TryOnInput",
    "Unknown",
    "UnopenedAnswer",
]
