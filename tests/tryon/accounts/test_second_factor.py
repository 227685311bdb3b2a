"""The second step at the log-in: what is closed without it, how it is set up, shown, limited, taken away."""

from __future__ import annotations

import datetime as dt
import re
import time
from io import StringIO

import pytest
import time_machine
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.auth.models import Permission
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from gallery.models import AuditEntry
from tests.asking import signed_in, status
from tests.factories import make_tryon, make_user, person_of
from tests.rings import matrix
from tryon.accounts.models import User
from tryon.accounts.rate_limits import TRIES
from tryon.models import Result, TryOn
from tryon.pipeline.privacy import erasure, export

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
LATER = dt.timedelta(minutes=2)  # when an app shows another code, and the last one opens nothing


@pytest.fixture
def required(settings):
    settings.STAFF_MFA = "required"


@pytest.fixture
def boss() -> User:
    return make_user("boss", is_staff=True, is_superuser=True)


def log_in(user: User, client: Client | None = None) -> Client:
    client = client or Client()
    client.post(reverse("account_login"), {"login": user.username, "password": PASSWORD})
    return client


def give_password_again(client: Client) -> None:
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def code_of(user: User) -> str:
    """What their app shows now."""
    row = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    return shown(get_adapter().decrypt(row.data["secret"]))


