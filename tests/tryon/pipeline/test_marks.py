"""Every picture says what made it: set when it is kept, filled for older rows, in every file that leaves."""

from __future__ import annotations

import io
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow

from gallery import renditions, xmp
from gallery.models import Image, ShareLink, SourceType
from tests.asking import body, signed_in
from tests.factories import jpeg, make_guest, make_image, make_reference, make_tryon, make_user
from tests.gallery.marks import COMPOSITE, DRAWN, TRAINED, pixels, source_type
from tests.gallery.marks import xmp as packet_of
from tests.gallery.test_xmp import PICTURES, SIGNED
from tests.rings import matrix
from tests.tryon.making import accepted, only_generation, sent_and_died, spool_an_answer
from tryon.accounts.models import User
from tryon.models import Attempt, Reference, Result, TryOn
from tryon.pipeline import guest_merge, orphaned_files, recovery, references, run, tasks
from tryon.pipeline.privacy import deletion
from tryon.sandbox.server import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "no AI model made this"


@pytest.fixture
def owner() -> User:
    return make_user("ana")


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


def files(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def finished(owner: User, **changes) -> Image:
    """A picture that the sandbox gateway gave, with its copies."""
    tryon = accepted(owner, **changes)
    run.run_generation(only_generation(tryon).pk)
    image = Result.objects.get(generation__tryon=tryon).image
    tasks.render(image_id=str(image.pk))
    image.refresh_from_db()
    return image


def leaving(image: Image) -> dict[str, bytes]:
    """What each address of a picture gives, to its owner and by a link."""
    image.approve(image.owner)
    link, token = ShareLink.objects.create_link(image.owner, [image], title="", download=True)
    mine, visitor = signed_in(image.owner), Client()
    visitor.get(reverse("share", args=[token]))
    given = {"preview": body(visitor.get(reverse("share_preview", args=[token])))}
    for size in ("small", "large", "original"):
        for end in ("", "?download=1"):
            address = reverse("image_bytes", args=[image.pk, size]) + end
            shared = reverse("shared_bytes", args=[link.pk, image.pk, size]) + end
            given |= {address: body(mine.get(address)), shared: body(visitor.get(shared))}
    return given


def said(image: Image) -> set[str]:
    return {source_type(content) for content in leaving(image).values()}


def original_of(image: Image) -> bytes:
    with image.original.storage.open(image.original.name) as file:
        return file.read()


# Set by the pipeline --------------------------------------------------------------------------------
MADE_BY = {"try_on": COMPOSITE, "imagine": TRAINED, "remix": COMPOSITE, "compose": COMPOSITE}


def answered(gateway: Sandbox, owner: User, mode: str) -> Image:
    """A picture of an answer to a request of this kind."""
    tryon = accepted(owner)
    attempt = sent_and_died(tryon)
    spool_an_answer(gateway, attempt)
    TryOn.objects.filter(pk=tryon.pk).update(mode=mode)
    run.finish(attempt, only_generation(tryon), run.spooled(attempt))
    return Image.objects.get()


@pytest.mark.parametrize("mode", matrix(MADE_BY, first=2))
def test_a_picture_is_kept_with_what_made_it(gateway: Sandbox, owner, settings, mode):
    settings.SANDBOX = False
    image = answered(gateway, owner, mode)

    assert (image.source_type, image.made_by.is_ai) == (MADE_BY[mode], True)
    as_it_came = original_of(image)
    assert said(image) == {MADE_BY[mode]}, "before there are any copies"
    renditions.make(image)
    image.refresh_from_db()
    assert said(image) == {MADE_BY[mode]}
    assert original_of(image) == as_it_came
    assert pixels(next(iter(leaving(image).values())))
    assert pixels(original_of(image)) == pixels(Path(image.download.path).read_bytes())


@pytest.mark.parametrize("mode", matrix(["imagine", "try_on"], first=1))
def test_what_the_sandbox_painted_says_that_no_model_made_it(gateway: Sandbox, owner, mode):
    image = answered(gateway, owner, mode)
    renditions.make(image)
    image.refresh_from_db()

    given = leaving(image).values()
    assert {source_type(content) for content in given} == {DRAWN}
    assert all(WORDS in packet_of(content) for content in given)


def test_the_names_of_all_copies_change_with_the_mark(gateway, owner):
    image = finished(owner)
    tag = SourceType.DRAWN.mark.tag

    assert {Path(getattr(image, name).name).stem.rpartition("-")[2] for name in Image.FILES[1:]} == {tag}


# What an older version left -------------------------------------------------------------------------
def grown_old(image: Image) -> Image:
    """As the version before kept it: no word of what made it, copies under other names and without marks."""
    for column in ("small", "large", "preview"):
        file = getattr(image, column)
        content, ending = file.read(), Path(file.name).suffix
        file.close()
        file.storage.delete(file.name)
        plain, kind = io.BytesIO(), "JPEG" if ending == ".jpg" else "WEBP"
        Pillow.open(io.BytesIO(content)).save(plain, kind)
        name = f"renditions/{image.pk.hex[:2]}/{image.pk.hex}-{column}{ending}"
        setattr(image, column, file.storage.save(name, ContentFile(plain.getvalue())))
    image.download.storage.delete(image.download.name)
    image.download = image.source_type = ""
    image.save()
    return image


def test_an_old_picture_leaves_marked_before_its_row_is_filled(gateway, owner, settings):
    image = grown_old(finished(owner))
    Image.objects.update(sandbox=False)

    assert said(Image.objects.get()) == {COMPOSITE}
    assert Image.objects.get().source_type == ""
    settings.MEDIA_ACCEL = "/protected/"
    answer = signed_in(owner).get(reverse("image_bytes", args=[image.pk, "small"]))
    assert source_type(body(answer)) == COMPOSITE, "the proxy could not put it in"


def test_old_rows_are_filled_and_their_copies_marked_by_the_schedule(gateway, owner, media):
    image = grown_old(finished(owner))
    before = files(media)
    looks = {column: pixels(Path(getattr(image, column).path).read_bytes()) for column in Image.FILES[:4]}

    for message in recovery.sweep():
        if message.task == "render":
            tasks.render(image_id=str(message.id))

    image.refresh_from_db()
    assert image.source_type == DRAWN
    assert image.rendered_at
    for column in ("small", "large", "preview", "download"):
        content = Path(getattr(image, column).path).read_bytes()
        assert source_type(content) == DRAWN
        assert pixels(content) == looks.get(column, looks["original"]), "not made anew"
    gone = before - files(media)
    assert len(gone) == 3, "the files without a mark are deleted"
    assert said(image) == {DRAWN}
    assert [wake for wake in recovery.sweep() if wake.task == "render"] == []


def test_a_sweep_fills_a_bounded_number_and_the_next_ones_the_rest(owner, monkeypatch):
    monkeypatch.setattr(recovery, "FILLED_AT_ONCE", 2)
    for sandbox in (True, False, False):
        make_image(owner, sandbox=sandbox)

    left = []
    for _ in range(3):
        left.append(Image.objects.without_source_type().count())
        recovery.sweep()

    assert left == [3, 1, 0]
    assert sorted(Image.objects.values_list("source_type", flat=True)) == [DRAWN, TRAINED, TRAINED]


@pytest.mark.parametrize("mode", MADE_BY)
def test_old_rows_are_filled_by_what_was_asked(owner, mode):
    tryon = make_tryon(owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(mode=mode)

    recovery.sweep()

    assert Image.objects.get().source_type == MADE_BY[mode]


def test_rows_to_fill_are_found_by_an_index_among_any_number():
    plan = Image.objects.without_source_type().values_list("pk")[:100].explain()

    assert "image_unfilled" in plan or connection.vendor != "sqlite"
    assert "TEMP B-TREE" not in plan, "nor are they sorted"


def test_a_copy_without_its_mark_that_is_asked_for_is_stored_with_it_next(gateway, owner):
    """Though its row is filled: a worker of the version before may have made it during an upgrade."""
    image = grown_old(finished(owner))
    Image.objects.update(source_type=DRAWN)
    body(signed_in(owner).get(reverse("image_bytes", args=[image.pk, "small"])))

    assert [wake.id for wake in recovery.sweep() if wake.task == "render"] == [image.pk]
    tasks.render(image_id=str(image.pk))

    image.refresh_from_db()
    assert image.small.name.endswith(f"-{SourceType.DRAWN.mark.tag}.webp")
    assert body(signed_in(owner).get(reverse("image_bytes", args=[image.pk, "small"])))
    assert not Image.objects.without_renditions().exists()


def test_a_copy_that_was_lost_is_made_anew_with_its_mark(gateway, owner):
    image = grown_old(finished(owner))
    image.small.storage.delete(image.small.name)

    recovery.sweep()
    tasks.render(image_id=str(image.pk))

    assert said(Image.objects.get()) == {DRAWN}


def test_a_lost_original_keeps_its_copies_and_gives_the_largest_in_its_place(gateway, owner):
    image = grown_old(finished(owner))
    image.original.storage.delete(image.original.name)

    recovery.sweep()
    tasks.render(image_id=str(image.pk))

    image.refresh_from_db()
    assert image.rendered_at
    assert source_type(Path(image.large.path).read_bytes()) == DRAWN
    assert signed_in(owner).get(reverse("image_bytes", args=[image.pk, "original"])).status_code == 404


# Deletion -------------------------------------------------------------------------------------------
def test_a_deleted_picture_leaves_no_copy_though_they_came_after_it_was_read(gateway, owner, media):
    tryon = accepted(owner)
    run.run_generation(only_generation(tryon).pk)
    read_early = Image.objects.get()
    tasks.render(image_id=str(read_early.pk))

    deletion.delete_image(read_early, owner)

    assert not [name for name in files(media) if not name.startswith("references")]


def test_every_column_with_files_is_looked_after(gateway, owner, media):
    """Deleted with its picture, never taken for nobody's, in backups by its folder."""
    columns = {
        (model, field.name)
        for model in (Image, Reference, Attempt)
        for field in model._meta.fields
        if field.get_internal_type() == "FileField"
    }

    assert {(model, name) for model in (Image, Reference, Attempt) for name in model.FILES} == columns
    assert {each for top in orphaned_files.TOPS for each in orphaned_files._columns(top)} == columns


# Signed, and what no mark can be put into -----------------------------------------------------------
def kept(owner: User, content: bytes, kind: str) -> Image:
    """A picture of a real gateway, as it came."""
    ending = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}[kind]
    image = Image(owner=owner, content_type=kind, width=61, height=43, source_type=COMPOSITE)
    image.original.save(f"originals/{image.pk.hex}.{ending}", ContentFile(content), save=False)
    image.save(force_insert=True)
    return image


def kind_of(name: str) -> str:
    return f"image/{name.partition(',')[0].lower()}"


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WebP"])
def test_a_signed_original_is_its_own_download(owner, media, name):
    content = SIGNED[name]
    image = kept(owner, content, kind_of(name))

    for _ in ("before its copies are made", "after"):
        given = leaving(image)
        assert {value for key, value in given.items() if "/original" in key} == {content}
        renditions.make(image)
        image.refresh_from_db()

    assert image.download == image.original
    shown_smaller = [value for key, value in leaving(image).items() if "/original" not in key]
    assert {source_type(value) for value in shown_smaller} == {COMPOSITE}
    deletion.delete_image(image, owner)
    assert files(media) == set()


def test_a_signed_original_goes_by_the_proxy(owner, settings):
    image = kept(owner, SIGNED["PNG"], "image/png")
    renditions.make(image)
    settings.MEDIA_ACCEL = "/protected/"

    answer = signed_in(owner).get(reverse("image_bytes", args=[image.pk, "original"]))

    assert answer["X-Accel-Redirect"] == f"/protected/{image.original.name}"


@pytest.mark.parametrize("name", ["JPEG, progressive", "PNG, alpha", "WebP, lossless with alpha"])
def test_pictures_of_every_kind_are_given_to_download_as_they_are(owner, name):
    image = kept(owner, PICTURES[name], kind_of(name))
    renditions.make(image)
    image.refresh_from_db()

    content = Path(image.download.path).read_bytes()
    assert (source_type(content), pixels(content)) == (COMPOSITE, pixels(PICTURES[name]))


def test_an_original_that_takes_no_mark_is_given_as_another_file_and_never_without(owner, monkeypatch):
    """No picture is known that opens and takes none: one is made of it here."""
    content = PICTURES["PNG"]
    image = kept(owner, content, "image/png")
    put_in = xmp.splice._edits

    def refuse(file, mark):
        file.seek(0)
        if file.read(len(content)) == content:
            raise xmp.Malformed
        return put_in(file, mark)

    monkeypatch.setattr(xmp.splice, "_edits", refuse)
    for _ in ("made on the way", "stored"):
        answer = signed_in(owner).get(reverse("image_bytes", args=[image.pk, "original"]) + "?download=1")
        assert answer["Content-Type"] == "image/webp"
        assert source_type(body(answer)) == COMPOSITE
        renditions.make(image)


# The wardrobe ---------------------------------------------------------------------------------------
def imagined(owner: User, *, sandbox: bool = False) -> Image:
    tryon = make_tryon(owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(mode="imagine", note="a red chair")
    Image.objects.update(sandbox=sandbox)
    return Result.objects.get(generation__tryon=tryon).image


SIZES = ("thumbnail", "small", "original")


def shown(reference: Reference, user: User) -> dict[str, str]:
    """What the files of an input picture say when they leave."""
    ask = signed_in(user).get
    return {
        size: source_type(body(ask(reverse("reference_bytes", args=[reference.pk, size])))) for size in SIZES
    }


@pytest.mark.parametrize(("sandbox", "code"), [(False, TRAINED), (True, DRAWN)])
def test_a_picture_kept_in_the_wardrobe_takes_its_mark_along(owner, sandbox, code):
    image = imagined(owner, sandbox=sandbox)

    signed_in(owner).post(reverse("image_keep", args=[image.pk]), {"kind": "garment"})

    reference = Reference.objects.get(label__startswith="Imagined")
    assert reference.source_type == code
    assert shown(reference, owner) == dict.fromkeys(SIZES, code)
    references.shrink(reference)
    assert shown(reference, owner) == dict.fromkeys(SIZES, code)


def test_what_was_kept_before_there_was_a_mark_is_told_by_its_picture(owner):
    """By the migration: only words of the gallery's button tell it from a photo."""
    label = "Imagined: a red chair"
    drawn, made, photo = (
        make_reference(user, "garment", label=words)
        for user, words in ((owner, label), (make_user(), label), (owner, "a red chair"))
    )
    imagined(owner, sandbox=True)

    import_module("tryon.migrations.0011_reference_source_type").fill(apps, None)

    assert [shown(each, each.owner)["original"] for each in (drawn, made, photo)] == [DRAWN, TRAINED, ""]


def test_a_photo_that_somebody_gave_gets_no_mark(owner):
    photo = references.keep(owner, "garment", jpeg())
    references.shrink(photo)

    assert shown(photo, owner) == dict.fromkeys(SIZES, "")


def test_what_was_given_before_and_is_kept_from_the_gallery_is_marked_when_it_leaves(owner):
    image = imagined(owner)
    photo = references.keep(owner, "garment", original_of(image))

    signed_in(owner).post(reverse("image_keep", args=[image.pk]), {"kind": "garment"})

    assert shown(Reference.objects.get(pk=photo.pk), owner) == dict.fromkeys(SIZES, TRAINED)


def test_a_guests_mark_goes_along_to_the_account(owner):
    guest = make_guest()
    references.keep(guest, "garment", jpeg(), source_type=SourceType.TRAINED)
    mine = references.keep(owner, "garment", jpeg())

    guest_merge.merge_guest_into_account(guest, owner)

    assert shown(Reference.objects.get(pk=mine.pk), owner) == dict.fromkeys(SIZES, TRAINED)


def test_the_samples_say_that_no_model_made_them(owner):
    call_command("samples")
    Reference.objects.update(source_type="")  # as the version before put them on the shelf
    call_command("samples")

    samples = Reference.objects.of_the_house()
    assert len(samples) == 10
    for sample in samples:
        content = body(signed_in(owner).get(reverse("reference_bytes", args=[sample.pk, "original"])))
        assert source_type(content) == DRAWN
        assert WORDS in packet_of(content)


# What pages say -------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_filled", matrix([False, True], first=1))
def test_no_page_calls_a_picture_of_the_sandbox_ai_generated(gateway, owner, is_filled):
    image = finished(owner)
    tryon = TryOn.objects.get()
    if not is_filled:
        Image.objects.update(source_type="")
    image.approve(owner)
    link, token = ShareLink.objects.create_link(owner, [image], title="")
    mine, visitor = signed_in(owner), Client()

    pages = [
        mine.get(reverse("gallery")),
        mine.get(reverse("image", args=[image.pk])),
        mine.get(reverse("tryon", args=[tryon.pk])),
        mine.get(reverse("privacy")),
        visitor.get(reverse("share", args=[token])),
        visitor.get(reverse("shared", args=[link.pk])),
    ]
    for page in pages:
        assert page.status_code == 200
        assert "AI-generated" not in page.text
        assert "by AI" not in page.text
    assert WORDS in pages[0].text
    assert "Sandbox picture, no AI model made this: a look, not a fit" in pages[4].text


def test_a_link_with_pictures_of_both_kinds_says_so(owner):
    images = [make_image(owner, "approved", sandbox=sandbox) for sandbox in (True, False)]
    link, _ = ShareLink.objects.create_link(owner, images, title="")

    words = signed_in(owner).get(reverse("shared", args=[link.pk])).text

    assert "Pictures, some of them AI-generated: a look, not a fit" in words
