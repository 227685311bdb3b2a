"""What rows may be in, and why. What leads from one state to another is drawn at each model."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class GenerationStatus(TextChoices):
    """Of one paid call, with all its sends."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Working")
    DONE = "done", _("Ready")
    REFUSED = "refused", _("No picture made")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Contact lost")
    CANCELLED = "cancelled", _("Cancelled")


UNFINISHED = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)
ENDED = tuple(status for status in GenerationStatus if status not in UNFINISHED)


WITH_REASON = (GenerationStatus.REFUSED, GenerationStatus.FAILED, GenerationStatus.UNKNOWN)


class FailureReason(TextChoices):
    """Why it failed, was refused, or may have been charged for nothing."""

    NO_PICTURE = "no_picture", _("The model made no picture from these photos")
    SAFETY = "safety", _("The model's rules did not allow this picture")
    WORDS = "words", _("The model answered with words in place of a picture")
    ANSWERED_ERROR = "answered_error", _("The service answered with an error in place of a picture")
    UNREADABLE = "unreadable", _("The picture came but cannot be opened yet")
    REJECTED = "rejected", _("The service did not accept the request")
    TOO_MANY_SENDS = "too_many_sends", _("The service was busy each time we asked")
    TOO_LONG = "too_long", _("The service could not be reached for a day")
    CRASHED = "crashed", _("Something in the request stopped our own worker")
    INPUT_GONE = "input_gone", _("A photo was deleted before it was used")
    NO_CONSENT = "no_consent", _("The box for one of its photos was not ticked")
    DELETED = "deleted", _("The try-on was deleted")
    RETIRED = "retired", _("Its model is not offered any more, and the new one cannot make this")


class Deviation(TextChoices):
    """What of a picture is not as it was asked for."""

    SIZE = "size", _("another size than asked for")
    SHAPE = "shape", _("another shape than asked for")


class Settled(TextChoices):
    """What staff found out about an unknown one."""

    MADE = "made", _("Made, and lost on the way")
    NOT_MADE = "not_made", _("Not made")


class AttemptStatus(TextChoices):
    """Of one send."""

    SENDING = "sending", _("Sending")
    OK = "ok", _("Answered")
    REFUSED = "refused", _("Answered without a picture")
    REJECTED = "rejected", _("Rejected")
    UNBILLED = "unbilled", _("Nothing made")
    UNKNOWN = "unknown", _("Outcome unknown")
    SETTLED_MADE = "settled_made", _("Settled as made")
    SETTLED_NOT_MADE = "settled_not_made", _("Settled as not made")


class FileState(TextChoices):
    """Of a reference's copy at the gateway."""

    UPLOADING = "uploading", _("Uploading")
    LIVE = "live", _("Live")
    GONE = "gone", _("Gone")
    EXPIRED = "expired", _("Expired")


class WaitingFor(TextChoices):
    """Why a queued one cannot run now; empty means: for its turn."""

    CONNECTION = "line", _("Try-ons are paused")
    MODEL = "model", _("Another model: this one was retired")
    SERVICE = "service", _("The service")
    UPLOAD = "upload", _("The upload of a photo")


class PauseReason(TextChoices):
    """Why nothing is sent to a model, or to any."""

    KEY = "key", _("The gateway does not accept the key")
    SETTINGS = "settings", _("The gateway's key, address or proxy cannot be used as they are set")
    BALANCE = "balance", _("The gateway account has no balance")
    FORBIDDEN = "forbidden", _("The key may not use this model")
    UNKNOWN_MODEL = "unknown_model", _("The gateway does not know this model")
    RETIRED = "retired", _("The model was retired")
    RATE_LIMITED = "rate_limited", _("The gateway asked us to slow down")
    UNREACHABLE = "unreachable", _("The gateway cannot be reached")
    SILENT = "silent", _("The gateway takes calls and does not answer them")
    STAFF = "staff", _("Stopped by staff")