def shown(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def set_up_app(client: Client) -> list[str]:
    """As a person does it; the recovery codes."""
    give_password_again(client)
    page = client.get(reverse("mfa_activate_totp")).text
    secret = re.search(r'<code class="secret">(\w+)</code>', page)[1]
    answer = client.post(reverse("mfa_activate_totp"), {"code": shown(secret)}, follow=True)
    return re.findall(r"<li><code>(\d{8})</code></li>", answer.text)


def with_code(client: Client, code: str):
    return client.post(reverse("mfa_authenticate"), {"code": code})


def opens_admin(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


# What a password alone opens of staff -------------------------------------------------------------------
def others() -> TryOn:
    return make_tryon(make_user("owner"), "done")


def of_staff(tryon: TryOn) -> dict[str, str]:
    image = Result.objects.get(generation__tryon=tryon).image
    return {
        "somebody's picture": reverse("image", args=[image.pk]),
        "its bytes": reverse("image_bytes", args=[image.pk, "original"]),
        "somebody's photo": reverse("reference_bytes", args=[person_of(tryon).pk, "original"]),
    }


def test_a_stolen_password_opens_nothing_of_staff(boss, required):
    tryon, thief = others(), log_in(boss)

    assert {what: status(thief.get(address)) for what, address in of_staff(tryon).items()} == dict.fromkeys(
        of_staff(tryon), 404
    )
    for page in matrix_of_admin():
        for ask in (thief.get, thief.post):
            answer = ask(page)
            assert (answer.status_code, answer.get("Location")) == (302, reverse("mfa_index")), page
    assert "checks" not in thief.get(reverse("readyz")).json()
    assert "at risk" not in thief.get("/").text


def matrix_of_admin() -> list[str]:
    names = ("index", "gallery_image_changelist", "tryon_circuitbreaker_switch", "tryon_money_csv")
    return [reverse(f"admin:{name}") for name in names]


@pytest.mark.parametrize("rights", matrix([{"is_superuser": True}, {}], first=1))
def test_where_it_is_not_asked_for_a_password_is_enough(rights, settings):
    settings.STAFF_MFA = "optional"
    staff = make_user("staff", is_staff=True, **rights)
    assert opens_admin(log_in(staff))


def test_a_post_decides_nothing_before_the_second_step(boss, required):
    image = Result.objects.get(generation__tryon=others()).image
    posted = {"action": "approve", "_selected_action": [image.pk], "index": "0"}

    log_in(boss).post(reverse("admin:gallery_image_changelist"), posted)

    image.refresh_from_db()
    assert image.review == "pending"


def test_what_is_held_back_for_a_request_is_written_to_no_row(boss, required):
    client = log_in(boss)
    changed = {"oldpassword": PASSWORD, "password1": "another horse 4", "password2": "another horse 4"}
    give_password_again(client)

    assert client.post(reverse("account_change_password"), changed).status_code == 302
    boss.refresh_from_db()
    assert boss.check_password("another horse 4")
    assert (boss.is_staff, boss.is_superuser) == (True, True)


def test_what_everybody_may_is_not_held_back(boss, required):
    own = make_tryon(boss, "done")
    client = log_in(boss)

    assert client.get(reverse("tryon", args=[own.pk])).status_code == 200
    assert client.get(reverse("account_settings")).status_code == 200


# Setting it up ------------------------------------------------------------------------------------------
def test_staff_are_led_to_setting_it_up_and_go_on_at_once(boss, required):
    client = log_in(boss)
    led_to = client.get(reverse("admin:index"), follow=True)
    assert "Set one up to go on" in led_to.text

    codes = set_up_app(client)

    assert len(set(codes)) == 10
    assert opens_admin(client)
    assert status(client.get(of_staff(others())["its bytes"])) == 200
    again = client.get(reverse("mfa_view_recovery_codes")).text
    assert not [code for code in codes if code in again], "they are shown once"
    assert status(client.get(reverse("mfa_download_recovery_codes"))) == 403


def test_a_session_that_was_opened_by_the_password_alone_is_not_lifted_by_it(boss, required):
    thief = log_in(boss)
    set_up_app(log_in(boss))

    answer = thief.get(reverse("admin:index"))

    assert answer["Location"].startswith(reverse("account_login"))
    assert thief.get(reverse("account_email")).status_code == 302, "it is logged out"


def test_a_wrong_code_sets_nothing_up(boss):
    client = log_in(boss)
    give_password_again(client)
    client.get(reverse("mfa_activate_totp"))

    answer = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert "This code is not right" in answer.text
    assert not Authenticator.objects.exists()


def test_setting_it_up_wants_the_password_once_more(boss):
    answer = log_in(boss).get(reverse("mfa_activate_totp"))
    assert answer["Location"].startswith(reverse("account_reauthenticate"))


def test_a_copy_of_the_rows_gives_nobody_a_code(boss):
    set_up_app(log_in(boss))
    secret = get_adapter().decrypt(Authenticator.objects.get(type="totp").data["secret"])

    kept = "".join(str(each) for each in Authenticator.objects.values_list("data", flat=True))
    assert len(secret) == 32
    assert secret not in kept


def test_under_another_key_no_code_opens(boss, settings):
    codes = set_up_app(log_in(boss))
    settings.SECRET_KEY = "another"
    guesses = [*codes, shown("")]  # of an empty secret everybody knows the code

    for row in Authenticator.objects.filter(user=boss):
        assert not [code for code in guesses if row.wrap().validate_code(code)]


# Logging in ---------------------------------------------------------------------------------------------
def test_the_log_in_asks_for_a_code_and_each_opens_once(boss, required):
    set_up_app(log_in(boss))
    with time_machine.travel(dt.datetime.now(dt.UTC) + LATER, tick=False):
        client, onlooker = log_in(boss), log_in(boss)
        assert client.get(reverse("account_email")).status_code == 302, "the password alone opens nothing"
        code = code_of(boss)
        assert with_code(client, f"{code[:3]} {code[3:]}").status_code == 302
        assert opens_admin(client)

        cache.clear()  # another process knows nothing of this one's
        assert "was used before" in with_code(onlooker, code).text
        assert not opens_admin(onlooker)


def test_a_recovery_code_opens_once(boss, required):
    codes = set_up_app(log_in(boss))
    for is_let_in in (True, False):
        client = log_in(boss)
        with_code(client, codes[0])
        assert opens_admin(client) == is_let_in


def test_codes_cannot_be_guessed(boss):
    set_up_app(log_in(boss))
    User.objects.filter(pk=boss.pk).update(last_login=None)
    thief = log_in(boss, Client(REMOTE_ADDR="192.0.2.7"))

    answers = [with_code(thief, f"{n:06d}").status_code for n in range(TRIES + 1)]

    assert answers == [200] * TRIES + [429]


def test_members_may_have_one_too(settings):
    settings.STAFF_MFA = "required"
    ana = make_user("ana")
    client = log_in(ana)
    assert reverse("mfa_index") in client.get(reverse("account_settings")).text
    set_up_app(client)
    assert "A log-in asks for your app or passkey too" in client.get(reverse("account_settings")).text

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.filter(user=ana).exists(), "the recovery codes go with the last one"


def test_staff_who_remove_theirs_are_staff_no_more_until_the_next(boss, required):
    client = log_in(boss)
    set_up_app(client)
    client.post(reverse("mfa_deactivate_totp"))
    assert not opens_admin(client)


# Lost, and erased ---------------------------------------------------------------------------------------
def remove(by: Client, user: User):
    return by.post(reverse("admin:accounts_user_second_factor", args=[user.pk]))


def test_an_administrator_takes_a_lost_one_away(boss):
    ana = make_user("ana")
    theirs = log_in(ana)
    set_up_app(theirs)
    client = signed_in(boss)
    page = reverse("admin:accounts_user_change", args=[ana.pk])
    assert "Remove the second step" in client.get(page).text

    assert remove(client, ana).status_code == 302

    assert not Authenticator.objects.filter(user=ana).exists()
    assert theirs.get(reverse("account_email")).status_code == 302, "logged out everywhere"
    assert log_in(ana).get(reverse("account_email")).status_code == 200
    entry = AuditEntry.objects.get(action="factor_removed")
    assert (entry.actor, entry.subject) == (boss, str(ana.pk))
    assert "Remove the second step" not in client.get(page).text


def test_who_helps_customers_takes_none_from_staff(boss):
    helper = make_user("helper", is_staff=True)
    helper.user_permissions.add(*Permission.objects.filter(codename__in=["change_user", "view_user"]))
    set_up_app(log_in(boss))

    assert remove(signed_in(helper), boss).status_code == 403
    assert Authenticator.objects.filter(user=boss).exists()


def test_the_operator_helps_the_last_administrator(boss):
    set_up_app(log_in(boss))
    told = StringIO()

    call_command("remove_second_factor", "boss@example.com", stdout=told)

    assert "logs in with the password alone" in told.getvalue()
    assert log_in(boss).get(reverse("account_email")).status_code == 200
    assert AuditEntry.objects.get(action="factor_removed").actor is None
    for nobody in ("boss", "somebody"):
        with pytest.raises(CommandError):
            call_command("remove_second_factor", nobody)


def test_it_goes_with_the_account_and_stands_in_its_copy():
    ana = make_user("ana")
    set_up_app(log_in(ana))
    assert {each["type"] for each in export._told(ana)["account"]["second_factors"]} == {
        "totp",
        "recovery_codes",
    }

    erasure.erase(ana, ana)

    assert not Authenticator.objects.exists()
