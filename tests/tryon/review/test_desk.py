"""The desk: what waits, one after the other, decided on, undone, and made again."""

from __future__ import annotations

import datetime as dt
import uuid

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry, Flag, Image, RejectionReason, Report, ReviewClaim
from gallery.models.queue import refresh_priority
from tests.asking import signed_in, visiting
from tests.factories import garments_of, make_guest, make_image, make_tryon, make_user, person_of
from tests.gallery.opening import shared
from tests.rings import matrix
from tests.tryon.review.deciding import (
    PART,
    decide,
    decide_without_scripts,
    made_picture,
    page_of,
    shown,
)
from tryon.models import Budget, Generation, ImageInput, Offer, Result, Site
from tryon.review.picture import reason_keys
from tryon.review.queue import Place

pytestmark = [pytest.mark.django_db]
DESK = reverse("review")


def test_what_a_viewer_reports_comes_first_with_their_words_until_it_is_answered(owner, client):
    made_picture(owner)
    image = make_image(owner, "approved")
    link, _ = shared(owner, image)
    Report.objects.send(link, image, "sender", Report.Reason.CHILD, "She is twelve")

    page = client.get(DESK)
    assert shown(page) == [str(image.pk)]
    for words in ("Reported: It shows a child", "She is twelve"):
        assert words in page.text
    decide(client, image, "approve")
    assert "She is twelve" not in client.get(page_of(image)).text


# Who comes in ------------------------------------------------------------------------------------
@pytest.mark.parametrize("rights", matrix([("change_image",), ("view_reference",), ()], first=1))
def test_the_desk_is_there_for_reviewers_alone(owner, rights):
    image = made_picture(owner)
    half = make_user(is_staff=True)
    half.user_permissions.set(Permission.objects.filter(codename__in=rights))
    others = [Client(), visiting(make_guest()), signed_in(owner), signed_in(half)]
    for client in others:
        for address in (DESK, page_of(image), page_of(image).replace(str(image.pk), str(uuid.uuid4()))):
            assert client.get(address).status_code == 404
        for address in (page_of(image), reverse("review_claims"), reverse("review_sheet")):
            assert client.post(address, {"decision": "approve"}).status_code == 404
    image.refresh_from_db()
    assert image.review == "pending"
    assert not ReviewClaim.objects.exists()


def test_who_may_decide_and_see_what_went_in_may_do_it_here(owner):
    reviewer = make_user(is_staff=True)
    reviewer.user_permissions.set(Permission.objects.filter(codename__in=["change_image", "view_reference"]))
    image = made_picture(owner)
    assert shown(signed_in(reviewer).get(DESK)) == [str(image.pk)]


def test_reviewers_land_here_after_the_log_in_while_something_waits(owner, ana):
    def landed(**where: str) -> str:
        fields = {"login": "ana", "password": "correct horse battery"}
        return Client().post(reverse("account_login"), fields | where)["Location"]

    assert landed() == "/"
    made_picture(owner)
    assert landed() == DESK
    assert landed(next="/wardrobe/") == "/wardrobe/"


def test_the_navigation_counts_what_waits_for_reviewers_alone(owner, client):
    made_picture(owner)
    badge = '<span class="badge" id="review-badge"><span>1</span>'
    assert badge in client.get("/wardrobe/").text
    assert "review-badge" not in signed_in(owner).get("/wardrobe/").text


def test_whoever_is_no_reviewer_pays_for_no_look_at_the_queue(owner):
    with CaptureQueriesContext(connection) as asked:
        signed_in(owner).get("/privacy/")
    assert not [each for each in asked if "priority" in each["sql"] or "permission" in each["sql"]]


# What is shown -----------------------------------------------------------------------------------
def test_a_picture_stands_beside_what_it_was_made_from_with_its_request(owner, client):
    image = made_picture(owner)
    tryon = Result.objects.get(image=image).generation.tryon
    type(tryon).objects.filter(pk=tryon.pk).update(note="sleeves rolled up")
    page = client.get(DESK).text

    for reference in (person_of(tryon), garments_of(tryon)[0].reference):
        assert reverse("reference_bytes", args=[reference.pk, "small"]) in page
    assert reverse("image_bytes", args=[image.pk, "original"]) in page
    assert "sleeves rolled up" in page
    assert tryon.model in page
    assert "1 to check" in " ".join(page.replace("<strong>", "").replace("</strong>", "").split())


