"""What a share link promises, S1 to S10 by their numbers, and how other products have failed it."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import secrets
import uuid
import zipfile

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery import renditions
from gallery.models import AuditEntry, Image, RejectionReason, ShareLink
from gallery.models.audit import Action
from tests.asking import body, status
from tests.factories import make_image, make_tryon
from tests.gallery.opening import (
    ENDS,
    ask_in_every_way,
    opened,
    page,
    picture,
    shared,
)
from tryon.models import TryOn

pytestmark = pytest.mark.django_db

RIGHT, WRONG = "apricot jam", "apricot jan"


def give(client: Client, link: ShareLink, password: str = RIGHT, **more) -> int:
    return status(client.post(reverse("shared_unlock", args=[link.pk]), {"password": password}, **more))


def test_s1_a_token_carries_256_bits(owner, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(secrets, "token_urlsafe", lambda n: asked.append(n) or "t" * 43)

    shared(owner)

    assert asked == [32]


def test_s2_only_the_digest_of_the_token_is_kept(owner, owners_client):
    link, token = shared(owner)

    assert link.digest == hashlib.sha256(token.encode()).hexdigest()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            assert token not in str(cursor.fetchall()), table


def test_s3_opening_shows_the_preview_tags_and_moves_on_without_the_token(owner):
    link, token = shared(owner)

    friend = Client()

    answer = friend.get(reverse("share", args=[token]))
    words = answer.text

    assert f'content="http://testserver/s/{token}/preview.jpg"' in words
    assert f'http-equiv="refresh" content="0; url={page(link)}"' in words
    assert f'href="{page(link)}"' in words
    assert friend.cookies["shared"]["httponly"]
    assert status(Client().get(reverse("share_preview", args=[token]))) == 200, "without a cookie, for chats"
    moved_on = friend.get(page(link))
    assert "Copy link to pass on" in moved_on.text
    assert token not in page(link) + moved_on.text + str(friend.cookies)
    assert {each["Referrer-Policy"] for each in (answer, moved_on)} == {"no-referrer"}


@pytest.mark.parametrize("end", ENDS)
def test_s4_what_has_ended_is_gone_everywhere_at_once(owner, end):
    """Page, pictures and preview; GET, HEAD, Range and a browser's cached copy alike."""
    image = make_image(owner, "approved")
    link, token = shared(owner, image, download=True)
    client = opened(token)
    cached = client.get(picture(link, image))
    etag = cached["ETag"]
    body(cached)
    assert ask_in_every_way(client, picture(link, image), etag) == {200, 304}

    end(link, owner)

    for size in ("small", "large", "original"):
        assert ask_in_every_way(client, picture(link, image, size), etag) == {404}
    for address in (page(link), reverse("share", args=[token]), reverse("share_preview", args=[token])):
        assert ask_in_every_way(client, address, etag) == {404}


@pytest.mark.parametrize("by_proxy", [False, True], ids=["by itself", "by a proxy"])
def test_s4_an_undone_decision_takes_every_byte_back_and_leaves_a_page_that_waits(owner, settings, by_proxy):
    settings.MEDIA_ACCEL = "/kept/" if by_proxy else ""
    image = make_image(owner, "approved")
    renditions.make(image)
    link, token = shared(owner, image, download=True)
    client, preview = opened(token), reverse("share_preview", args=[token])
    given = [client.get(each) for each in (picture(link, image), preview)]
    assert {"X-Accel-Redirect" in answer.headers for answer in given} == {by_proxy}
    etags = [answer["ETag"] for answer in given]
    [body(answer) for answer in given]

    image.undo(owner)

    for size in ("small", "large", "original"):
        assert ask_in_every_way(client, picture(link, image, size), etags[0]) == {404}
    assert ask_in_every_way(client, preview, etags[1]) == {404}
    assert ask_in_every_way(client, reverse("shared_zip", args=[link.pk])) == {404}
    assert "X-Accel-Redirect" not in client.get(picture(link, image)).headers
    waits = client.get(page(link)).text
    assert "opens after a check by" in waits
    assert str(image.pk) not in waits
    assert "og:image" not in Client().get(reverse("share", args=[token])).text


