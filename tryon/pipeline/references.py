"""Keep an upload or a link; give what a reference goes out as: a live file id, or an address.

The view pushes a new reference to the gateway while the user is still choosing, the worker makes good
what the view could not do. Both go through one lease, so that no picture is uploaded twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from pathlib import Path

from django.conf import settings
from django.core.files.base import ContentFile, File

from gallery import pictures
from gallery.models import SourceType
from gallery.xmp import Mark, marked_bytes
from tryon.accounts.models import User
from tryon.gateway import AccessRefused, GatewayError, OutcomeUnknown, Unavailable
from tryon.models import CircuitBreaker, GatewayFile, Reference, clock
from tryon.pipeline.gateway_client import gateway_client, release_connection
from tryon.pipeline.payload import OutgoingReference, data_url
from tryon.rules.request_rules import CONSENT_MISSING

log = logging.getLogger(__name__)

# Uploads go on here after the view has answered: what was begun is neither lost nor sent again.
_uploads = ThreadPoolExecutor(max_workers=32, thread_name_prefix="upload")
PATIENCE_SECONDS = 10  # how long a worker waits for an upload that another process has begun


class InputGone(Exception):
    """A reference was deleted, or may not leave this site, before it was uploaded."""


class NotConsented(Exception):
    """The box was not ticked, and these bytes, or this address, are new in their role; words for the user."""


class StillUploading(Exception):
    """Another process holds the lease of this upload, or its bytes cannot be read now: look again soon."""


def keep(
    owner: User | None,
    kind: str,
    source: Path | bytes,
    *,
    category: str = "auto",
    label: str = "",
    limits: pictures.Limits = pictures.UPLOADS,
    source_type: SourceType | None = None,
    unticked: str = "",
) -> Reference:
    """The reference of an uploaded picture, or of a made one; the same bytes again give the same row.

    `source_type` is given for what is no upload: a picture kept from the gallery, or a sample. `unticked` is
    the role of one that is given without the tick. Raises NotConsented, or `gallery.pictures.BadPicture`,
    whose text is for the user.
    """
    digest = pictures.digest(source)
    known = Reference.objects.present().filter(owner=owner, kind=kind, sha256=digest).first()
    _require_consent(known or Reference(owner=owner), unticked)
    if known:
        known.touch()
        if source_type:
            known.remember_source(source_type)
        return known
    picture = pictures.normalise(source, limits)
    stored = Reference(owner=owner, kind=kind)  # gives the file its name; the row comes after the bytes
    ending = picture.content_type.rpartition("/")[2].replace("jpeg", "jpg")
    mark = source_type.mark if source_type else None
    name = f"references/{stored.pk.hex[:2]}/{stored.pk.hex}{_tag(mark)}.{ending}"
    stored.file.save(name, _with(mark, picture.content), save=False)
    row, is_new = Reference.objects.keep(
        owner,
        kind,
        picture.sha256,
        file=stored.file.name,
        content_type=picture.content_type,
        width=picture.width,
        height=picture.height,
        category=category,
        label=label,
        source_type=source_type or "",
    )
    if not is_new:
        stored.file.delete(save=False)
    return row


def keep_link(
    owner: User, kind: str, address: str, *, category: str = "auto", unticked: str = ""
) -> Reference:
    """The reference of a public address (see `validate_image_url`): passed on as it is, and never fetched.

    `unticked` as above; raises NotConsented.
    """
    digest = hashlib.sha256(address.encode()).hexdigest()
    known = Reference.objects.present().filter(owner=owner, kind=kind, sha256=digest).first()
    _require_consent(known or Reference(owner=owner), unticked)
    reference, is_new = Reference.objects.keep(owner, kind, digest, url=address, category=category)
    if not is_new:
        reference.touch()
    return reference


def _require_consent(reference: Reference, role: str) -> None:
    if not reference.is_consented_as(role):
        raise NotConsented(CONSENT_MISSING)


def shrink(reference: Reference) -> None:
    """Make the copies that pages and tiles show, where they are missing."""
    missing = {size: width for size, width in Reference.SIZES.items() if not getattr(reference, size)}
    with reference.file.storage.open(str(reference.file)) as file:
        made = pictures.render(file, missing)
    reference.keep_copies({size: _stored(reference, size, content) for size, content in made.items()})


def _stored(reference: Reference, size: str, content: bytes) -> str:
    name = f"renditions/{reference.pk.hex[:2]}/{reference.pk.hex}-{size}{_tag(reference.mark)}.webp"
    return str(reference.file.storage.save(name, _with(reference.mark, content)))


def _tag(mark: Mark | None) -> str:
    """The end of a file's name that says that it carries the mark."""
    return f"-{mark.tag}" if mark else ""


def _with(mark: Mark | None, content: bytes) -> ContentFile[bytes]:
    return ContentFile(marked_bytes(content, mark) if mark else content)


def push(references: Sequence[Reference], seconds: float | None = None) -> None:
    """Upload to the gateway what is not there yet, waiting `seconds` at most in all; never raises.

    What takes longer goes on behind the answer, or is made good by the worker.
    """
    if not uploads_are_open():
        return
    known = _live_ids(references)
    missing = {r for r in references if r.file and r.pk not in known and _may_leave(r)}
    futures = [_uploads.submit(copy_context().run, _settled_upload, r) for r in missing]
    wait(futures, timeout=settings.PUSH_SECONDS if seconds is None else seconds)


def uploads_are_open() -> bool:
    """Whether pictures may be uploaded before a call needs them."""
    return not (
        settings.INLINE_REFERENCES or CircuitBreaker.objects.blocking(gateway_client().account, "").exists()
    )