def test_variations_of_one_try_on_are_shown_together_with_what_became_of_them(owner, client, ana):
    tryon = make_tryon(owner, "done", count=3)
    images = [
        row.image for row in Result.objects.filter(generation__tryon=tryon).order_by("generation__number")
    ]
    images[0].approve(ana)
    page = client.get(page_of(images[1])).text
    assert [f"Variation {n}" in page for n in (1, 2, 3)] == [True] * 3
    assert "Variation 1: Approved" in page


def test_a_picture_without_inputs_or_with_deleted_ones_can_be_decided_on(owner, client):
    alone = make_image(owner)
    image = made_picture(owner)
    person = person_of(Result.objects.get(image=image).generation.tryon)
    type(person).objects.filter(pk=person.pk).update(deleted_at=timezone.now(), file="")
    assert "Not made by a try-on" in client.get(page_of(alone)).text
    assert "Deleted by its owner" in client.get(page_of(image)).text


def test_a_picture_costs_the_same_questions_however_many_wait(owner, client):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            client.get(DESK)
        return len(asked)

    first = made_picture(owner)
    client.get(DESK)
    few = questions()
    for _ in range(5):
        made_picture(owner)
    assert questions() == few
    assert shown(client.get(DESK)) == [str(first.pk)]


# Deciding ----------------------------------------------------------------------------------------
def test_a_decision_is_answered_with_what_stands_and_its_audit_row_is_there(owner, client, ana):
    image = made_picture(owner)
    answer = decide(client, image, "approve")
    assert answer.status_code == 200
    assert f'data-kept="{image.pk}" data-review="approved"' in answer.text
    assert (image.review, image.reviewed_by) == ("approved", ana)
    [row] = AuditEntry.objects.of(image)
    assert (row.action, row.actor) == ("approved", ana)


def test_a_rejection_needs_a_reason_and_tells_the_owner_in_words(owner, client):
    image = made_picture(owner)
    answer = decide(client, image, "reject")
    assert answer.status_code == 422
    assert "Choose why it is rejected." in answer.text
    assert image.review == "pending"

    assert decide(client, image, "reject", reason="face", words="Look at the nose").status_code == 200
    assert (image.reason, image.words) == ("face", "Look at the nose")


@pytest.mark.parametrize("fields", [{}, {"decision": "delete"}, {"decision": "approve", "seen": "soon"}])
def test_nonsense_decides_nothing(owner, client, fields):
    image = made_picture(owner)
    assert client.post(page_of(image), fields, **PART).status_code == 422
    image.refresh_from_db()
    assert image.review == "pending"


def test_without_scripts_each_decision_leads_to_the_next_picture(owner, client):
    first, second, third = (made_picture(owner) for _ in range(3))
    answer = decide_without_scripts(client, first, "approve")
    assert answer.redirect_chain[-1][0] == page_of(second)
    assert "Approved" in answer.text
    answer = decide_without_scripts(client, second, "reject", reason="quality")
    assert shown(answer) == [str(third.pk)]
    answer = decide_without_scripts(client, third, "approve")
    assert "All is checked" in answer.text
    answer = decide_without_scripts(client, second, "undo")
    assert shown(answer) == [str(second.pk)]


@pytest.mark.proof
def test_the_last_fifty_decisions_can_be_undone_and_no_other_is_offered(owner, client, ana):
    images = [make_image(owner) for _ in range(52)]
    for image in images:
        image.approve(ana)
    offered = client.get(DESK).text
    lines = [str(image.pk) for image in images if f'data-decided="{image.pk}"' in offered]
    assert lines == [str(image.pk) for image in images[2:]]

    assert decide(client, images[7], "undo").status_code == 200
    assert images[7].review == "pending"
    assert Image.objects.to_check().get() == images[7]


