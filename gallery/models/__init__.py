"""Pictures that were made, who may see them, and until when."""

from gallery.models.audit import AuditEntry
from gallery.models.image import Image
from gallery.models.queue import Flag, ReviewClaim
from gallery.models.report import Report
from gallery.models.review import RejectionReason
from gallery.models.sharing.heart import Heart
from gallery.models.sharing.share import SharedImage, ShareLink
from gallery.models.sharing.share_try import ShareTry
from gallery.models.source_type import SourceType

__all__ = [
    "AuditEntry",
    "Flag",
    "Heart",
    "Image",
    "RejectionReason",
    "Report",
    "ReviewClaim",
    "ShareLink",
    "ShareTry",
    "SharedImage",
    "SourceType",
]
