"""A copy of all that somebody has here."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.http.response import HttpResponseBase
from django.urls import reverse

from gallery.models import AuditEntry, Image, ShareLink
from tests.asking import body, signed_in, visiting
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user
from tests.gallery.marks import source_type
from tryon.models import Reference, TryOn

pytestmark = pytest.mark.django_db(transaction=True)


def opened(answer: HttpResponseBase) -> zipfile.ZipFile:
    assert answer["Content-Type"] == "application/zip"
    archive = zipfile.ZipFile(io.BytesIO(body(answer)))
    assert archive.testzip() is None
    return archive


def test_an_account_takes_along_its_photos_its_pictures_and_what_is_written_of_them():
    ana, ben = make_user("ana"), make_user("ben")
    tryon = make_tryon(ana, "done")
    TryOn.objects.filter(pk=tryon.pk).update(note="with rolled sleeves")
    image = Image.objects.get(owner=ana)
    ShareLink.objects.create_link(ana, [image], title="For Mia")
    make_tryon(ben, "done")

    archive = opened(signed_in(ana).post(reverse("my_data_download")))

    told = json.loads(archive.read("data.json"))
    assert told["account"]["email"] == "ana@example.com"
    assert told["try_ons"][0]["words"] == "with rolled sleeves"
    assert [row["role"] for row in told["try_ons"][0]["inputs"]] == ["person", "top"]
    assert told["links"][0]["title"] == "For Mia"
    [person] = [photo for photo in told["photos"] if photo["kind"] == "person"]
    assert [consent["role"] for consent in person["consents"]] == ["person"]
    files = {photo["file"] for photo in told["photos"]} | {picture["file"] for picture in told["pictures"]}
    assert set(archive.namelist()) == files | {"data.json"}
    reference = Reference.objects.get(pk=person["id"])
    assert archive.read(person["file"]) == Path(reference.file.path).read_bytes()
    assert source_type(archive.read(told["pictures"][0]["file"])), "it says what made it"
    assert "ben" not in archive.read("data.json").decode()
    assert AuditEntry.objects.get(action="exported").actor == ana


def test_what_went_meanwhile_leaves_the_rest_whole():
    ana = make_user()
    gone, there = make_image(ana), make_image(ana)
    photo = make_reference(ana)
    gone.original.storage.delete(str(gone.original))
    photo.file.storage.delete(str(photo.file))

    archive = opened(signed_in(ana).post(reverse("my_data_download")))

    assert archive.read(f"pictures/{there.pk}.jpg")
    assert f"pictures/{gone.pk}.jpg" not in archive.namelist()


def test_a_guest_takes_along_what_this_browser_has():
    guest = make_guest()
    make_tryon(guest, "done")
    told = json.loads(opened(visiting(guest).post(reverse("my_data_download"))).read("data.json"))
    assert told["account"]["guest"] is True
    assert len(told["pictures"]) == 1


def test_staff_hand_out_the_copy_with_the_right_to_it_alone():
    ana = make_user("ana")
    make_tryon(ana, "done")
    address = reverse("admin:accounts_user_export", args=[ana.pk])
    assert signed_in(make_user(is_staff=True)).post(address).status_code == 403
    boss = signed_in(make_user(is_staff=True, is_superuser=True))
    assert boss.get(address).status_code == 405
    assert len(opened(boss.post(address)).namelist()) == 4


def test_a_copy_is_made_by_a_form_of_ours_alone():
    browser = signed_in(make_user())
    assert browser.get(reverse("my_data_download")).status_code == 405
    browser.handler.enforce_csrf_checks = True
    assert browser.post(reverse("my_data_download")).status_code == 403


def test_a_copy_is_made_six_times_an_hour_and_not_for_ever():
    ana, ben = signed_in(make_user("ana")), signed_in(make_user("ben"))
    copies = [ana.post(reverse("my_data_download")) for _ in range(7)]
    assert [copy.status_code for copy in copies] == [200] * 6 + [429]
    assert f'href="{reverse("my_data")}"' in copies[-1].content.decode()
    assert ben.post(reverse("my_data_download")).status_code == 200