DECISIONS = {
    "never": [],
    "approved": ["approved"],
    "rejected": ["rejected"],
    "approved, then undone": ["approved", "undone"],
    "approved, then rejected": ["approved", "rejected"],
    "rejected, then approved": ["rejected", "approved"],
}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("mode", "review", "seen"),
    [
        ("before_sharing", "approved", {"approved", "rejected, then approved"}),
        ("before_sharing", "pending", set()),
        ("before_sharing", "rejected", set()),
        ("after_sharing", "approved", DECISIONS.keys() - {"rejected", "approved, then rejected"}),
        ("after_sharing", "pending", DECISIONS.keys() - {"rejected", "approved, then rejected"}),
        ("after_sharing", "rejected", set()),
    ],
)
def test_s4_what_is_seen_is_what_the_audit_trail_says_whatever_stands_in_the_row(
    owner, settings, mode, review, seen
):
    settings.REVIEW = mode
    images = {told: make_image(owner) for told in DECISIONS}
    link, _ = shared(owner, *images.values())
    for told, image in images.items():
        for action in DECISIONS[told]:
            AuditEntry.objects.record(owner, Action(action), image)
        fields = {"reason": "face"} if review == "rejected" else {}
        when = None if review == "pending" else timezone.now()
        Image.objects.filter(pk=image.pk).update(review=review, reviewed_at=when, **fields)

    assert set(link.shown_images()) == {images[told] for told in seen}
    assert (link.find_state() == "open") is (ShareLink.objects.get().state == "open") is bool(seen)