def test_each_reason_has_one_letter_of_its_own():
    letters = [letter for _, letter in reason_keys()]
    assert len(letters) == len(set(letters)) == len(RejectionReason)
    assert "r" not in letters, "the key that opens them presses none"


# Two reviewers -----------------------------------------------------------------------------------
@pytest.mark.both_databases
@pytest.mark.parametrize(("decision", "extra"), [("approve", {}), ("reject", {"reason": "face"})])
def test_the_second_of_two_is_told_who_decided_and_overwrites_nothing(owner, client, ben, decision, extra):
    image = made_picture(owner)
    seen = str(image.standing)
    image.approve(ben) if decision == "reject" else image.reject(ben, RejectionReason.QUALITY)
    stands = image.standing

    answer = decide(client, image, decision, seen, **extra)

    assert answer.status_code == 409
    state = "approved" if decision == "reject" else "rejected"
    assert f"was already {state} by ben@example.com. Your decision was not kept." in answer.text
    assert image.standing == stands
    assert image.reviewed_by == ben
    assert AuditEntry.objects.of(image).count() == 1


def test_the_same_approval_of_two_is_kept_as_the_first_ones(owner, client, ben):
    image = made_picture(owner)
    seen = str(image.standing)
    image.approve(ben)
    assert decide(client, image, "approve", seen).status_code == 409
    assert image.reviewed_by == ben


def test_a_decision_that_was_sent_twice_is_one(owner, client):
    image = made_picture(owner)
    seen = str(image.standing)
    assert [decide(client, image, "approve", seen).status_code for _ in range(2)] == [200, 200]
    assert AuditEntry.objects.of(image).count() == 1


def test_an_undo_takes_back_what_was_seen_and_not_what_another_decided_since(owner, client, ana, ben):
    image = made_picture(owner)
    image.approve(ana)
    seen = str(image.standing)
    image.reject(ben, RejectionReason.MODESTY)
    assert decide(client, image, "undo", seen).status_code == 409
    assert image.review == "rejected"


def test_a_page_that_does_not_say_what_it_has_seen_decides_only_on_what_waits(owner, client, ana, ben):
    image = made_picture(owner)
    image.approve(ben)
    for fields in ({"decision": "reject", "reason": "face"}, {"decision": "undo"}):
        assert client.post(page_of(image), fields, **PART).status_code == 409
    other = made_picture(owner)
    assert client.post(page_of(other), {"decision": "approve"}, **PART).status_code == 200
    assert client.post(page_of(other), {"decision": "undo"}, **PART).status_code == 200
    image.refresh_from_db()
    assert image.review == "approved"


def test_what_was_deleted_meanwhile_is_told_so(owner, client):
    image = made_picture(owner)
    image.wipe()
    answer = decide(client, image, "approve")
    assert answer.status_code == 409
    assert "deleted meanwhile" in answer.text
    assert client.get(page_of(image)).status_code == 404


@pytest.mark.both_databases
def test_what_one_reviewer_has_on_the_screen_the_next_one_is_not_given(owner, client, ben):
    first, second = made_picture(owner), made_picture(owner)
    others = signed_in(ben)
    assert shown(client.get(DESK)) == [str(first.pk)]
    assert shown(others.get(DESK)) == [str(second.pk)]
    assert "ana@example.com is at this one." in others.get(page_of(first)).text
    assert "is at this one" not in client.get(page_of(first)).text

    with time_machine.travel(timezone.now() + dt.timedelta(seconds=61), tick=False):
        assert shown(others.get(DESK)) == [str(first.pk)]


def test_who_keeps_the_page_open_keeps_the_picture_and_who_leaves_gives_it_free(owner, client, ben):
    first, second = made_picture(owner), made_picture(owner)
    client.get(DESK)
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=50), tick=False):
        answer = client.post(
            reverse("review_claims"), {"image": [str(first.pk), "rubbish", str(uuid.uuid4())]}
        )
        assert answer.status_code == 200
        assert "to check" in answer.text
    with time_machine.travel(timezone.now() + dt.timedelta(seconds=100), tick=False):
        assert shown(signed_in(ben).get(DESK)) == [str(second.pk)]
        client.post(reverse("review_claims"), {"left": [str(first.pk)]})
        assert shown(signed_in(ben).get(DESK)) == [str(first.pk)]