def ready(
    references: Sequence[Reference], *, as_addresses: bool = False, in_order: bool = False
) -> list[OutgoingReference]:
    """What each reference goes out as: files uploaded now where there is no live one, links as they are.

    `as_addresses` puts the pictures into the call itself, and so does a gateway that takes no upload now;
    `in_order` does it where a link would else be sent after files that stand behind it.
    Raises InputGone, StillUploading, or the GatewayError of the first upload that failed.
    """
    if any(not _may_leave(r) for r in references):
        raise InputGone
    if in_order:
        first_link = next((at for at, r in enumerate(references) if r.url), len(references))
        as_addresses = as_addresses or any(r.file for r in references[first_link:])
    if as_addresses or settings.INLINE_REFERENCES:
        return _inlined(references, {})
    try:
        ids = _uploaded_ids([r for r in references if r.file])
    except GatewayError as exc:
        if not (settings.INLINE_FALLBACK and _only_uploads_fail(exc)):
            raise
        log.warning("no upload is taken, the pictures go inside the call: %s", exc)
        ids = {} if in_order else _live_ids(references)
    return _inlined(references, ids)


def _uploaded_ids(references: Sequence[Reference]) -> dict[uuid.UUID, str]:
    ids = _live_ids(references)
    missing = {r for r in references if r.pk not in ids}
    futures = {r.pk: _uploads.submit(copy_context().run, _uploaded, r) for r in missing}
    wait(futures.values())
    return ids | {pk: future.result() for pk, future in futures.items()}


def _only_uploads_fail(exc: GatewayError) -> bool:
    """Whether generations may work though this upload did not: nothing is said about account or picture."""
    if isinstance(exc, AccessRefused):
        return exc.scope == "model"
    return isinstance(exc, OutcomeUnknown | Unavailable) or exc.http_status in (404, 405)


def _inlined(references: Sequence[Reference], ids: dict[uuid.UUID, str]) -> list[OutgoingReference]:
    """Files that have an id by it, links by their address, all else inside the call."""
    bare = [r for r in dict.fromkeys(references) if r.file and r.pk not in ids]
    most = int(settings.INLINE_MEGABYTES * 1024 * 1024) // max(1, len(bare))
    inside = {r.pk: _inside(r, most) for r in bare}
    addresses = {r.pk: r.url for r in references if r.url} | inside
    return [
        OutgoingReference(file_id=ids[r.pk]) if r.pk in ids else OutgoingReference(address=addresses[r.pk])
        for r in references
    ]


def _inside(reference: Reference, most: int) -> str:
    with _opened(reference) as file:
        return data_url(file, reference.content_type, most)


def _opened(reference: Reference) -> File[bytes]:
    try:
        return reference.file.storage.open(str(reference.file))
    except FileNotFoundError as exc:
        raise InputGone from exc
    except OSError as exc:
        raise StillUploading from exc


def forget(file_ids: Sequence[str]) -> None:
    """The gateway lost one of these: upload all of them again before the next call."""
    GatewayFile.objects.lost(gateway_client().account, list(file_ids))


def _live_ids(references: Sequence[Reference]) -> dict[uuid.UUID, str]:
    known = GatewayFile.objects.live(gateway_client().account).filter(reference__in=references)
    return dict(known.values_list("reference_id", "file_id"))


def _may_leave(reference: Reference) -> bool:
    """Nothing leaves this site that was deleted, or without consent; the roles of a call are judged by it."""
    bytes_or_link = reference.file or reference.url
    return bool(reference.deleted_at is None and bytes_or_link and reference.may_be_copied)


def _settled_upload(reference: Reference) -> None:
    try:
        _uploaded(reference)
    except (GatewayError, InputGone, StillUploading) as exc:
        log.warning("upload of %s left to the worker: %r", reference.pk, exc)
    except Exception:
        log.exception("upload of %s left to the worker", reference.pk)


def _uploaded(reference: Reference) -> str:
    """Its live file id, uploading it or waiting for whoever does. Runs in a thread of its own."""
    try:
        account = gateway_client().account
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            if live := reference.gateway_files.live(account).first():
                return live.file_id
            GatewayFile.objects.retire_stale(reference, account)
            if row := GatewayFile.objects.begin(reference, account):
                return _sent(row, reference)
            time.sleep(0.1)  # somebody else is at it: most uploads take less than a second
        raise StillUploading
    finally:
        release_connection()


def _sent(row: GatewayFile, reference: Reference) -> str:
    begun = clock.now()  # the gateway counts its seven days from later on, so ours end first
    try:
        file_id = _upload(reference)
    except BaseException:  # a worker that is told to stop, too: its lease must not keep others waiting
        row.failed()
        raise
    if not row.arrived(file_id, begun):  # deleted meanwhile, or so slow that another one took over
        raise InputGone
    log.info("uploaded reference %s, usable until %s", reference.pk, begun + dt.timedelta(days=7))
    return file_id


def _upload(reference: Reference) -> str:
    with _opened(reference) as file:
        content = file.read()
    # The name says nothing about the person or the shop.
    ending = reference.content_type.rpartition("/")[2].replace("jpeg", "jpg")
    release_connection()
    return gateway_client().upload(
        content,
        filename=f"{reference.kind}.{ending}",
        content_type=reference.content_type,
        seconds=settings.UPLOAD_SECONDS,
    )


def renew(row: GatewayFile) -> bool:
    """Upload the picture of a live copy again; until the new one is there the old one serves.

    False when somebody else does it, or it was deleted meanwhile. Raises GatewayError, InputGone or
    StillUploading; the old copy stays as it was.
    """
    if not (_may_leave(row.reference) and row.hold()):
        return False
    begun = clock.now()
    renewed = row.renewed(_upload(row.reference), begun)
    log.info("renewed the copy of reference %s: %s", row.reference_id, renewed)
    return renewed