@pytest.mark.both_databases
def test_s4_the_question_for_what_others_may_see_walks_indexes_alone(owner):
    link, _ = shared(owner, *(make_image(owner, "approved") for _ in range(3)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
        plan = link.shown_images().explain()

    assert "audit_subject" in plan
    for scan in ("SCAN gallery", "Seq Scan"):
        assert scan not in plan, plan


def test_s5_unlocking_one_link_unlocks_no_other(owner):
    one, token = shared(owner, password=RIGHT)
    other, other_token = shared(owner, password=RIGHT)
    client = opened(token)
    assert give(client, one) == 302
    unlocked = client.cookies["unlocked"].value

    client = opened(other_token)
    client.cookies["unlocked"] = unlocked

    assert 'name="password"' in client.get(page(other)).text


@pytest.mark.both_databases
def test_s6_five_wrong_passwords_in_a_quarter_of_an_hour_and_no_more(owner):
    link, token = shared(owner, password=RIGHT)
    client = opened(token)
    begun = timezone.now()

    with time_machine.travel(begun, tick=False):
        assert [give(client, link, WRONG) for _ in range(5)] == [422] * 5
        refused = client.post(reverse("shared_unlock", args=[link.pk]), {"password": RIGHT})
        assert (refused.status_code, refused["Retry-After"]) == (429, "900")
        assert "Try again in 15 minutes" in refused.text
    with time_machine.travel(begun + dt.timedelta(minutes=14, seconds=59), tick=False):
        assert give(client, link) == 429
    with time_machine.travel(begun + dt.timedelta(minutes=15), tick=False):
        assert give(client, link) == 302


def test_s7_missing_revoked_expired_rejected_and_foreign_look_the_same(owner):
    answers = [Client().get(reverse("share", args=["n" * 43]))]
    for end in ENDS:
        link, token = shared(owner)
        client = opened(token)
        end(link, owner)
        answers += [client.get(page(link)), Client().get(reverse("share", args=[token]))]
    foreign, _ = shared(owner)
    answers += [Client().get(page(foreign)), Client().get(reverse("shared", args=[uuid.uuid4()]))]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "This link has ended or was never complete. Ask whoever sent it for a new one." in answers[0].text
    assert len({str(sorted(answer.headers.items())) for answer in answers}) == 1


def test_s8_a_link_ends_after_seven_days_unless_said_otherwise(owner, owners_client):
    link, _ = shared(owner)

    assert dt.timedelta(days=6) < link.expires_at - timezone.now() <= dt.timedelta(days=7)
    longest, token = shared(owner, days=1000)
    assert longest.expires_at - timezone.now() <= dt.timedelta(days=90)
    opened(token).get(page(longest))
    listed = owners_client.get(reverse("links")).text
    for each in (link, longest):
        assert reverse("link_revoke", args=[each.pk]) in listed
    assert "1 view," in listed


def test_s9_nothing_but_the_results_is_told(owner, staff):
    """No e-mail, no name, no photo, no words, no file name, no id of a row that is not public."""
    tryon = make_tryon(owner, "done")
    TryOn.objects.filter(pk=tryon.pk).update(note="a wish of mine")
    image = Image.objects.get(owner=owner)
    image.approve(staff)
    photos = [row.reference for row in tryon.ordered_inputs()]
    names = [str(photo.pk) for photo in photos] + [photo.file.name for photo in photos]
    link, token = shared(owner, image)
    client = opened(token)

    words = "".join(
        client.get(address).content.decode() for address in (reverse("share", args=[token]), page(link))
    )
    answer = client.get(picture(link, image))
    headers = str(answer.headers)
    body(answer)

    secrets_of_it = [owner.email, owner.username, image.original.name, "a wish of mine", str(tryon.pk)]
    for secret in (*secrets_of_it, *names):
        assert secret not in words
        assert secret not in headers


def test_s10_shared_pages_stay_out_of_search_engines_and_referrers(owner):
    image = make_image(owner, "approved")
    link, token = shared(owner, image)
    client = opened(token)
    addresses = (reverse("share", args=[token]), reverse("share_preview", args=[token]), page(link))

    for address in (*addresses, picture(link, image), reverse("share", args=["x" * 43])):
        answer = client.get(address)
        body(answer)
        assert "noindex" in answer["X-Robots-Tag"]
        assert answer["Referrer-Policy"] == "no-referrer"


def test_s10_a_title_is_escaped_wherever_it_stands(owner):
    link, token = shared(owner, title='"><script>alert(1)</script>')
    client = opened(token)

    for address in (reverse("share", args=[token]), page(link)):
        assert "<script>alert" not in client.get(address).content.decode()


# As others have failed it --------------------------------------------------------------------------
def test_no_meta_tag_tells_the_title_or_shows_a_picture_of_a_locked_link(owner):
    _, token = shared(owner, title="Secret party", password=RIGHT)

    told = Client().get(reverse("share", args=[token]))

    assert told.status_code == 200
    assert "Secret party" not in told.text
    assert "og:image" not in told.text
    assert "no-store" in told["Cache-Control"]
    assert status(Client().get(reverse("share_preview", args=[token]))) == 404


TAKEN_BACK = {
    "revoked": lambda link, image: link.revoke(link.owner),
    "rejected": lambda link, image: image.reject(link.owner, RejectionReason.MODESTY),
    "undone": lambda link, image: image.undo(link.owner),
    "a password given": lambda link, image: link.change(link.owner, days=None, password=RIGHT),
}


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_what_is_taken_back_while_a_zip_is_sent_is_not_in_it(owner, how):
    first, second = (make_image(owner, "approved", colour) for colour in ("red", "blue"))
    link, token = shared(owner, first, second, download=True)
    answer = opened(token).get(reverse("shared_zip", args=[link.pk]))

    blocks = [next(answer.streaming_content)]
    TAKEN_BACK[how](link, second)
    blocks += answer.streaming_content

    assert len(zipfile.ZipFile(io.BytesIO(b"".join(blocks))).namelist()) == 1


def test_the_password_of_the_page_guards_the_thumbnail_too(owner):
    link, token = shared(owner, password=RIGHT, download=True)
    client, image = opened(token), link.images.get()
    addresses = [picture(link, image, size) for size in ("small", "large", "original")]
    addresses += [reverse("shared_zip", args=[link.pk]), reverse("share_preview", args=[token])]

    assert {status(client.get(address)) for address in addresses} == {404}
    assert give(client, link) == 302
    assert [status(client.get(address)) for address in addresses[:-1]] == [200] * 4


def test_limits_hold_where_there_is_no_cache(owner, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    link, token = shared(owner, password=RIGHT)

    assert [give(opened(token), link, WRONG) for _ in range(6)] == [422] * 5 + [429]


def test_an_answer_that_a_browser_has_kept_is_no_way_in_after_the_end(owner):
    link, token = shared(owner)
    client, image = opened(token), link.images.get()
    kept = {size: client.get(picture(link, image, size)) for size in ("small", "large")}
    for answer in kept.values():
        assert answer["Cache-Control"] == "private, no-cache", "it is asked for again each time"
        body(answer)

    link.revoke(owner)

    for size, answer in kept.items():
        again = client.get(picture(link, image, size), headers={"If-None-Match": answer["ETag"]})
        assert (status(again), "ETag" in again.headers) == (404, False)
    assert status(client.get(reverse("shared_state", args=[link.pk]))) == 404, "an open page asks"