def test_where_others_are_at_all_of_them_one_is_shown_with_their_name(owner, client, ben):
    made_picture(owner)
    client.get(DESK)
    assert "ana@example.com is at this one." in signed_in(ben).get(DESK).text


# Moving, filters ---------------------------------------------------------------------------------
def test_next_and_previous_go_through_the_queue_in_its_order(owner, client):
    images = [made_picture(owner) for _ in range(4)]
    shared(owner, images[2])
    order = [images[2], images[0], images[1], images[3]]
    images = [Image.objects.get(pk=image.pk) for image in order]
    places = [str(Place(image.priority, image.created_at, image.pk)) for image in images]
    for here, following in zip(places, images[1:], strict=False):
        answer = client.get(DESK, {"after": here}, **PART)
        assert shown(answer) == [str(following.pk)]
        assert "<html" not in answer.text
    for here, earlier in zip(places[1:], images, strict=False):
        assert shown(client.get(DESK, {"before": here}, **PART)) == [str(earlier.pk)]
    assert client.get(DESK, {"after": places[-1]}, **PART).status_code == 204
    assert client.get(DESK, {"before": places[0]}, **PART).status_code == 204
    assert client.get(DESK, {"after": places[0]})["Location"] == page_of(images[1])
    assert client.get(DESK, {"after": places[-1]})["Location"] == DESK
    assert shown(client.get(DESK, {"after": "rubbish"}, **PART)) == [str(images[0].pk)]


def test_one_goes_on_from_a_place_whose_picture_has_left(owner, client, ana):
    first, second, third = (made_picture(owner) for _ in range(3))
    place = str(Place(second.priority, second.created_at, second.pk))
    second.approve(ana)
    assert shown(client.get(DESK, {"after": place}, **PART)) == [str(third.pk)]
    assert shown(client.get(DESK, {"before": place}, **PART)) == [str(first.pk)]


def test_filters_stand_in_the_address_and_go_along(owner, client, ana):
    plain, flagged, rejected = (made_picture(owner) for _ in range(3))
    Flag.objects.create(image=flagged, kind="twin", measure=0.98)
    refresh_priority(Image.objects.filter(pk=flagged.pk))
    rejected.reject(ana, RejectionReason.FACE)
    tryon = Result.objects.get(image=plain).generation.tryon
    type(tryon).objects.filter(pk=tryon.pk).update(model="other/model")
    Offer.objects.create(model="other/model", label="Other model")
    ImageInput.objects.fill(10)

    for query, expected in {
        "flag=twin": [flagged],
        "flag=any": [flagged],
        "flag=small": [],
        "model=other/model": [plain],
        "category=top": [flagged],
        "category=dress": [],
        f"person={person_of(tryon).pk}": [plain],
        "reason=face": [rejected],
        "reason=quality": [],
        "flag=twin&model=other/model": [],
        "flag=rubbish": [flagged],
    }.items():
        page = client.get(f"{DESK}?{query}")
        assert shown(page) == [str(image.pk) for image in expected], query
    page = client.get(f"{DESK}?flag=twin").text
    assert f'action="{page_of(flagged)}?flag=twin"' in page
    assert "Nothing like that waits" in client.get(f"{DESK}?category=dress").text


def test_rejected_ones_are_walked_from_the_latest_on(owner, client, ana):
    images = [made_picture(owner) for _ in range(3)]
    for image in images:
        image.reject(ana, RejectionReason.FACE)
    query = {"reason": "face"}
    assert shown(client.get(DESK, query)) == [str(images[2].pk)]
    place = str(Place(None, images[2].reviewed_at, images[2].pk))
    assert shown(client.get(DESK, query | {"after": place}, **PART)) == [str(images[1].pk)]
    assert "3 rejected" in client.get(DESK, query).text.replace("<strong>", "").replace("</strong>", "")


