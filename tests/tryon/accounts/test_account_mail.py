"""What goes by mail: forgotten passwords, addresses and their proof; and a site that sends none."""

from __future__ import annotations

import math
import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse

from tests.asking import signed_in, visiting
from tests.factories import make_guest, make_user
from tests.tryon.accounts.hashing import COUNTING, CountingHasher
from tryon.accounts.models import User
from tryon.models import Site

PASSWORD = "correct horse battery"
ADDRESS = reverse("account_email")
RESET = reverse("account_reset_password")

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> User:
    user = make_user("ana")
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def told() -> list[tuple[str, str]]:
    """To whom mails went, and about what; then they are forgotten."""
    sent = [(message.to[0], message.subject.partition("] ")[2]) for message in mail.outbox]
    mail.outbox.clear()
    return sent


def link_of(message) -> str:
    return re.search(r"http://testserver(/accounts/\S+)", message.body)[1]


def log_in(name: str, password: str = PASSWORD) -> int:
    return Client().post(reverse("account_login"), {"login": name, "password": password}).status_code


def sign_up(email: str, client: Client | None = None):
    fields = {"email": email, "password1": PASSWORD, "password2": PASSWORD}
    return (client or Client()).post(reverse("account_signup"), fields)


def change(browser: Client, email: str, password: str = PASSWORD):
    """The whole way: the form, the password that is asked for, and back."""
    asked = browser.post(ADDRESS, {"action_add": "", "email": email}, follow=True)
    if "Confirm that it is you" not in asked.content.decode():
        return asked
    again = {"password": password, "next": ADDRESS}
    return browser.post(reverse("account_reauthenticate"), again, follow=True)


def confirm(message, browser: Client | None = None):
    browser, link = browser or Client(), link_of(message)
    assert "Yes, it is mine" in browser.get(link).content.decode()
    return browser.post(link)


# A forgotten password -----------------------------------------------------------------------------
def test_a_forgotten_password_is_set_anew_by_mail(ana):
    browser = Client()
    browser.post(RESET, {"email": ana.email})
    form = browser.get(link_of(mail.outbox[0]), follow=True)
    assert "Set a new password" in form.content.decode()
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    browser.post(form.request["PATH_INFO"], new)

    assert log_in("ana", "another horse battery") == 302
    assert browser.get(ADDRESS).status_code == 200, "the link signs in too"
    assert told() == [(ana.email, "A new password"), (ana.email, "A new password")]


def test_a_changed_password_is_told(ana):
    new = {
        "oldpassword": PASSWORD,
        "password1": "another horse battery",
        "password2": "another horse battery",
    }
    signed_in(ana).post(reverse("account_change_password"), new)
    assert "http://testserver/accounts/password/reset/" in mail.outbox[0].body
    assert told() == [(ana.email, "A new password")]


def test_a_link_goes_to_the_address_as_it_is_kept(ana):
    User.objects.filter(pk=ana.pk).update(email="kim@example.com")
    EmailAddress.objects.update(email="kim@example.com")
    Client().post(RESET, {"email": "\u212aim@example.com"})  # the Kelvin sign
    assert [to for to, _ in told()] == ["kim@example.com"]


# Who has an account is told to nobody --------------------------------------------------------------
def outside(answer) -> tuple[object, ...]:
    """What a stranger sees of an answer."""
    return answer.status_code, answer.headers.get("Location"), sorted(answer.cookies)


def test_a_forgotten_password_is_answered_the_same_for_everybody(ana):
    known, unknown = (
        Client().post(RESET, {"email": name}, follow=True) for name in (ana.email, "no@example.com")
    )
    assert outside(known) == outside(unknown)
    assert body(known) == body(unknown)
    assert told() == [
        (ana.email, "A new password"),
        ("no@example.com", "There is no account with this address"),
    ]


def body(answer) -> str:
    return re.sub(r'value="[\w-]{64}"', "", answer.content.decode())


@pytest.mark.parametrize("is_proven", [True, False])
@pytest.mark.parametrize("is_guest", [True, False])
def test_a_sign_up_is_answered_the_same_whoever_has_the_address(ana, settings, is_proven, is_guest):
    settings.PASSWORD_HASHERS = COUNTING
    EmailAddress.objects.update(verified=is_proven)
    seen = []
    for email in ("new@example.com", ana.email):
        browser = visiting(make_guest()) if is_guest else Client()
        before = CountingHasher.hashed
        answer = sign_up(email, browser)
        hashed = CountingHasher.hashed - before
        pages = [body(browser.get(path)).replace(email, "") for path in ("/gallery/", "/wardrobe/", ADDRESS)]
        seen.append((outside(answer), hashed, *pages))
    assert seen[0] == seen[1]
    assert seen[0][1] == 1


