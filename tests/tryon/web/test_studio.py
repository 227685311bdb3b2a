"""The studio as a browser meets it: two doors for photos, and what it says when something is wrong."""

from __future__ import annotations

import io
import re
import uuid
from pathlib import Path

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import StopUpload
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.factories import garments_of, jpeg, make_guest, make_reference, make_tryon, make_user, person_of
from tests.tryon.studio_form import photo, wishes
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Consent, GatewayFile, Reference, TryOn
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import outfits
from tryon.sandbox.server import Sandbox
from tryon.web.upload_handler import MOST_OF_A_REQUEST, BoundedUploadHandler

# Uploads to the gateway run in threads with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)


FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def house():
    person = make_reference(None, "person", slug="person", label="Person in a grey T-shirt")
    top = make_reference(None, "garment", "navy", slug="breton-top", label="Breton top", category="top")
    dress = make_reference(None, "garment", "red", slug="red-dress", label="Red dress", category="dress")
    return {"person": person, "top": top, "dress": dress}


def test_two_photos_and_a_tick_become_a_tryon(client: Client):
    answer = client.post("/", wishes())
    tryon = TryOn.objects.get()
    assert answer.status_code == 302
    assert answer.url == reverse("tryon", args=[tryon.pk])
    assert [row.role for row in tryon.ordered_inputs()] == ["person", "top"]
    assert tryon.owner.is_guest


def test_a_script_that_sends_the_form_is_told_where_to_go_and_twice_the_same(client: Client, house):
    fields = wishes()
    answers = [
        client.post("/", fields | {"person": photo("tan"), "garment": photo("navy")}, headers=FETCH)
        for _ in "12"
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert {answer["Location"] for answer in answers} == {reverse("tryon", args=[TryOn.objects.get().pk])}
    assert client.post("/", wishes(garment=""), headers=FETCH).status_code == 422


def test_the_shelf_holds_each_garment_once_and_the_folded_places_offer_the_same(client: Client, house):
    make_reference(None, "garment", label="Off", is_on_shelf=False)
    page = client.get("/").text
    assert re.findall(r'data-tile\s+data-worn="(\w+)"', page) == ["top", "dress"]
    assert page.count(f"/references/{house['top'].pk}/thumbnail") == 1
    assert len(re.findall(rf'<option value="{house["top"].pk}">', page)) == 6
    assert "data-search" not in page


@pytest.mark.parametrize(
    ("garment", "words"), [("bottom", "down to the knees"), ("shoes", "down to your feet"), ("top", "")]
)
def test_how_much_of_the_person_the_photo_should_show_is_said_for_the_garment(client: Client, garment, words):
    make_reference(None, "garment", slug="piece", category=garment)
    page = client.get("/?garment=piece").text
    said = re.findall(r'<p class="hint is-said"[^>]*>(.*?)</p>', page)
    assert [words in sentence for sentence in said] == [True] * bool(words)
    assert page.count("data-photo-hint=") == len(outfits.PHOTO_HINTS), "without scripts all of them are tips"


def test_twelve_garments_are_searched(client: Client, house):
    for n in range(10):
        make_reference(None, "garment", label=f"Piece {n}", position=n)
    page = client.get("/").text
    assert 'placeholder="Search 12 garments"' in page


def test_what_its_owner_says_of_a_garment_is_known_the_next_time(client: Client, house):
    owner = make_user()
    client.force_login(owner)
    unsorted, dress = make_reference(owner, "garment"), make_reference(owner, "garment", category="dress")
    for reference in (unsorted, dress, house["dress"]):
        client.post("/", wishes(garment="", garment_reference=str(reference.pk), category="outerwear"))
    assert TryOn.objects.count() == 3
    found = Reference.objects.in_bulk([unsorted.pk, dress.pk, house["dress"].pk])
    assert [found[each.pk].category for each in (unsorted, dress, house["dress"])] == [
        "outerwear",
        "dress",
        "dress",
    ]


def test_both_photos_are_at_the_gateway_before_the_form_is_answered(client: Client, gateway: Sandbox):
    client.post("/", wishes())
    assert GatewayFile.objects.filter(state="live").count() == 2


def test_a_dead_gateway_costs_the_user_nothing(client: Client):
    assert client.post("/", wishes()).status_code == 302
    assert TryOn.objects.get().generations.get().status == "queued"


def test_samples_of_the_shelf_need_no_tick_and_no_photo(client: Client, house):
    chosen = {"person_reference": str(house["person"].pk), "garment_reference": str(house["top"].pk)}
    answer = client.post("/", wishes(person="", garment="", consent="", **chosen))
    assert answer.status_code == 302
    assert person_of(TryOn.objects.get()) == house["person"]


def test_a_garment_of_the_shelf_keeps_its_category(client: Client, house):
    client.post("/", wishes(garment="", garment_reference=str(house["dress"].pk), category="auto"))
    assert garments_of(TryOn.objects.get())[0].role == "dress"


def test_a_file_beats_a_reference(client: Client, house):
    client.post("/", wishes(garment_reference=str(house["dress"].pk)))
    assert garments_of(TryOn.objects.get())[0].reference.owner is not None


def test_a_later_choice_beats_the_photo_that_was_kept(client: Client, house):
    """Without JavaScript the kept photo's hidden field stays, and stands before the shelf."""
    client.post("/", wishes(garment="", garment_reference=[str(house["top"].pk), str(house["dress"].pk)]))
    assert [row.reference for row in garments_of(TryOn.objects.get())] == [house["dress"]]


def test_an_empty_choice_after_a_kept_photo_does_not_lose_it(client: Client, house):
    """The hidden field of an upload stands before the list of the shelf, whose first entry is empty."""
    more = {"garment_reference-2": [str(house["dress"].pk), ""], "category-2": "outerwear"}
    client.post("/", wishes(**more))
    assert len(garments_of(TryOn.objects.get())) == 2


def test_an_outfit_of_several_garments_is_taken_from_numbered_fields(client: Client):
    more = {
        "garment-3": photo("grey"),
        "category-3": "bottom",
        "garment-5": photo("pink"),
        "category-5": "hat",
    }
    client.post("/", wishes(**more))
    assert {row.role for row in garments_of(TryOn.objects.get())} == {"top", "bottom", "hat"}


def test_what_cannot_be_worn_together_is_refused_with_the_reason_and_kept(client: Client):
    answer = client.post("/", wishes(**{"garment-2": photo("grey"), "category-2": "top"}))
    assert answer.status_code == 422
    assert "You chose two tops" in answer.text
    assert answer.text.count("data-kept") == 3
    assert not TryOn.objects.exists()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("person", "Select a photo of the person"), ("garment", "Select a photo of the garment")],
)
def test_a_missing_photo_is_named_and_the_other_one_is_kept(client: Client, missing: str, sentence: str):
    answer = client.post("/", wishes(**{missing: ""}, note="tucked in"))
    assert answer.status_code == 422
    assert "<title>Error: " in answer.text
    assert answer.text.count(f">{sentence}<") == 2  # in the summary and at the card
    kept = Reference.objects.get()
    assert f'name="{kept.kind}_reference" value="{kept.pk}"' in answer.text
    assert "tucked in" in answer.text


