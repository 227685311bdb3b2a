"""From visitor to account: nothing is lost, nothing is doubled, nothing is anybody else's."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import Image, ShareLink
from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_image, make_reference, make_tryon, make_user, person_of
from tryon.accounts.models import User
from tryon.models import Attempt, Budget, Reference, TryOn, TryOnInput
from tryon.models.attempt import StoredPicture
from tryon.models.money.budget import Amount, counted_in
from tryon.pipeline.guest_merge import merge_guest_into_account

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db


def sign_up(client: Client, email: str = "new@example.com"):
    data = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    return client.post(reverse("account_signup"), data)


def log_in(client: Client, user: User):
    return client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})


# Signing up ---------------------------------------------------------------------------------------
def test_signing_up_turns_the_guest_into_the_account():
    guest = make_guest()
    image = make_image(guest)
    client = visiting(guest)

    assert sign_up(client).status_code == 302

    account = User.objects.get(email="new@example.com")
    assert account.pk == guest.pk
    assert not account.is_guest
    assert not account.username.startswith("guest-")
    assert account.check_password(PASSWORD)
    assert client.get(reverse("image", args=[image.pk])).status_code == 200


def test_the_old_cookie_is_no_way_into_the_account():
    guest = make_guest()
    image = make_image(guest)
    old = visiting(guest)
    sign_up(visiting(guest))

    assert old.get(reverse("image", args=[image.pk])).status_code == 404


def test_after_logging_out_the_browser_is_a_new_visitor():
    guest = make_guest()
    image = make_image(guest)
    client = visiting(guest)
    sign_up(client)
    client.post(reverse("account_logout"))

    assert client.get(reverse("image", args=[image.pk])).status_code == 404
    assert client.get(reverse("gallery")).status_code == 200


def test_somebody_without_pictures_signs_up_as_well():
    assert sign_up(Client()).status_code == 302
    assert User.objects.get(email="new@example.com").is_guest is False


def test_where_no_mail_is_sent_an_address_that_is_taken_leaves_the_guest_a_guest(without_mail):
    make_user("known")
    guest = make_guest()

    sign_up(visiting(guest), "known@example.com")

    guest.refresh_from_db()
    assert guest.is_guest


def test_where_sign_up_is_closed_nobody_signs_up(settings):
    settings.SIGNUP = "closed"

    assert "No new accounts" in Client().get(reverse("account_signup")).content.decode()
    sign_up(Client())
    assert not User.objects.filter(email="new@example.com").exists()
    assert reverse("account_signup") not in Client().get(reverse("account_login")).content.decode()


# Logging in ---------------------------------------------------------------------------------------
def test_what_a_guest_has_made_comes_along_after_the_log_in_if_they_say_so():
    guest, account = make_guest(), make_user("known")
    tryon = make_tryon(guest, "done")
    image = Image.objects.get(owner=guest)
    link, _ = ShareLink.objects.create_link(guest, [image], title="Mine")
    client = visiting(guest)

    asked = log_in(client, account)
    assert asked.url.startswith(reverse("account_join"))
    page = client.get(asked.url).text
    assert "Add the picture you made here to your account?" in page
    assert client.get(reverse("image", args=[image.pk])).status_code == 404, "nothing moves before it is said"
    client.post(asked.url, {"add": "1"})

    for address in (reverse("image", args=[image.pk]), reverse("tryon", args=[tryon.pk])):
        assert client.get(address).status_code == 200
    link.refresh_from_db()
    assert link.owner == account
    assert set(Reference.objects.values_list("owner", flat=True)) == {account.pk}


def test_a_photo_that_both_had_is_kept_once(django_capture_on_commit_callbacks):
    guest, account = make_guest(), make_user("known")
    tryon = make_tryon(guest, "done")
    double = person_of(tryon)
    kept = make_reference(account)
    Reference.objects.filter(pk=kept.pk).update(sha256=double.sha256)

    with django_capture_on_commit_callbacks(execute=True):
        merge_guest_into_account(guest, account)

    assert TryOnInput.objects.get(tryon=tryon, role="person").reference == kept
    assert Reference.objects.owned_by(account).filter(sha256=double.sha256).get() == kept
    assert not double.file.storage.exists(double.file.name)
    assert kept.file.storage.exists(kept.file.name)


def test_what_a_guest_agreed_to_comes_along_with_its_role_and_time():
    guest, account = make_guest(), make_user("known")
    double, kept = (make_reference(owner) for owner in (guest, account))
    Reference.objects.filter(pk=kept.pk).update(sha256=double.sha256)
    double.consent("picture", "words")
    given = timezone.now() - dt.timedelta(days=3)
    double.consents.update(at=given)

    merge_guest_into_account(guest, account)

    assert set(kept.consents.values_list("role", "text_version")) == {
        ("person", "test"),
        ("picture", "words"),
    }
    assert kept.consents.get(role="picture").at == given
    assert not kept.consents.filter(role="person", at=given).exists(), "the account's own was there before"


def test_a_form_sent_as_a_guest_and_again_signed_in_leaves_two_try_ons():
    guest, account = make_guest(), make_user("known")
    for owner in (guest, account):
        tryon = make_tryon(owner)
        TryOn.objects.filter(pk=tryon.pk).update(key="one", body_digest="same")

    merge_guest_into_account(guest, account)

    assert TryOn.objects.owned_by(account).count() == 2


def test_todays_allowance_comes_along():
    guest, account = make_guest(), make_user("known")
    for owner, pictures in ((guest, 2), (account, 3)):
        Budget.objects.reserve(counted_in(owner, timezone.now()), Amount(pictures, 0))

    merge_guest_into_account(guest, account)

    assert Budget.objects.get(scope=f"owner {account.pk} day").reserved == 5
    assert not Budget.objects.filter(scope=f"owner {guest.pk} day").exists()


def test_a_picture_that_arrives_after_the_log_in_is_the_accounts():
    guest, account = make_guest(), make_user("known")
    generation = make_tryon(guest, "running", fence=1).generations.select_related("tryon__owner").get()
    Budget.objects.reserve(counted_in(guest, generation.created_at), generation.reservation)
    Budget.objects.reserve(counted_in(account, timezone.now()), Amount(1, 0))
    assert generation.tryon.owner == guest  # as the worker that is at it has read it
    attempt = Attempt.objects.create(
        generation=generation, fence=1, model="m", prompt="p", prompt_version="1"
    )

    merge_guest_into_account(guest, account)
    generation.finish(attempt, [StoredPicture("images/x.jpg", "image/jpeg", 3, 4, "")], 1)

    assert Image.objects.get(original="images/x.jpg").owner == account
    budget = Budget.objects.get(scope=f"owner {account.pk} day")
    assert (budget.reserved, budget.spent) == (1, 1)


def test_a_cancelled_generation_gives_back_to_whoever_owns_it_now():
    guest, account = make_guest(), make_user("known")
    generation = make_tryon(guest, "queued").generations.select_related("tryon__owner").get()
    Budget.objects.reserve(counted_in(guest, generation.created_at), generation.reservation)

    merge_guest_into_account(guest, account)
    assert generation.cancel()

    assert Budget.objects.get(scope=f"owner {account.pk} day").taken == 0


def test_logging_in_twice_changes_nothing():
    guest, account = make_guest(), make_user("known")
    make_tryon(guest, "done")

    for _ in range(2):
        client = visiting(guest)
        client.post(log_in(client, account).url, {"add": "1"})

    assert Image.objects.owned_by(account).count() == 1


def test_who_says_no_loses_nothing_and_is_asked_again():
    guest, account = make_guest(), make_user("known")
    make_tryon(guest, "done")
    image = Image.objects.get(owner=guest)
    client = visiting(guest)
    onward = reverse("gallery")
    asked = client.post(
        f"{reverse('account_login')}?next={onward}", {"login": account.email, "password": PASSWORD}
    )

    answer = client.post(asked.url, {"add": "0", "next": onward})

    assert answer.url == onward
    assert not Image.objects.owned_by(account).exists()
    assert "Add it to your account" in client.get(reverse("account_settings")).text
    client.post(reverse("account_logout"))
    assert client.get(reverse("image", args=[image.pk])).status_code == 200
    assert log_in(client, account).url.startswith(reverse("account_join"))


def test_who_made_nothing_here_is_asked_nothing():
    account = make_user("known")
    assert log_in(visiting(make_guest()), account).url == "/"
    client = signed_in(account)
    assert client.get(reverse("account_join")).url == "/"


def test_the_question_leads_to_no_other_site():
    guest, account = make_guest(), make_user("known")
    make_tryon(guest, "done")
    client = visiting(guest)
    log_in(client, account)
    answer = client.post(reverse("account_join"), {"add": "0", "next": "https://elsewhere.example/"})
    assert answer.url == "/"


def test_a_wrong_password_moves_nothing():
    guest = make_guest()
    image = make_image(guest)

    answer = visiting(guest).post(
        reverse("account_login"), {"login": make_user("known").email, "password": "wrong"}
    )

    assert 'role="alert"' in answer.content.decode()
    image.refresh_from_db()
    assert image.owner == guest


# The pages ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_inactive",
    ],
)
def test_pages_for_strangers_are_in_the_sites_look(name):
    words = Client().get(reverse(name)).content.decode()

    assert 'class="site-header"' in words
    assert len(re.findall("<h1", words)) == 1
    assert "style=" not in words


@pytest.mark.parametrize("name", ["account_logout", "account_change_password", "account_email"])
def test_pages_of_members_are_in_the_sites_look(name):
    words = signed_in(make_user()).get(reverse(name), follow=True).content.decode()

    assert 'class="site-header"' in words
    assert len(re.findall("<h1", words)) == 1


def test_a_way_by_mail_is_offered_where_mail_is_sent():
    words = Client().get(reverse("account_login")).content.decode()
    assert f'href="{reverse("account_reset_password")}"' in words


def test_where_no_mail_is_sent_the_log_in_says_whom_to_ask(without_mail):
    words = " ".join(Client().get(reverse("account_login")).content.decode().split())
    assert reverse("account_reset_password") not in words
    assert "Ask whoever runs this site." in words


def test_a_guest_reaches_the_log_in():
    """A guest is nobody to the log-in, which else would send them away as signed in."""
    assert visiting(make_guest()).get(reverse("account_login")).status_code == 200
