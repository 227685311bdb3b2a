"""The try-on page: honest states, cheap polling, nothing for strangers."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.core.signing import get_cookie_signer
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import RejectionReason
from tests.factories import garments_of, make_guest, make_reference, make_tryon, make_user, person_of
from tests.tryon.asked import COAT, HOST, LINKED, WORDS, asked_for, link, photo, picture_of
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Generation, Offer, TryOn
from tryon.models.states import PauseReason
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.privacy import deletion
from tryon.presenters.waiting.eta import Crowd, crowd
from tryon.presenters.waiting.polling import CLOSE, MOST, NEAR, next_poll

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner(client: Client) -> User:
    user = make_user()
    client.force_login(user)
    return user


def page_of(client: Client, tryon: TryOn) -> str:
    return client.get(reverse("tryon", args=[tryon.pk])).text


def poll_address(page: str) -> str | None:
    found = re.search(r'id="pulse"[^>]*hx-get="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def finish(generation: Generation, status: str, **fields) -> None:
    changes = {"status": status, "ended_at": timezone.now(), "lease_until": None} | fields
    Generation.objects.filter(pk=generation.pk).update(**changes)


STATES = ["queued", "running", "done", "refused", "failed", "unknown", "cancelled"]


@pytest.mark.parametrize("status", STATES)
def test_each_state_can_be_read_by_machines(client: Client, owner: User, status: str):
    tryon = make_tryon(owner, status)
    page = page_of(client, tryon)
    whole = "working" if status in ("queued", "running") else "finished"
    generation = tryon.generations.get()
    assert re.search(rf'<main[^>]*\sdata-state="{whole}"', page)
    assert f'data-generation="{generation.pk}" data-state="{status}"' in page


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("refused", ["The model made no picture from these photos", "Run again"]),
        ("failed", ["Nothing was charged", "Try again"]),
        ("unknown", ["We lost contact after sending", "may have been charged", "it may cost a second time"]),
        ("cancelled", ["nothing was charged"]),
        ("done", ["AI-generated", "Download", "Try on next", "Again, with a change"]),
        ("queued", ["Photos ready", "In the queue: you are next", "Cancel"]),
        ("running", ["In the queue", "Being made", "Here it is"]),
    ],
)
def test_each_end_says_what_happened_and_what_to_do(
    client: Client, owner: User, status: str, words: list[str]
):
    page = page_of(client, make_tryon(owner, status))
    assert [word for word in words if word not in page] == []


@pytest.mark.parametrize(
    ("waiting_for", "words"),
    [
        ("line", "Try-ons are paused. Your photos are safe"),
        ("service", "Waiting for the service; we try again at"),
        ("model", "The model Gemini 3.1 flash image was retired. The people who run this site were told"),
    ],
)
def test_what_holds_it_up_is_said(client: Client, owner: User, waiting_for: str, words: str):
    tryon = make_tryon(owner, waiting_for=waiting_for, not_before=timezone.now() + dt.timedelta(minutes=5))
    assert words in page_of(client, tryon)


def sent(seconds: float) -> dict[str, dt.datetime]:
    """A call that was sent so long ago."""
    now = timezone.now()
    return {"sent_at": now - dt.timedelta(seconds=seconds), "lease_until": now + dt.timedelta(seconds=90)}


def five_calls_of(seconds: float) -> None:
    for _ in range(5):
        tryon = make_tryon(make_guest(), "done")
        generation = tryon.generations.get()
        finish(generation, "done", sent_at=timezone.now() - dt.timedelta(seconds=seconds))
        generation.attempts.create(fence=1, status="ok", model=tryon.model, prompt="p", prompt_version="v")


@pytest.mark.parametrize(
    ("usual", "seconds", "is_told"), [(None, 50, False), (None, 70, True), (20, 65, False), (20, 75, True)]
)
def test_a_call_that_takes_far_too_long_says_until_when(
    client: Client, owner: User, usual: float | None, seconds: float, is_told: bool
):
    if usual:
        five_calls_of(usual)
    tryon = make_tryon(owner, "running", **sent(seconds))
    lease = tryon.generations.get().lease_until
    page = page_of(client, tryon)
    assert ("This takes longer than usual. If contact is lost, we say so by" in page) is is_told
    assert (f"{lease:%H:%M} UTC" in page) is is_told


def test_asking_brings_the_news_that_it_takes_longer(client: Client, owner: User):
    tryon = make_tryon(owner, "running")
    address = poll_address(page_of(client, tryon))
    assert "longer than usual" not in client.get(address).text
    Generation.objects.filter(tryon=tryon).update(**sent(70))
    assert "longer than usual" in client.get(address).text


@pytest.mark.parametrize(("waiting_for", "is_told"), [("line", False), ("model", False), ("", True)])
def test_a_paused_picture_promises_no_time(client: Client, owner: User, waiting_for: str, is_told: bool):
    five_calls_of(12)
    assert ("usually about 12 s" in page_of(client, make_tryon(owner, waiting_for=waiting_for))) is is_told


def test_the_frame_has_the_shape_of_the_picture_before_it_is_there(client: Client, owner: User):
    tryon = make_tryon(owner, "running")
    TryOn.objects.filter(pk=tryon.pk).update(aspect_ratio="16:9")
    assert 'data-shape="16:9"' in page_of(client, tryon)


def test_the_place_in_the_queue_counts_those_ahead(client: Client, owner: User):
    for _ in range(3):
        make_tryon(make_guest())
    assert "In the queue: 3 ahead" in page_of(client, make_tryon(owner))


def test_a_stranger_finds_no_page_no_state_and_nothing_to_press(client: Client, owner: User):
    foreign = make_tryon(make_guest(), "failed")
    generation = foreign.generations.get()
    answers = [client.get(reverse(name, args=[foreign.pk])) for name in ("tryon", "tryon_status")]
    answers += [
        client.post(reverse(name, args=[pk]))
        for name, pk in (
            ("tryon_delete", foreign.pk),
            ("tryon_cancel", foreign.pk),
            ("generation_again", generation.pk),
        )
    ]
    assert {answer.status_code for answer in answers} == {404}


def test_asking_when_nothing_changed_brings_only_the_next_question(client: Client, owner: User):
    address = poll_address(page_of(client, make_tryon(owner, "running")))
    answer = client.get(address).text
    assert "data-generation" not in answer
    assert poll_address(answer)


def test_asking_when_nothing_changed_costs_a_guest_one_query(client: Client, django_assert_num_queries):
    tryon = make_tryon(make_guest(), "running")
    client.cookies["visitor"] = signed_cookie(tryon.owner)
    address = poll_address(page_of(client, tryon))
    crowd.size()  # counted by one question in two seconds
    with django_assert_num_queries(1):
        assert "hx-get" in client.get(address).text


@pytest.fixture
def question(client: Client) -> str:
    """What a guest's waiting page asks, from a browser that still has that guest's cookie."""
    tryon = make_tryon(make_guest(), "running")
    client.cookies["visitor"] = signed_cookie(tryon.owner)
    address = poll_address(page_of(client, tryon))
    assert client.get(address).status_code == 200
    return address


def test_what_a_guest_waits_for_is_told_to_no_other_guest(client: Client, question: str):
    client.cookies["visitor"] = signed_cookie(make_guest())
    assert client.get(question).status_code == 404


def test_who_is_signed_in_is_no_guest_whatever_cookie_is_left(client: Client, question: str):
    client.force_login(make_user())
    assert client.get(question).status_code == 404


def test_where_guests_are_not_taken_a_visitors_cookie_opens_nothing(client: Client, question: str, settings):
    settings.GUESTS = False
    assert client.get(question).status_code == 404


def test_a_crowd_is_counted_anew_after_two_seconds():
    seconds = iter((100.0, 101.9, 102.1))
    counted = Crowd(lambda: next(seconds))
    sizes = []
    for _ in range(3):
        make_tryon(make_guest(), "running")
        sizes.append(counted.size())
    assert sizes == [1, 1, 3]


def signed_cookie(guest: User) -> str:
    return get_cookie_signer(salt="visitorvisitor").sign(str(guest.visitor))


def test_the_picture_comes_with_the_answer_in_which_it_is_ready_and_asking_ends(client: Client, owner: User):
    tryon = make_tryon(owner, "running")
    address = poll_address(page_of(client, tryon))
    done = make_tryon(owner, "done").generations.get()
    generation = tryon.generations.get()
    finish(generation, "done")
    done.results.update(generation=generation)
    answer = client.get(address).text
    assert f'data-generation="{generation.pk}" data-state="done"' in answer
    assert re.search(r"/gallery/[0-9a-f-]+/original", answer)
    assert 'data-state="finished"' in answer
    assert poll_address(answer) is None


def test_of_several_pictures_only_the_changed_one_is_sent(client: Client, owner: User):
    tryon = make_tryon(owner, "running", count=3)
    address = poll_address(page_of(client, tryon))
    second = tryon.generations.get(number=2)
    finish(second, "refused", reason="no_picture")
    answer = client.get(address).text
    assert re.findall(r'data-generation="([^"]+)"', answer) == [str(second.pk)]
    assert poll_address(answer)


def test_a_generation_that_was_added_elsewhere_reloads_the_page(client: Client, owner: User):
    tryon = make_tryon(owner, "failed")
    address = reverse("tryon_status", args=[tryon.pk]) + "?seen=1.2"
    assert client.get(address).headers["HX-Refresh"] == "true"


def test_without_script_the_page_asks_again_by_itself_until_it_is_finished(client: Client, owner: User):
    assert 'http-equiv="refresh"' in page_of(client, make_tryon(owner, "running"))
    assert 'http-equiv="refresh"' not in page_of(client, make_tryon(owner, "done"))


def test_a_waiting_picture_can_be_cancelled_and_one_that_was_sent_cannot(client: Client, owner: User):
    waiting, sent = (make_tryon(owner, status).generations.get() for status in ("queued", "running"))
    for generation, status in ((waiting, "cancelled"), (sent, "running")):
        client.post(reverse("tryon_cancel", args=[generation.tryon_id]))
        generation.refresh_from_db()
        assert generation.status == status


def test_running_again_twice_makes_one_new_generation(client: Client, owner: User):
    tryon = make_tryon(owner, "failed")
    address = reverse("generation_again", args=[tryon.generations.get().pk])
    for _ in range(2):
        assert client.post(address).status_code == 302
    assert tryon.generations.count() == 2
    assert "It was run again: see picture 2" in page_of(client, tryon)


def test_the_next_garment_keeps_the_person_and_what_goes_with_it(client: Client, owner: User):
    top = make_reference(owner, "garment", category="top")
    tryon = asked_for(owner, "try_on", make_reference(owner), top)
    make_reference(None, "garment", slug="hat", category="hat", label="Straw hat")
    fields = next_fields(page_of(client, tryon), "Straw hat")
    assert fields["person_reference"] == str(person_of(tryon).pk)
    answer = client.post(reverse("studio"), fields)
    after = TryOn.objects.get(pk=answer.url.split("/")[2])
    assert [row.role for row in after.ordered_inputs()] == ["person", "top", "hat"]
    assert (after.size, after.wanted, after.note) == (tryon.size, 1, "")


def next_fields(page: str, name: str) -> dict[str, str]:
    """What a press on this garment posts."""
    form = next(
        form for form in re.findall(r"<form class=\"shelf-group\".*?</form>", page, re.DOTALL) if name in form
    )
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    button = next(tag for tag in re.findall(r"<button.*?</button>", form, re.DOTALL) if name in tag)
    return fields | {"garment_reference": re.search(r'value="([^"]+)"', button)[1]}


@pytest.mark.parametrize(
    ("category", "stay"),
    [
        ("top", ["bottom", "outerwear"]),
        ("bottom", ["top", "outerwear"]),
        ("dress", ["outerwear"]),
        ("hat", ["bottom", "top", "outerwear"]),
        ("auto", []),
    ],
)
def test_of_an_outfit_stays_on_what_goes_with_the_next_garment(client, owner, category, stay):
    outfit = [make_reference(owner, "garment", category=each) for each in ("bottom", "top", "outerwear")]
    tryon = asked_for(owner, "try_on", make_reference(owner), *outfit)
    tryon.inputs.filter(role="outerwear").update(fit="open")
    make_reference(None, "garment", slug="next", category=category, label="The next one")
    answer = client.post(reverse("studio"), next_fields(page_of(client, tryon), "The next one"))
    rows = TryOn.objects.get(pk=answer.url.split("/")[2]).ordered_inputs()
    worn = {row.reference: (row.role, row.fit) for row in rows[1:]}
    kept = {
        each: (each.category, "open" * (each.category == "outerwear"))
        for each in outfit
        if each.category in stay
    }
    assert {each: how for each, how in worn.items() if each.owner} == kept
    assert len(worn) == len(stay) + 1


THREE_PICTURES = "google/gemini-2.5-flash-image"


def test_no_more_stays_on_than_the_model_takes(client: Client, owner: User):
    Offer.objects.create(model=THREE_PICTURES, label="Three pictures", offered=True)
    outfit = [make_reference(owner, "garment", category=each) for each in ("bottom", "top")]
    tryon = asked_for(owner, "try_on", make_reference(owner), *outfit)
    TryOn.objects.filter(pk=tryon.pk).update(model=THREE_PICTURES)
    make_reference(None, "garment", slug="hat", category="hat", label="Straw hat")
    answer = client.post(reverse("studio"), next_fields(page_of(client, tryon), "Straw hat"))
    after = TryOn.objects.get(pk=answer.url.split("/")[2])
    assert after.model == THREE_PICTURES
    assert [row.role for row in after.ordered_inputs()] == ["person", "bottom", "hat"]


def test_a_garment_that_is_on_is_told_and_orders_nothing(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    page = page_of(client, tryon)
    worn = garments_of(tryon)[0].reference_id
    assert re.search(rf'<a class="tile is-worn" data-tile id="try-{worn}" href="#headline"', page)
    assert f'name="garment_reference" value="{worn}"' not in page.split('<section class="next"')[1]


def test_what_is_worn_beside_others_is_taken_off_by_one_press(client: Client, owner: User):
    outfit = [
        make_reference(owner, "garment", category=each, label=each) for each in ("bottom", "top", "hat")
    ]
    tryon = asked_for(owner, "try_on", make_reference(owner), *outfit, wanted=3, note="tucked in")
    tryon.inputs.filter(role="top").update(fit="tucked")
    form = next(
        form
        for form in re.findall(r"<form.*?</form>", page_of(client, tryon), re.DOTALL)
        if "Take off </span>hat" in form
    )
    answer = client.post(reverse("studio"), dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form)))
    after = TryOn.objects.get(pk=answer.url.split("/")[2])
    worn = [(row.reference.label, row.role, row.fit) for row in after.ordered_inputs()[1:]]
    assert worn == [("bottom", "bottom", ""), ("top", "top", "tucked")]
    assert (person_of(after), after.wanted, after.note) == (person_of(tryon), 1, "")


def test_the_only_garment_is_not_taken_off(client: Client, owner: User):
    assert "Take off" not in page_of(client, make_tryon(owner, "done"))


def test_the_price_and_what_is_left_stand_by_the_garments(client: Client, owner: User, settings):
    settings.SANDBOX, settings.PICTURES_PER_DAY_ACCOUNT = False, 10
    page = page_of(client, make_tryon(owner, "done"))
    words = plain(re.search(r'<section class="next".*?</section>', page, re.DOTALL)[0])
    assert re.search(r"About \$0\.\d+ a picture\. 10 of today&#x27;s 10 pictures left\.", words)


def test_a_next_look_that_is_refused_is_said_in_place_and_without_scripts_in_the_studio(client, owner):
    tryon = make_tryon(owner, "done")
    make_reference(None, "garment", slug="hat", category="hat", label="Straw hat")
    fields = next_fields(page_of(client, tryon), "Straw hat")
    deletion.delete_reference(person_of(tryon), owner)
    answer = client.post(reverse("studio"), fields, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert (answer["HX-Retarget"], answer["HX-Push-Url"]) == ("#messages", "false")
    assert 'role="alert"' in answer.text
    assert "One of these photos was deleted" in answer.text
    assert "<html" not in answer.text
    assert "<html" in client.post(reverse("studio"), fields).text
    assert TryOn.objects.count() == 1


def test_a_form_of_the_mirror_that_is_posted_twice_makes_one_look(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    make_reference(None, "garment", slug="hat", category="hat", label="Straw hat")
    fields = next_fields(page_of(client, tryon), "Straw hat")
    assert len({client.post(reverse("studio"), fields).url for _ in range(2)}) == 1


def test_the_strip_shows_this_persons_looks_newest_first(client: Client, owner: User):
    first = make_tryon(owner, "done")
    person = person_of(first)
    later = [asked_for(owner, "try_on", person, make_reference(owner, "garment")) for _ in range(3)]
    foreign = make_tryon(make_user(), "done")
    foreign.inputs.filter(role="person").update(reference=person)
    make_tryon(owner, "done")  # of somebody else
    client.post(reverse("tryon_delete", args=[later[1].pk]))
    failed = asked_for(owner, "try_on", person, make_reference(owner, "garment"), status="failed")
    waits = asked_for(owner, "try_on", person, make_reference(owner, "garment"), status="queued")

    def strip(tryon: TryOn) -> list[str]:
        return re.findall(r'id="look-([0-9a-f-]{36})"', page_of(client, tryon))

    shown = [str(each.pk) for each in (waits, later[2], later[0], first)]
    assert strip(first) == shown
    assert strip(failed) == [shown[0], str(failed.pk), *shown[1:]], "the present one is always there"
    assert re.search(rf'id="look-{first.pk}"[^>]*aria-current="true"', page_of(client, first))


def test_looks_of_one_outfit_are_told_apart_by_their_words_or_by_their_number(client: Client, owner: User):
    first = make_tryon(owner, "done")
    inputs = person_of(first), garments_of(first)[0].reference
    for note in ("sleeves rolled up", "", "open, open", "open, open"):
        asked_for(owner, "try_on", *inputs, note=note)
    asked_for(owner, "try_on", inputs[0], make_reference(owner, "garment", label="Another"))
    strip = re.search(r'<ul class="looks-row".*?</ul>', page_of(client, first), re.DOTALL)[0]
    marks = [re.search(r"tile-mark soft\">(.*?)<", look) for look in strip.split("</li>")[:-1]]
    told = [mark and mark[1] for mark in marks]
    assert told == [None, "5 of 5", "4 of 5", "3 of 5", "“sleeves rolled up”", "1 of 5"]


def test_how_it_was_made_comes_after_all_that_can_be_done(client: Client, owner: User):
    page = page_of(client, make_tryon(owner, "done"))
    assert page.index('id="again"') < page.index("How this was made") < page.index('class="mirror-side"')


def test_the_same_again_keeps_everything_but_the_words(client: Client, owner: User):
    top = make_reference(owner, "garment", category="top")
    tryon = asked_for(owner, "try_on", make_reference(owner), top, note="sleeves rolled up", wanted=3)
    tryon.inputs.filter(role="top").update(fit="tucked")
    form = re.search(r'<details id="again">.*?</details>', page_of(client, tryon), re.DOTALL)[0]
    assert ">sleeves rolled up</textarea>" in form
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer = client.post(reverse("studio"), fields | {"note": "collar open"})
    after = TryOn.objects.get(pk=answer.url.split("/")[2])
    same = ("mode", "model", "size", "aspect_ratio", "wanted")
    assert [getattr(after, name) for name in same] == [getattr(tryon, name) for name in same]
    assert [(row.reference_id, row.role, row.fit) for row in after.ordered_inputs()] == [
        (row.reference_id, row.role, row.fit) for row in tryon.ordered_inputs()
    ]
    assert after.note == "collar open"


@pytest.mark.parametrize(("mode", "photos"), [("remix", 1), ("compose", 3), ("imagine", 0)])
def test_other_ways_of_asking_are_made_again_from_the_same_box(client, owner, mode, photos):
    pictures = [photo(owner) for _ in range(photos)]
    for each in pictures:
        each.consent("picture", "test")
    tryon = asked_for(owner, mode, *pictures)
    form = re.search(r'<details id="again">.*?</details>', page_of(client, tryon), re.DOTALL)[0]
    assert f">{WORDS}</textarea>" in form
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    answer = client.post(reverse("studio"), fields | {"note": "by day"})
    after = TryOn.objects.get(pk=answer.url.split("/")[2])
    assert (after.mode, after.note, after.references.count()) == (mode, "by day", photos)


def test_what_lost_a_photo_is_not_made_again_from_the_box(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    deletion.delete_reference(garments_of(tryon)[0].reference, owner)
    page = page_of(client, tryon)
    assert 'id="again"' not in page
    assert f"/?tryon={tryon.pk}" in page


def test_a_photo_is_deleted_beside_it_and_the_page_stays(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    here = reverse("tryon", args=[tryon.pk])
    person = person_of(tryon)
    page = page_of(client, tryon)
    assert reverse("reference_delete", args=[person.pk]) in page
    assert "Pictures made from it stay." in page
    answer = client.post(reverse("reference_delete", args=[person.pk]), {"next": here}, follow=True)
    assert answer.redirect_chain[-1][0] == here
    undo = re.search(r'action="(/undo/[^"]+)"', answer.text)[1]
    assert client.post(undo).url == here
    assert "the photo was deleted" not in page_of(client, tryon)
    house = make_reference(None, "garment", slug="hat", category="hat")
    other = asked_for(owner, "try_on", make_reference(owner), house)
    assert reverse("reference_delete", args=[house.pk]) not in page_of(client, other)


@pytest.mark.parametrize(
    "there", ["https://elsewhere.example", "//elsewhere.example/x", "javascript:alert(1)"]
)
def test_no_form_leads_off_the_site(client: Client, owner: User, there: str):
    tryon = make_tryon(owner, "done")
    address = reverse("reference_delete", args=[person_of(tryon).pk])
    assert client.post(address, {"next": there}).url == reverse("wardrobe")


def test_the_last_picture_takes_the_try_on_and_leads_to_the_next_look(client: Client, owner: User):
    first, second = make_tryon(owner, "done"), make_tryon(owner, "done")
    second.inputs.filter(role="person").update(reference=person_of(first))

    def delete(tryon: TryOn, **headers: str) -> HttpResponse:
        address = reverse("image_delete", args=[picture_of(tryon).pk])
        return client.post(address, {"next": reverse("tryon", args=[tryon.pk])}, headers=headers)

    assert delete(second).url == reverse("tryon", args=[first.pk])
    assert client.get(reverse("tryon", args=[second.pk])).status_code == 404
    answer = delete(first, **{"HX-Request": "true"})
    assert answer["HX-Redirect"] == f"/?person={person_of(first).pk}"
    undo = re.search(r'action="(/undo/[^"]+)"', client.get("/").text)[1]
    assert client.post(undo).url == reverse("tryon", args=[first.pk])


def test_one_of_two_pictures_leaves_the_page_of_the_other(client: Client, owner: User):
    tryon = make_tryon(owner, "done", count=2)
    here = reverse("tryon", args=[tryon.pk])
    images = [each.results.get().image for each in tryon.generations.order_by("number")]
    assert client.post(reverse("image_delete", args=[images[0].pk]), {"next": here}).url == here
    assert re.findall(r'data-panel="picture"', page_of(client, tryon)) == ['data-panel="picture"']


def test_a_rejected_picture_says_why_and_is_made_again_once(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    image = picture_of(tryon)
    image.reject(make_user("boss", is_staff=True), RejectionReason.LEFTOVER, "the old collar")
    page = page_of(client, tryon)
    assert "Not approved: parts of the old clothes are left." in page
    assert "“the old collar”" in page
    assert "<share-link" not in page
    for _ in range(2):
        assert client.post(reverse("image_mend", args=[image.pk])).url == reverse("tryon", args=[tryon.pk])
    again = tryon.generations.get(number=2)
    assert (again.in_place_of, again.mends, again.count, again.status) == (image, "leftover", 1, "queued")
    page = page_of(client, tryon)
    assert "It was made again: see picture 2" in plain(page)
    assert "Make it again with that fixed" not in page


def test_what_no_other_try_can_mend_is_not_offered(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    image = picture_of(tryon)
    image.reject(owner, RejectionReason.NOT_ALLOWED)
    assert "Make it again with that fixed" not in page_of(client, tryon)
    answer = client.post(reverse("image_mend", args=[image.pk]), follow=True)
    assert "cannot be made again with that fixed" in answer.text
    assert tryon.generations.count() == 1


def test_the_steps_are_told_once_by_the_one_that_is_furthest(client: Client, owner: User):
    tryon = make_tryon(owner, "queued", count=3)
    page = page_of(client, tryon)
    assert page.count('<ol class="steps') == 1
    assert re.search(r'is-now" aria-current="step">\s*<span>In the queue: you are next', page)
    now = timezone.now()
    tryon.generations.filter(number=2).update(status="running", sent_at=now, lease_until=now)
    page = page_of(client, tryon)
    assert re.search(r'is-now" aria-current="step"><span>Being made', page)
    assert "Here they are" in page
    assert "Cancel" in page, "two were not sent yet"


def test_figures_are_folded_beside_each_picture(client: Client, owner: User):
    page = page_of(
        client, asked_for(owner, "try_on", make_reference(owner), make_reference(owner, "garment"))
    )
    folded = re.search(r'<details class="made">.*?</details>', page, re.DOTALL)[0]
    assert "google/the-one-that-made-it" in folded
    assert "Back to the look" not in page


def test_many_looks_and_garments_are_asked_for_as_one_is(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    address = reverse("tryon", args=[tryon.pk])

    def queries() -> int:
        client.get(address)  # what a site asks once
        with CaptureQueriesContext(connection) as asked:
            client.get(address)
        return len(asked)

    make_reference(None, "garment", slug="first")
    alone = queries()
    for n in range(4):
        asked_for(owner, "try_on", person_of(tryon), make_reference(owner, "garment"))
        make_reference(None, "garment", slug=f"hat-{n}", category="hat")
    assert queries() <= alone + 2, "some are asked once in a while"


def test_deleting_it_takes_its_pictures_along(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    assert client.post(reverse("tryon_delete", args=[tryon.pk])).status_code == 302
    assert client.get(reverse("tryon", args=[tryon.pk])).status_code == 404
    assert not owner.images.present().exists()


def test_a_deleted_photo_leaves_a_place_and_no_picture(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    deletion.delete_reference(person_of(tryon), owner)
    page = page_of(client, tryon)
    assert "the photo was deleted" in page
    assert "/?person=" not in page


def test_its_addresses_are_not_stored_by_anybody(client: Client, owner: User):
    answer = client.get(reverse("tryon", args=[make_tryon(owner, "done").pk]))
    assert "no-store" in answer.headers["Cache-Control"]


def test_an_unknown_address_is_not_found(client: Client, owner: User):
    assert client.get(reverse("tryon_status", args=[uuid.uuid4()])).status_code == 404


class TestAsking:
    """How long the page waits before it asks again."""

    @staticmethod
    def after(seconds: float, usual: float | None, crowd: int = 1, **fields) -> int | None:
        now = timezone.now()
        sent = now - dt.timedelta(seconds=seconds)
        generation = Generation(**({"status": "running", "sent_at": sent, "created_at": sent} | fields))
        return next_poll([generation], usual, now, crowd)

    def test_close_together_round_the_expected_end(self):
        assert {self.after(s, 30) for s in (28, 30, 32)} == {CLOSE}
        assert {self.after(s, 30) for s in (25, 35)} == {NEAR}

    def test_sparse_long_before_and_long_after(self):
        assert self.after(5, 30) == 1000
        assert self.after(300, 30) > 2000

    def test_the_first_close_question_falls_on_the_opening_of_that_time(self):
        assert self.after(23.5, 30) == 500

    def test_close_at_first_where_nothing_is_known(self):
        assert self.after(2, None) <= 300
        assert 500 <= self.after(100, None) <= 1000, "within a hundredth of the wait, and not much closer"

    def test_patient_while_the_way_is_closed(self):
        assert self.after(2, 30, status="queued", waiting_for="line", sent_at=None) > 2000

    def test_in_a_crowd_all_pages_together_ask_hardly_more_often(self):
        few, many = (1000 * crowd / self.after(30, 30, crowd) for crowd in (10, 200))
        assert (few, many) == (100, 100), "questions a second when all expect the end now"
        assert self.after(5, 30, 200) == MOST, "but each of them every few seconds"
        assert self.after(23.5, 30, 20) == 500, "and at the opening of the close time"

    def test_never_once_it_has_ended(self):
        assert self.after(2, 30, status="unknown") is None


def test_a_house_person_needs_no_consent_and_is_shown(client: Client, owner: User):
    person = make_reference(None, "person", slug="person", label="Sample")
    assert f'value="{person.pk}"' in client.get("/?person=person").text.split("data-kept")[1]


# Other ways of asking, and pictures by address ----------------------------------------------------------
def plain(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def given(page: str) -> str:
    """What was chosen, without what is said of deleting a photo."""
    section = re.search(r'<section class="given".*?</section>', page, re.DOTALL)[0]
    return re.sub(r'<(form|h2|p class="hint").*?</(form|h2|p)>', "", section, flags=re.DOTALL)


def test_each_garment_is_named_with_how_it_is_worn(client: Client, owner: User):
    tops = [make_reference(owner, "garment", category=kind) for kind in ("top", "auto")]
    tryon = asked_for(owner, "try_on", make_reference(owner), *tops)
    tryon.inputs.filter(role="top").update(fit="tucked")
    assert plain(given(page_of(client, tryon))) == "Person Top, tucked in Garment 1K, 3:4"


@pytest.mark.parametrize(
    ("mode", "photos", "labels"),
    [("remix", 1, ["Picture"]), ("compose", 3, ["Picture 1", "Picture 2", "Picture 3"]), ("imagine", 0, [])],
)
def test_what_was_given_is_shown_with_the_words(client, owner, mode, photos, labels):
    tryon = asked_for(owner, mode, *(photo(owner) for _ in range(photos)))
    shown = given(page_of(client, tryon))
    alts = [f"{label.replace('Picture', 'Photo')} to work from" for label in labels]
    assert re.findall(r'alt="([^"]+)"', shown) == alts
    assert plain(shown) == " ".join([*labels, WORDS, "1K, 3:4"])


@pytest.mark.parametrize("mode", ["remix", "compose", "imagine"])
def test_nobody_is_said_to_wear_what_is_no_try_on(client, owner, mode):
    page = page_of(client, asked_for(owner, mode, *(photo(owner) for _ in range(2 * (mode != "imagine")))))
    assert "Again, with a change" in page
    for phrase in ("Try on next", "A look, not a fit.</p>", "garment on", "the person"):
        assert phrase not in page
    assert re.search(rf'class="after"[^>]*alt="AI-generated picture: [^"]*“{WORDS}”"', page)


@pytest.mark.parametrize(
    ("mode", "photos", "before"), [("remix", 1, True), ("compose", 2, False), ("imagine", 0, False)]
)
def test_only_what_has_a_before_is_compared_with_it(client, owner, mode, photos, before):
    page = page_of(client, asked_for(owner, mode, *(photo(owner) for _ in range(photos))))
    assert ("<compare-slider" in page) is before
    assert ('class="before"' in page) is before
    assert 'class="after"' in page
    assert 'data-zoom="in"' in page


def test_size_and_shape_left_open_are_not_shown(client: Client, owner: User):
    page = page_of(client, asked_for(owner, "imagine", size="", aspect_ratio=""))
    assert plain(given(page)) == WORDS
    assert 'data-shape="3:4"' in page, "the frame takes the shape of the picture"


@pytest.mark.parametrize("kind", ["person", "garment"])
def test_a_picture_by_address_is_told_and_linked_and_never_loaded(client, owner, kind):
    here = make_reference(owner, "garment" if kind == "person" else "person")
    tryon = asked_for(owner, "try_on", here, link(owner, kind))
    page = page_of(client, tryon)
    address = COAT.replace("&", "&amp;")
    opened = re.search(rf'<a[^>]*href="{re.escape(address)}"[^>]*>', page)[0]
    for safe in ('rel="noopener noreferrer nofollow"', 'referrerpolicy="no-referrer"', 'target="_blank"'):
        assert safe in opened
    assert f'title="{address}"' in opened
    assert LINKED in plain(page)
    assert not [tag for tag in re.findall(r"<(?:img|link|source)[^>]*>", page) if HOST in tag]
    assert ("<compare-slider" in page) is (kind == "garment"), "no comparison with what is not here"


def test_a_linked_picture_that_was_deleted_is_forgotten(client: Client, owner: User):
    tryon = asked_for(owner, "remix", link(owner, "other"))
    deletion.delete_reference(tryon.inputs.get().reference, owner)
    page = page_of(client, tryon)
    assert HOST not in page
    assert "Picture: the photo was deleted" in plain(page)


@pytest.mark.parametrize(
    ("mode", "safe"),
    [
        ("remix", "Your picture is safe"),
        ("compose", "Your pictures are safe"),
        ("imagine", "Your words are safe"),
    ],
)
def test_a_pause_is_told_in_the_words_of_what_was_given(client, owner, mode, safe):
    tryon = asked_for(owner, mode, status="queued")
    Generation.objects.filter(tryon=tryon).update(waiting_for="line")
    assert safe in page_of(client, tryon)
    assert "photos" not in plain(re.search(r"<main.*<details", page_of(client, tryon), re.DOTALL)[0])


def test_what_a_new_model_cannot_make_leads_to_the_choice_of_another(client: Client, owner: User):
    tryon = asked_for(owner, "imagine", status="failed")
    Generation.objects.filter(tryon=tryon).update(reason="retired")
    page = page_of(client, tryon)
    assert "Nothing was charged. Your words are kept." in page
    assert re.search(rf'href="/\?tryon={tryon.pk}">Choose another model', page)
    assert reverse("generation_again", args=[tryon.generations.get().pk]) not in page


def test_running_again_with_a_retired_model_is_refused_in_words(client: Client, owner: User):
    tryon = make_tryon(owner, "failed")
    CircuitBreaker.objects.pause(gateway_client().account, tryon.model, PauseReason.RETIRED, 600)
    answer = client.post(reverse("generation_again", args=[tryon.generations.get().pk]), follow=True)
    assert "choose another" in answer.text
    assert tryon.generations.count() == 1
