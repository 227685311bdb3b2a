"""What rows may be in, and why. What leads from one state to another is drawn at each model."""

from __future__ import annotations

from django.db.models import TextChoices


class GenerationStatus(TextChoices):
    """Of one paid call, with all its sends."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Working"
    DONE = "done", "Ready"
    REFUSED = "refused", "No picture made"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Contact lost"
    CANCELLED = "cancelled", "Cancelled"


UNFINISHED = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)
ENDED = tuple(status for status in GenerationStatus if status not in UNFINISHED)


WITH_REASON = (GenerationStatus.REFUSED, GenerationStatus.FAILED, GenerationStatus.UNKNOWN)


class FailureReason(TextChoices):
    """Why it failed, was refused, or may have been charged for nothing."""

    NO_PICTURE = "no_picture", "The model made no picture from these photos"
    SAFETY = "safety", "The model's rules did not allow this picture"
    WORDS = "words", "The model answered with words in place of a picture"
    ANSWERED_ERROR = "answered_error", "The service answered with an error in place of a picture"
    UNREADABLE = "unreadable", "The picture came but cannot be opened yet"
    REJECTED = "rejected", "The service did not accept the request"
    TOO_MANY_SENDS = "too_many_sends", "The service was busy each time we asked"
    TOO_LONG = "too_long", "The service could not be reached for a day"
    CRASHED = "crashed", "Something in the request stopped our own worker"
    INPUT_GONE = "input_gone", "A photo was deleted before it was used"
    NO_CONSENT = "no_consent", "The box for one of its photos was not ticked"
    DELETED = "deleted", "The try-on was deleted"
    RETIRED = "retired", "Its model is not offered any more, and the new one cannot make this"


class Deviation(TextChoices):
    """What of a picture is not as it was asked for."""

    SIZE = "size", "another size than asked for"
    SHAPE = "shape", "another shape than asked for"


class Settled(TextChoices):
    """What staff found out about an unknown one."""

    MADE = "made", "Made, and lost on the way"
    NOT_MADE = "not_made", "Not made"


class AttemptStatus(TextChoices):
    """Of one send."""

    SENDING = "sending", "Sending"
    OK = "ok", "Answered"
    REFUSED = "refused", "Answered without a picture"
    REJECTED = "rejected", "Rejected"
    UNBILLED = "unbilled", "Nothing made"
    UNKNOWN = "unknown", "Outcome unknown"
    SETTLED_MADE = "settled_made", "Settled as made"
    SETTLED_NOT_MADE = "settled_not_made", "Settled as not made"


class FileState(TextChoices):
    """Of a reference's copy at the gateway."""

    UPLOADING = "uploading", "Uploading"
    LIVE = "live", "Live"
    GONE = "gone", "Gone"
    EXPIRED = "expired", "Expired"


class WaitingFor(TextChoices):
    """Why a queued one cannot run now; empty means: for its turn."""

    CONNECTION = "line", "Try-ons are paused"
    MODEL = "model", "Another model: this one was retired"
    SERVICE = "service", "The service"
    UPLOAD = "upload", "The upload of a photo"


class PauseReason(TextChoices):
    """Why nothing is sent to a model, or to any."""

    KEY = "key", "The gateway does not accept the key"
    SETTINGS = "settings", "The gateway's key, address or proxy cannot be used as they are set"
    BALANCE = "balance", "The gateway account has no balance"
    FORBIDDEN = "forbidden", "The key may not use this model"
    UNKNOWN_MODEL = "unknown_model", "The gateway does not know this model"
    RETIRED = "retired", "The model was retired"
    RATE_LIMITED = "rate_limited", "The gateway asked us to slow down"
    UNREACHABLE = "unreachable", "The gateway cannot be reached"
    SILENT = "silent", "The gateway takes calls and does not answer them"
    STAFF = "staff", "Stopped by staff"