def test_the_kept_photo_is_enough_the_second_time(client: Client):
    client.post("/", wishes(garment=""))
    person = Reference.objects.get()
    answer = client.post("/", wishes(person="", person_reference=str(person.pk), consent=""))
    assert answer.status_code == 302
    assert person_of(TryOn.objects.get()) == person


def test_without_consent_no_photo_of_a_person_is_kept(client: Client):
    answer = client.post("/", wishes(consent=""))
    assert ">Tick the box to say that you may use this photo<" in answer.text
    assert not Reference.objects.filter(kind="person").exists()
    assert Reference.objects.filter(kind="garment").exists()


@pytest.mark.parametrize("tick", ["0", "off", "no", "false", "False", " ", "null"])
def test_what_is_no_yes_is_no_tick(client: Client, tick: str):
    assert client.post("/", wishes(consent=tick)).status_code == 422
    fields = {"kind": "person", "file": photo(), "consent": tick}
    assert client.post(reverse("references"), fields).status_code == 422
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ("mode", "Choose one of the ways to ask for a picture"),
        ("category", "Choose one of the kinds of garment"),
    ],
)
@pytest.mark.parametrize("value", ["admin", "\u0130", "TRY_ON top"])
def test_what_no_form_offers_is_refused_in_words(client: Client, field: str, sentence: str, value: str):
    answer = client.post("/", wishes(**{field: value}))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not TryOn.objects.exists()


def test_the_address_of_a_button_says_what_it_is(client: Client):
    for name in ("my_data_download", "references"):
        answer = client.get(reverse(name))
        assert answer.status_code == 405
        assert "This is the address of a button" in answer.text
    assert Client().post(reverse("my_data_download")).status_code == 403


def test_what_was_chosen_is_remembered_for_who_chose_it(client: Client):
    """By the script that restores it after Back: form-history.js."""

    def visitor(browser: Client) -> str:
        return re.search(r'data-visitor="(\w{16})"', browser.get("/").text)[1]

    first = visitor(client)
    assert visitor(client) == first
    client.post("/", wishes())
    assert visitor(client) == first, "the guest that this visitor became"
    assert visitor(Client()) != first
    account = make_user("ana")
    client.force_login(account)
    assert visitor(client) != first


