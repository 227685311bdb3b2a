"""What is missing, unsafe or stopped, in words that say what to set."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core import signing
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError

from tryon.operations.settings_rules import RULES
from tryon.rules import prompts

NEWEST = 5  # pictures that are looked for


def settings_are_complete(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    needed = {
        "SECRET_KEY": (settings.SECRET_KEY_GIVEN, "a long random text; `make up` generates one"),
        "LLMTR_API_KEY": (
            settings.LLMTR_API_KEY,
            "the gateway key, or `llmtr-sandbox` with the sandbox's address",
        ),
        "REDIS_URL": (settings.REDIS_URL, "redis://host:6379/0; `make up` starts a broker itself"),
    }
    if settings.EMBEDDED:  # what `up` brings along where it is not set
        needed = {"SECRET_KEY": needed["SECRET_KEY"]}
    for n, (name, (value, hint)) in enumerate(needed.items(), 1):
        if not value:
            found.append(Error(f"{name} is not set", hint=f"Set it to {hint}.", id=f"tryon.E00{n}"))
    allowed = {"SIGNUP": ("open", "closed"), "REVIEW": ("before_sharing", "after_sharing")}
    for n, (name, values) in enumerate(allowed.items(), 4):
        if getattr(settings, name) not in values:
            found.append(Error(f"{name} is not one of {', '.join(values)}", id=f"tryon.E00{n}"))
    if settings.REVIEW_SCOPE not in ("all", "asked"):
        found.append(Error("REVIEW_SCOPE is not one of all, asked", id="tryon.E009"))
    if not 1 <= settings.PICTURES_PER_CALL <= 4:
        found.append(Error("PICTURES_PER_CALL is not between 1 and 4", id="tryon.E006"))
    if settings.PROMPT_STYLE not in prompts.STYLES:
        found.append(Error(f"PROMPT_STYLE is not one of {', '.join(prompts.STYLES)}", id="tryon.E007"))
    if not 1 <= settings.INLINE_MEGABYTES <= 100:
        found.append(Error("INLINE_MEGABYTES is not between 1 and 100", id="tryon.E008"))
    return found


def connections_are_open(**_: Any) -> list[CheckMessage]:
    """A paused connection stops paid work: whoever runs `check` learns why, and how to open it."""
    try:
        paused = list(apps.get_model("tryon", "CircuitBreaker").objects.for_operator())
    except DatabaseError:  # not migrated yet, or no database to be had: other checks say so
        return []
    hint = (
        "Mend the cause, then open it at /admin/tryon/circuitbreaker/; "
        "it also opens by itself at its next success. A retired model is replaced at /admin/tryon/offer/."
    )
    return [
        Warning(
            f"Try-ons are paused for {breaker}: {breaker.get_reason_display()}", hint=hint, id="tryon.W001"
        )
        for breaker in paused
    ]


def machines_share_what_they_must(**_: Any) -> list[CheckMessage]:
    """Told by rows of whatever machine: its pictures are here too, and its signatures are ours."""
    try:
        made = apps.get_model("tryon", "Result").objects.filter(image__deleted_at=None).order_by("-pk")
        originals = [result.image.original for result in made.select_related("image")[:NEWEST]]
        session = apps.get_model("sessions", "Session").objects.order_by("-expire_date").first()
        lost = [str(file) for file in originals if not file.storage.exists(str(file))]
    except (DatabaseError, OSError):  # not migrated, or away: other checks say so
        return []
    found: list[CheckMessage] = []
    if lost:
        hint = (
            "Machines that work together need one bucket (MEDIA_S3_BUCKET), or one folder on a shared disk."
        )
        told = f"{len(lost)} of the newest {len(originals)} pictures are not in this machine's storage"
        found.append(Warning(told, hint=hint, id="tryon.W024"))
    if session and not _is_ours(session):
        hint = "Machines that work together need the same one; a new key logs everybody out once."
        found.append(
            Warning("The newest log-in was signed with another SECRET_KEY", hint=hint, id="tryon.W025")
        )
    return found


def _is_ours(session: Any) -> bool:
    store = session.get_session_store_class()()
    try:
        signing.loads(session.session_data, salt=store.key_salt, serializer=store.serializer)
    except signing.BadSignature:
        return False
    return True


def models_can_be_had(**_: Any) -> list[CheckMessage]:
    """What the gateway's list, as it was read last, says of the models that are offered."""
    from tryon.pipeline import model_catalogue  # rows: not before every app is loaded

    try:
        endings = model_catalogue.ending_offers()
        offers = apps.get_model("tryon", "Offer").objects
        is_offered = offers.filter(model=settings.LLMTR_MODEL, offered=True).exists() or not offers.exists()
    except DatabaseError:
        return []
    found: list[CheckMessage] = [
        Warning(ending.why, hint=f"{ending.advice} One click at /admin/tryon/offer/.", id="tryon.W002")
        for ending in endings
    ]
    if settings.LLMTR_MODEL and not is_offered:
        words = f"LLMTR_MODEL names {settings.LLMTR_MODEL}, which is not offered"
        hint = "After the first start /admin/tryon/offer/ decides. Tick it there, or remove the setting."
        found.append(Warning(words, hint=hint, id="tryon.W003"))
    return found


def guests_have_addresses(**_: Any) -> list[CheckMessage]:
    """Told by what guests asked for since yesterday."""
    from tryon.operations import untold_proxy  # rows: not before every app is loaded

    try:
        sign = untold_proxy.sign()
    except DatabaseError:
        return []
    return [Warning(sign, hint=untold_proxy.HINT, id="tryon.W031")] if sign else []


@register(Tags.security)
def settings_are_safe(**_: Any) -> list[CheckMessage]:
    """Settings that would let something be lost, spent or seen that should not be."""
    return [
        rule.kind(rule.says.format(broken), hint=rule.hint, id=f"tryon.{rule.kind.__name__[0]}0{rule.number}")
        for rule in RULES
        if (broken := rule.is_broken())
    ]