def test_where_only_what_is_asked_for_is_checked_the_rest_does_not_wait(owner, client, settings):
    settings.REVIEW_SCOPE = "asked"
    plain, wanted, reported = (made_picture(owner) for _ in range(3))
    shared(owner, wanted)
    Flag.objects.create(image=reported, kind="reported", measure=1)
    refresh_priority(Image.objects.filter(pk=reported.pk))
    assert list(Image.objects.to_check()) == [reported, wanted]
    assert shown(client.get(DESK)) == [str(reported.pk)]
    assert decide(client, plain, "approve").status_code == 200, "whoever opens it may decide"


def test_how_long_it_takes_is_told_from_five_decisions_on(owner, client, ana):
    waiting = [make_image(owner) for _ in range(12)]
    at = timezone.now() - dt.timedelta(hours=1)

    def decided(n: int) -> None:
        image = make_image(owner)
        with time_machine.travel(at + dt.timedelta(seconds=10 * n), tick=False):
            image.approve(ana)

    def told() -> str:
        return " ".join(client.get(DESK).text.split())

    for n in range(4):
        decided(n)
    assert "</strong> to check </p>" in told()
    decided(4)
    assert "<strong>12</strong> to check, about 2 minutes" in told()
    assert len(waiting) == 12


def test_a_picture_of_the_queue_is_found_by_its_index(owner, client):
    if connection.vendor != "sqlite":
        pytest.skip("asked of SQLite's planner")
    image = made_picture(owner)
    place = Place(image.priority, image.created_at, image.pk)
    wanted = {
        "image_priority": Image.objects.to_check().filter(place.beyond(back=False))[:1],
        "image_rejected": Image.objects.rejected_for("face")[:1],
    }
    for index, rows in wanted.items():
        assert index in rows.explain()


# Make it again -----------------------------------------------------------------------------------
@pytest.fixture
def rejected(owner, ana) -> Image:
    image = made_picture(owner)
    image.reject(ana, RejectionReason.FACE)
    return image


def test_a_rejected_one_is_made_again_for_its_owner_and_the_shop_pays(
    rejected, owner, client, ana, settings, gateway
):
    settings.PICTURES_PER_DAY_ACCOUNT = 1
    told = decide(client, made_picture(owner), "reject", reason="detail").text
    assert "Make it again with that fixed" in told
    assert "nothing is charged" in told

    answer = client.post(reverse("review_mend", args=[rejected.pk]), **PART)

    assert answer.status_code == 200
    assert "Asked for again" in answer.text
    made = Generation.objects.get(in_place_of=rejected)
    assert (made.tryon.owner, made.mends) == (owner, "face")
    assert {scope for scope, _ in made.budget_keys} == {"site month", "site day"}
    assert not Budget.objects.filter(scope__startswith="owner ").exists()
    [row] = AuditEntry.objects.of(rejected).filter(action="made_again")
    assert row.actor == ana

    client.post(reverse("review_mend", args=[rejected.pk]), **PART)
    assert Generation.objects.filter(in_place_of=rejected).count() == 1
    assert AuditEntry.objects.of(rejected).filter(action="made_again").count() == 1


def test_its_price_is_told_before_where_pictures_cost(rejected, client, settings):
    settings.SANDBOX = False
    assert "About $0.07, paid by the shop." in client.get(DESK).text


def test_the_caps_of_the_site_hold_for_it(rejected, client, settings, gateway):
    settings.SPEND_PER_DAY = 0.01
    answer = client.post(reverse("review_mend", args=[rejected.pk]), **PART)
    assert answer.status_code == 409
    assert "nothing was made again" in answer.text
    assert not Generation.objects.filter(in_place_of=rejected).exists()
    assert not AuditEntry.objects.of(rejected).filter(action="made_again").exists()


def test_what_another_try_cannot_mend_is_not_made_again(owner, client, ana, gateway):
    image = made_picture(owner)
    image.reject(ana, RejectionReason.NOT_ALLOWED)
    assert "Make it again" not in client.get(DESK).text
    assert client.post(reverse("review_mend", args=[image.pk]), **PART).status_code == 409
    answer = client.post(reverse("review_mend", args=[image.pk]), follow=True)
    assert answer.status_code == 200
    assert Site.objects.current().title in answer.text