def test_consent_is_stored_with_its_wording(client: Client):
    client.post("/", wishes())
    assert Consent.objects.get().reference.kind == "person"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The selected file is empty"),
        (b"GIF89a" + b"\0" * 500, "The selected file must be a JPEG, PNG, WebP, AVIF or HEIC photo"),
        (jpeg()[:-600], "We could not open this photo. It may be damaged"),
        (jpeg(size=(100, 100)), "The photo must be at least 256 pixels on its short side"),
    ],
)
def test_a_bad_file_is_told_at_its_card_and_the_good_one_stays(client: Client, content: bytes, sentence: str):
    answer = client.post("/", wishes(garment=SimpleUploadedFile("a.jpg", content, "image/jpeg")))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert Reference.objects.get().kind == "person"


def test_photos_of_every_ending_can_be_chosen(client: Client):
    chosen = re.findall(r'accept="([^"]*heic[^"]*)"', client.get("/").text)
    assert chosen
    assert all({".heic", ".heif", ".hif"} < set(kinds.split(",")) for kinds in chosen)


@pytest.mark.parametrize(
    "name",
    [
        "photo." + "j" * 300,
        "p" * 700,
        "猫" * 250 + ".jpg",
        "CON",
        "a:b*?.jpg",
        "../../etc/passwd",
        "%00.jpg",
        "a..",
    ],
    ids=lambda name: name[:12],
)
def test_a_visitors_file_may_have_any_name(client: Client, name: str):
    photo = io.BytesIO(jpeg())
    photo.name = name
    answer = client.post("/references/", {"kind": "garment", "file": photo})
    assert answer.status_code == 201
    assert Reference.objects.get().file.name.endswith(".jpg")
    assert name not in answer.text


def test_a_file_of_more_than_20_mb_is_told_at_its_card(client: Client):
    large = SimpleUploadedFile("a.jpg", jpeg() + b"\0" * (21 * 1024 * 1024), "image/jpeg")
    answer = client.post("/", wishes(garment=large))
    assert answer.status_code == 422
    assert ">The photo must be smaller than 20 MB<" in answer.text
    assert Reference.objects.get().kind == "person"


def test_a_form_sent_twice_is_one_tryon_and_with_other_choices_two(client: Client):
    client.get("/")
    key = uuid.uuid4().hex
    addresses = [client.post("/", wishes(key=key)).url for _ in range(2)]
    other = client.post("/", wishes(key=key, n="2")).url
    assert addresses[0] == addresses[1] != other


def test_the_day_that_is_used_up_says_when_new_pictures_come(client: Client, settings):
    settings.PICTURES_PER_DAY_GUEST = 1
    client.get("/")
    client.post("/", wishes())
    answer = client.post("/", wishes(garment=photo("plum")))
    assert answer.status_code == 422
    assert re.search(r"You have used today(&#x27;|')s 1 picture", answer.text)
    assert "00:00 UTC" in answer.text
    assert "data-kept" in answer.text


def test_an_upload_answers_with_a_card_that_carries_its_reference(client: Client):
    client.get("/")
    answer = client.post(
        "/references/", {"kind": "garment", "file": photo("navy"), "slot": "3", "category": "hat"}
    )
    kept = Reference.objects.get()
    assert answer.status_code == 201
    assert f'name="garment_reference-3" value="{kept.pk}"' in answer.text
    assert kept.category == "hat"


def test_an_upload_is_at_the_gateway_before_it_is_answered(client: Client, gateway: Sandbox):
    client.post("/references/", {"kind": "garment", "file": photo("navy")})
    assert GatewayFile.objects.get().state == "live"


def test_the_upload_door_refuses_a_person_without_consent(client: Client):
    answer = client.post("/references/", {"kind": "person", "file": photo("tan")})
    assert answer.status_code == 422
    assert "Tick the box" in answer.text
    assert not Reference.objects.exists()


def test_the_upload_door_tells_a_bad_file_as_a_fragment(client: Client):
    bad = SimpleUploadedFile("a.jpg", b"nothing of the kind", "image/jpeg")
    answer = client.post("/references/", {"kind": "garment", "file": bad})
    assert answer.status_code == 422
    assert "JPEG, PNG, WebP, AVIF or HEIC" in answer.text
    assert "<html" not in answer.text


def test_a_photo_of_somebody_else_cannot_be_used(client: Client):
    foreign = make_reference(make_guest(), "garment")
    answer = client.post("/", wishes(garment="", garment_reference=str(foreign.pk)))
    assert answer.status_code == 422
    assert not TryOn.objects.exists()


