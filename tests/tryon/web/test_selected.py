"""Several pictures of the gallery at once: taken along as a ZIP, and deleted with a way back."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile

import pytest
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import reverse

from gallery.models import Image, ShareLink
from gallery.sharing.forms import MOST_IMAGES
from tests.asking import body, signed_in
from tests.factories import jpeg, make_image, make_reference, make_tryon, make_user
from tests.gallery.marks import pixels, source_type
from tests.tryon.asked import asked_for, picture_of
from tryon.accounts.models import User
from tryon.accounts.rate_limits import seconds_to_next
from tryon.models import ImageInput, TryOn
from tryon.pipeline.privacy import undo
from tryon.web.views.gallery import ZIPS_PER_HOUR

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return make_user("owner")


@pytest.fixture
def client(owner) -> Client:
    return signed_in(owner)


def ids(*images: Image) -> dict[str, list]:
    return {"images": [image.pk for image in images]}


def opened(answer: HttpResponseBase) -> zipfile.ZipFile:
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))
    assert archive.testzip() is None
    return archive


def worn(owner: User, label: str) -> Image:
    tryon = asked_for(owner, "try_on", make_reference(owner), make_reference(owner, "garment", label=label))
    image = picture_of(tryon)
    Image.objects.filter(pk=image.pk).update(created_at=dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC))
    return image


# The ZIP --------------------------------------------------------------------------------------------
def test_the_chosen_come_as_one_zip_named_by_garment_and_day_and_say_what_made_them(owner, client):
    top, jeans, again = worn(owner, "Breton top"), worn(owner, "Jeans"), worn(owner, "Breton top")

    answer = client.post(reverse("gallery_download"), ids(top, jeans, again))

    assert answer["Content-Type"] == "application/zip"
    assert re.search(r'attachment; filename="pictures-\d{4}-\d\d-\d\d.zip"', answer["Content-Disposition"])
    archive = opened(answer)
    assert archive.namelist() == [
        "breton-top-29-november.jpg",
        "jeans-29-november.jpg",
        "breton-top-29-november-2.jpg",
    ]
    made = archive.read("jeans-29-november.jpg")
    assert source_type(made)
    assert pixels(made) == pixels(jpeg("olive"))


def test_pictures_of_others_and_deleted_ones_are_in_nobodys_zip(owner, client):
    mine, other, gone = make_image(owner), make_image(make_user()), make_image(owner)
    undo.hide_images([gone], owner)

    archive = opened(client.post(reverse("gallery_download"), ids(mine, other, gone)))

    assert archive.namelist() == [f"picture-{str(mine.pk)[:8]}.jpg"]


def test_what_is_deleted_while_the_zip_is_sent_is_left_out(owner, client):
    images = [make_image(owner) for _ in range(3)]
    answer = client.post(reverse("gallery_download"), ids(*images))
    undo.hide_images(images[1:2], owner)
    assert len(opened(answer).namelist()) == 2


def test_nothing_chosen_and_too_much_chosen_are_told_on_the_gallerys_page(owner, client):
    address = reverse("gallery_download")
    assert "Select at least one picture first." in client.post(address, follow=True).text
    many = client.post(address, {"images": [make_image(owner).pk] * (MOST_IMAGES + 1)}, follow=True)
    assert f"Select {MOST_IMAGES} pictures at most." in many.text


def test_a_zip_is_asked_for_so_often_an_hour_at_most(owner, client):
    for _ in range(ZIPS_PER_HOUR):
        assert not seconds_to_next(f"ZIPs of {owner.pk}", ZIPS_PER_HOUR)
    assert client.post(reverse("gallery_download"), ids(make_image(owner))).status_code == 429


# The end of several, and back -----------------------------------------------------------------------
def test_several_are_deleted_by_one_press_and_come_back_by_one(owner, client):
    tryon = make_tryon(owner, "done", count=2)
    ImageInput.objects.fill(10)
    both, other, kept = list(Image.objects.all()), make_image(owner), make_image(owner)
    ShareLink.objects.create_link(owner, [other], title="")
    here = "/gallery/?show=pending"

    page = client.post(f"{reverse('gallery_delete')}?next={here}", ids(*both, other), follow=True)

    assert page.redirect_chain == [(here, 302)]
    assert "3 pictures are deleted, and gone from every link that showed them." in page.text
    assert list(Image.objects.present()) == [kept]
    assert not TryOn.objects.present().exists(), "nothing of it is left to show"
    button = re.search(r'action="(/undo/[^"]+)" data-undo-seconds', page.text)[1].replace("&amp;", "&")
    back = client.post(button, follow=True)
    assert back.redirect_chain == [(here, 302)]
    assert Image.objects.present().count() == 4
    assert TryOn.objects.present().get() == tryon


def test_one_of_several_variations_leaves_the_try_on(owner, client):
    tryon = make_tryon(owner, "done", count=2)
    client.post(reverse("gallery_delete"), ids(Image.objects.first()))
    assert TryOn.objects.present().get() == tryon
    assert Image.objects.present().count() == 1


def test_nobody_deletes_the_pictures_of_others(owner):
    image = make_image(owner)
    for stranger in (make_user(), make_user(is_staff=True, is_superuser=True)):
        answer = signed_in(stranger).post(reverse("gallery_delete"), ids(image), follow=True)
        assert "Select at least one picture first." in answer.text
    assert Image.objects.present().get() == image


def test_deleting_and_taking_along_want_a_form_of_ours(owner):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(owner)
    image = make_image(owner)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)" formmethod="post"', browser.get("/gallery/").text
    )
    for name in ("gallery_delete", "gallery_download"):
        assert browser.get(reverse(name)).status_code == 405
        assert browser.post(reverse(name), ids(image)).status_code == 403
    assert (
        browser.post(reverse("gallery_delete"), ids(image) | {"csrfmiddlewaretoken": token[1]}).status_code
        == 302
    )


def test_the_address_of_the_share_form_holds_no_token(client, owner):
    make_image(owner)
    form = re.search(r'<form class="gallery".*?</form>', client.get("/gallery/").text, re.DOTALL)[0]
    assert 'method="get"' in form
    assert "csrfmiddlewaretoken" not in re.sub(r"<button[^>]*>", "", form)


def test_without_scripts_a_link_selects_the_whole_page(owner, client):
    for _ in range(3):
        make_image(owner)
    page = client.get("/gallery/").text
    link = re.search(r'href="([^"]*select=all[^"]*)"', page)[1].replace("&amp;", "&")
    selected = client.get(link).text
    assert selected.count(" checked>") == 3
    assert all("select" not in back for back in re.findall(r'formaction="([^"]+)"', selected)), "nor after it"
