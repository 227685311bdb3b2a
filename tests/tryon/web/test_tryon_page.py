"""The try-on page: honest states, cheap polling, nothing for strangers."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
from django.core.signing import get_cookie_signer
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.factories import make_guest, make_reference, make_tryon, make_user, person_of
from tests.tryon.asked import COAT, HOST, LINKED, WORDS, asked_for, link, photo
from tryon.accounts.models import User
from tryon.models import CircuitBreaker, Generation, TryOn
from tryon.models.states import PauseReason
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.privacy import deletion
from tryon.presenters.eta import Crowd, crowd
from tryon.presenters.polling import CLOSE, MOST, NEAR, next_poll

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


def test_the_next_garment_keeps_the_person(client: Client, owner: User):
    tryon = make_tryon(owner, "done")
    link = re.search(r'href="(/\?person=[^"]+)"', page_of(client, tryon))[1]
    assert client.get(link).text.count("data-kept") == 1


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
    return re.search(r'<section class="given".*?</section>', page, re.DOTALL)[0]


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