def test_a_shop_can_link_to_a_garment_that_is_then_chosen(client: Client, house):
    answer = client.get("/?garment=red-dress")
    assert f'name="garment_reference" value="{house["dress"].pk}"' in answer.text.split("data-kept")[1]


def test_a_link_to_a_garment_that_is_gone_says_so(client: Client, house):
    said = "This garment is no longer here. Choose another one."
    assert said in client.get("/?garment=unknown").text
    assert said not in client.get("/?garment=red-dress").text
    assert said not in client.get("/").text


@pytest.mark.parametrize(
    ("account", "model", "reason", "is_told"),
    [
        ("", "", "staff", True),
        ("ours", "", "balance", True),
        ("ours", "ours", "staff", True),
        ("another", "", "balance", False),
        ("ours", "another", "retired", False),
        ("ours", "", "unreachable", False),
    ],
)
def test_a_pause_that_needs_a_human_is_told_before_one_sends(
    client: Client, settings, account: str, model: str, reason: str, is_told: bool
):
    account = gateway_client().account if account == "ours" else account
    model = settings.LLMTR_MODEL if model == "ours" else model
    CircuitBreaker.objects.create(account=account, model=model, reason=reason, paused_at=timezone.now())
    assert ("Try-ons are paused just now. You can send yours" in client.get("/").text) is is_told


def test_back_asks_again_for_the_studio(client: Client):
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    client.post("/", wishes())
    assert "no-store" in client.get("/").headers["Cache-Control"], "it shows photos now"


def test_a_missing_tick_and_a_missing_garment_are_both_told(client: Client):
    page = client.post("/", wishes(consent="", garment="")).text
    assert "2 things to put right" in page
    assert ">Tick the box to say that you may use this photo<" in page
    assert ">Select a photo of the garment<" in page


def test_an_earlier_tryon_can_be_changed_and_sent_again(client: Client):
    owner = make_user()
    client.force_login(owner)
    tryon = make_tryon(owner, "done")
    page = client.get(f"/?tryon={tryon.pk}").text
    assert page.count("data-kept") == 2
    assert client.get(f"/?tryon={make_tryon(make_guest()).pk}").text.count("data-kept") == 0


def test_ones_own_photos_are_offered_again_and_nobody_elses(client: Client):
    owner = make_user()
    client.force_login(owner)
    mine, theirs = make_reference(owner), make_reference(make_guest())
    page = client.get("/").text
    assert str(mine.pk) in page
    assert str(theirs.pk) not in page


@pytest.mark.parametrize("size", ["small", "original"])
def test_the_bytes_of_a_photo_are_its_owners_and_the_staffs_alone(client: Client, size: str):
    owner = make_user()
    address = reverse("reference_bytes", args=[make_reference(owner).pk, size])
    assert client.get(address).status_code == 404
    for user, status in (
        (make_user(), 404),
        (owner, 200),
        (make_user(is_staff=True, is_superuser=True), 200),
    ):
        client.force_login(user)
        answer = client.get(address)
        assert answer.status_code == status
        answer.close()


def test_an_unknown_size_of_a_photo_is_not_found(client: Client, house):
    assert client.get(reverse("reference_bytes", args=[house["top"].pk, "huge"])).status_code == 404


def test_the_page_has_no_inline_script_or_style(client: Client, house):
    page = client.get("/").text
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on", page)


def test_pages_of_a_site_without_guests_ask_to_sign_in(client: Client, settings):
    settings.GUESTS = False
    for answer in (
        client.post("/", wishes()),
        client.post("/references/", {"kind": "person"}),
    ):
        assert answer.status_code == 302
        assert answer.url.startswith("/accounts/login/")
    assert not User.objects.exists()


class TestStreaming:
    """What the upload handler keeps while a file arrives in pieces of 1 MB."""

    piece = b"\0" * 1024 * 1024

    @staticmethod
    def begun() -> BoundedUploadHandler:
        request = RequestFactory().post("/")
        request.session = SessionStore()
        handler = BoundedUploadHandler(request)
        handler.new_file("garment", "a.jpg", "image/jpeg", None)
        return handler

    def test_of_a_file_that_is_too_large_nothing_stays_on_disk_but_its_size_is_known(self):
        handler = self.begun()
        for n in range(22):
            handler.receive_data_chunk(self.piece, n * len(self.piece))
        upload = handler.file_complete(22 * len(self.piece))
        assert upload.size == 22 * len(self.piece)
        assert Path(upload.temporary_file_path()).stat().st_size == 0
        upload.close()

    def test_a_request_without_end_is_cut_off(self):
        handler = self.begun()
        handler.total = MOST_OF_A_REQUEST
        with pytest.raises(StopUpload):
            handler.receive_data_chunk(self.piece, 0)
        handler.upload_interrupted()