def test_whoever_has_the_address_is_told_by_mail_and_keeps_it(ana):
    sign_up(ana.email)
    newcomer = User.objects.exclude(pk=ana.pk).get()

    assert newcomer.username in mail.outbox[0].body
    assert told() == [(ana.email, "You have an account already")]
    assert log_in(ana.email) == 302
    assert User.objects.named(ana.email) == ana
    assert User.objects.named(newcomer.username) == newcomer


@pytest.mark.parametrize("has_row", [True, False])
def test_a_strangers_sign_up_takes_an_unproven_address_from_nobody(has_row):
    """Also one that staff made by hand, of which allauth has no row, and by a guest who was there before."""
    guest = make_guest()
    held = make_user("held")
    if has_row:
        EmailAddress.objects.create(user=held, email=held.email)
    sign_up(held.email, visiting(guest))
    signed_in(held).get(ADDRESS)

    assert User.objects.filter(email=held.email).count() == 2
    assert User.objects.named(held.email) == held
    assert told() == [(held.email, "You have an account already")]


def test_a_user_name_that_is_made_up_does_not_tell_who_has_the_bare_one():
    for n in range(2):
        sign_up(f"ana@{n}.example.com")
        made = User.objects.latest("pk").username
        assert re.fullmatch(r"ana-\d{6}", made)
        User.objects.filter(username="ana").exists() or make_user("ana")


def test_a_user_name_that_looks_like_an_address_is_its_owners():
    staff = User.objects.create_user("boss@example.com", "", PASSWORD, is_staff=True)
    sign_up("boss@example.com")
    assert User.objects.named("boss@example.com") == staff


# A new address ------------------------------------------------------------------------------------
def test_an_address_is_changed_after_the_password_and_its_proof_and_the_old_one_is_told(ana):
    browser = signed_in(ana)
    asked = browser.post(ADDRESS, {"action_add": "", "email": "new@example.com"})
    assert asked.headers["Location"].startswith(reverse("account_reauthenticate"))
    assert not EmailAddress.objects.filter(email="new@example.com").exists()

    page = change(browser, "new@example.com").content.decode()
    assert "new@example.com is to be your e-mail." in page
    assert (User.objects.get().email, log_in(ana.email), log_in("new@example.com")) == (ana.email, 302, 200)
    (proof,) = mail.outbox
    assert told() == [("new@example.com", "Please confirm your address")]

    confirm(proof, browser)
    assert User.objects.get().email == "new@example.com"
    assert list(EmailAddress.objects.values_list("email", "verified", "primary")) == [
        ("new@example.com", True, True)
    ]
    assert (log_in(ana.email), log_in("new@example.com")) == (200, 302)
    assert "from ana@example.com to new@example.com" in mail.outbox[0].body
    assert told() == [(ana.email, "A new e-mail address")]


@pytest.mark.parametrize("has_row", [True, False])
def test_an_address_that_was_never_proven_stays_until_the_new_one_is(has_row):
    ana = make_user("ana")
    if has_row:
        EmailAddress.objects.create(user=ana, email=ana.email)
    change(signed_in(ana), "new@example.com")

    assert User.objects.get().email == ana.email
    assert (log_in(ana.email), log_in("new@example.com")) == (302, 200)
    confirm(mail.outbox.pop())
    assert told() == [(ana.email, "A new e-mail address")]


def test_a_wrong_password_changes_nothing(ana):
    change(signed_in(ana), "new@example.com", "wrong")
    assert not EmailAddress.objects.filter(email="new@example.com").exists()
    assert told() == []


@pytest.mark.parametrize("action", ["action_primary", "action_remove"])
@pytest.mark.parametrize("is_proven", [True, False])
def test_no_button_puts_an_unproven_address_into_use_or_leaves_none(ana, action, is_proven):
    EmailAddress.objects.update(verified=is_proven)
    browser = signed_in(ana)
    change(browser, "new@example.com")
    for email in ("new@example.com", ana.email):
        browser.post(ADDRESS, {action: "", "email": email}, follow=True)
        assert User.objects.get().email == ana.email
        assert EmailAddress.objects.get(email=ana.email).primary
        assert User.objects.named("new@example.com") is None


def test_a_change_can_be_taken_back(ana):
    browser = signed_in(ana)
    change(browser, "new@example.com")
    browser.post(ADDRESS, {"action_remove": "", "email": "new@example.com"})
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [ana.email]


def test_a_second_change_takes_the_place_of_the_first(ana):
    browser = signed_in(ana)
    for email in ("one@example.com", "two@example.com"):
        change(browser, email)
    assert set(EmailAddress.objects.values_list("email", flat=True)) == {ana.email, "two@example.com"}


def test_a_change_to_an_address_that_has_an_account_is_told_to_that_one_alone(ana):
    eve = make_user("eve")
    one, other = (change(signed_in(eve), email) for email in (ana.email, "amy@example.com"))
    pages = [body(one).replace(ana.email, ""), body(other).replace("amy@example.com", "")]
    assert pages[0] == pages[1]
    assert told() == [
        (ana.email, "You have an account already"),
        ("amy@example.com", "Please confirm your address"),
    ]
    assert User.objects.named(ana.email) == ana


def test_a_link_for_an_address_that_another_account_has_proven_meanwhile_is_used_up(ana):
    change(signed_in(ana), "new@example.com")
    EmailAddress.objects.create(user=make_user("eve"), email="new@example.com", verified=True, primary=True)

    assert "This link is used up" in Client().get(link_of(mail.outbox[0])).content.decode()
    Client().post(link_of(mail.outbox[0]))
    ana.refresh_from_db()
    assert ana.email == "ana@example.com"


def test_the_proof_of_ones_own_address_is_sent_again():
    ana = make_user("ana")
    browser = signed_in(ana)
    assert "Not confirmed" in browser.get(ADDRESS).content.decode()
    browser.post(ADDRESS, {"action_send": "", "email": ana.email})
    confirm(mail.outbox[0], browser)

    assert EmailAddress.objects.get().verified
    assert "Not confirmed" not in browser.get(ADDRESS).content.decode()


# A site that sends no mail ----------------------------------------------------------------------------
BY_MAIL = {
    "account_reset_password": [],
    "account_reset_password_done": [],
    "account_reset_password_from_key": ["1", "a-b"],
    "account_reset_password_from_key_done": [],
    "account_confirm_email": ["a:b:c"],
    "account_email_verification_sent": [],
}


@pytest.mark.parametrize("name", BY_MAIL)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_lives_by_mail_is_closed_and_says_whom_to_ask(ana, without_mail, name, method):
    kwargs = {"uidb36": "1", "key": "a-b"} if name == "account_reset_password_from_key" else None
    address = reverse(name, args=None if kwargs else BY_MAIL[name], kwargs=kwargs)
    answer = getattr(Client(), method)(address, {"email": ana.email})

    assert answer.status_code == 404
    assert "This site sends no mail" in answer.content.decode()
    assert "whoever runs this site" in answer.content.decode()
    assert told() == []


def test_the_shops_contact_is_whom_to_ask(without_mail):
    Site.objects.keep(Site(pk=1, contact_email="hello@ana.example"), math.inf)
    assert "mailto:hello@ana.example" in Client().get(RESET).content.decode()


def test_without_mail_an_address_is_changed_at_once_by_the_password_and_told_to_be(ana, without_mail):
    browser = signed_in(ana)
    assert "the new e-mail counts at once" in browser.get(ADDRESS).content.decode()
    change(browser, "new@example.com", "wrong")
    assert User.objects.get().email == ana.email

    change(browser, "new@example.com")
    assert User.objects.get().email == "new@example.com"
    assert list(EmailAddress.objects.values_list("email", "primary")) == [("new@example.com", True)]
    assert (log_in(ana.email), log_in("new@example.com"), told()) == (200, 302, [])


@pytest.mark.parametrize("has_row", [True, False])
def test_without_mail_nobody_takes_the_address_of_another(without_mail, has_row):
    eve, ana = make_user("eve"), make_user("ana")
    if has_row:
        EmailAddress.objects.create(user=ana, email=ana.email, primary=True)
    page = change(signed_in(eve), ana.email).content.decode()

    assert "Another account has this e-mail" in page
    eve.refresh_from_db()
    assert eve.email == "eve@example.com"
    assert User.objects.named(ana.email) == ana


def test_without_mail_sign_up_says_that_an_address_is_taken(ana, without_mail):
    assert "Another account has this e-mail" in sign_up(ana.email).content.decode()
    assert User.objects.count() == 1
