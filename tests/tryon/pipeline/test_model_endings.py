"""Models come and go: the first one of a site, what a row says of one, and how another takes its place."""

from __future__ import annotations

import datetime as dt
import re
from html import unescape

import httpx
import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from tests.asking import signed_in
from tests.factories import make_user
from tests.live import WITH_KEY
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.gateway.model_list import parse_model_list
from tryon.models import Budget, Offer, Price, TryOn
from tryon.operations import checks
from tryon.pipeline import model_catalogue, run, submission
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules.model_families import PREFERRED, family

pytestmark = pytest.mark.django_db(transaction=True)

FLASH, BANANA, OLD = PREFERRED
IMAGEN, GROK = "google/imagen-4", "xai/grok-imagine-image"
MODELS, REPLACE = "admin:tryon_offer_changelist", "admin:tryon_offer_replace"


@pytest.fixture
def ana() -> User:
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def client(ana) -> Client:
    return signed_in(ana)


def to_choose() -> list[str]:
    return list(Offer.objects.to_choose(gateway_client().account))


def page_of(client: Client, address: str = "") -> str:
    """What stands on a page of the admin, without its tags."""
    text = re.sub(r"<[^>]+>", " ", client.get(address or reverse(MODELS)).text)
    return " ".join(unescape(text).split())


def replace(client: Client, model: str, successor: str) -> str:
    data = {"model": model, "successor": successor}
    return unescape(client.post(reverse(REPLACE), data, follow=True).text)


def reserved() -> int:
    return Budget.objects.get(scope="site day").reserved


# The first model of a site --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("listed", "taken"),
    [
        ([IMAGEN, OLD, BANANA, FLASH], FLASH),
        ([IMAGEN, OLD, BANANA], BANANA),
        ([IMAGEN, GROK, "google/gemini-4-image"], "google/gemini-4-image"),
        ([IMAGEN], FLASH),  # none can dress a person: the first of the order, and it is said
    ],
)
def test_without_a_setting_the_first_of_the_order_that_is_listed_is_offered(listed, taken):
    assert to_choose() == [FLASH], "the first of the order until the list can be read"
    assert Offer.objects.learn(listed) == taken
    assert to_choose() == [taken]
    assert bool(model_catalogue.endings()) is (taken not in listed)


def test_a_configured_model_is_offered_whatever_the_list_holds(settings):
    settings.LLMTR_MODEL = IMAGEN
    assert Offer.objects.learn([FLASH, BANANA]) == IMAGEN
    assert to_choose() == [IMAGEN]
    [ending] = model_catalogue.endings()
    assert ending.why.startswith(f"{IMAGEN} is not in the gateway's list (since ")
    assert ending.advice == f"{FLASH} could take its place."


def test_later_nothing_is_swapped_and_nothing_offered_by_itself():
    Offer.objects.learn([FLASH, IMAGEN])
    assert Offer.objects.learn([BANANA, IMAGEN]) == ""
    assert to_choose() == [FLASH]
    Offer.objects.update(offered=False)
    assert Offer.objects.learn([FLASH, BANANA]) == ""
    assert to_choose() == []


def test_a_model_that_comes_back_into_the_list_is_missing_no_more():
    Offer.objects.learn([FLASH])
    Offer.objects.learn([IMAGEN])
    assert [each.model for each in model_catalogue.endings()] == [FLASH]
    Offer.objects.learn([FLASH, IMAGEN])
    assert model_catalogue.endings() == []


@pytest.mark.parametrize("answer", [{"data": []}, {"data": "none"}, [{"name": "no id"}]])
def test_an_answer_without_models_is_no_list(answer):
    assert parse_model_list(answer) == []


# What a row says ----------------------------------------------------------------------------------------
def listed(**entry) -> dict:
    [model] = parse_model_list({"data": [{"id": "acme/new-image", **entry}]})
    return model.facts


@pytest.mark.parametrize(
    ("entry", "facts"),
    [
        ({}, {}),
        ({"supportedSizes": ["2k", "1K", "4K"]}, {"sizes": ["1K", "2K"]}),
        ({"supported_aspect_ratios": ["3:4", "21:9"]}, {"ratios": ["3:4"]}),
        ({"maxReferenceImages": 14, "max_n": 1}, {"references": 8, "most_pictures": 1}),
        ({"deprecationDate": "2026-12-20T00:00:00Z"}, {"retires_on": "2026-12-20"}),
        ({"retirement_date": 1_797_724_800}, {"retires_on": "2026-12-20"}),
        ({"replacementModel": BANANA}, {"successor": BANANA}),
        ({"operations": ["IMAGES_GENERATIONS", "IMAGES_EDITS"]}, {"edits": True, "references": 1}),
        # What cannot be read is left to what is known.
        ({"sizes": ["1024x1024"], "aspectRatios": "3:4", "maxN": "many", "maxImages": True}, {}),
        ({"deprecationDate": "soon", "sunset_at": 10**30, "replacement": {"id": BANANA}}, {}),
        ({"maxReferenceImages": -1, "maxN": 0}, {}),
    ],
)
def test_the_list_is_read_leniently(entry, facts):
    assert listed(**entry) == facts


def test_the_list_says_more_than_is_known_and_staff_say_it_last(client):
    row = Offer.objects.create(model="acme/new-image", label="New", offered=True)
    assert row.takes == family("acme/new-image")
    row.listed = {"references": 4, "sizes": ["1K"], "most_pictures": 2}
    row.save()
    address = reverse("admin:tryon_offer_change", args=[row.pk])
    form = {"label": "New", "position": 1, "offered": "on", "ratios": ["3:4"]}

    client.post(address, form | {"sizes": ["1K", "2K"], "references": 4, "most_pictures": 2})

    row.refresh_from_db()
    assert row.corrected == {"sizes": ["1K", "2K"], "ratios": ["3:4"]}, "only what differs is a correction"
    takes = Offer.objects.takes_of("acme/new-image")
    assert (takes.sizes, takes.ratios, takes.references, takes.most_pictures) == (
        ("1K", "2K"),
        ("3:4",),
        4,
        2,
    )
    assert "corrected" in page_of(client)
    client.post(address, form | {"sizes": ["1K"], "ratios": [], "references": 4, "most_pictures": 2})
    row.refresh_from_db()
    assert row.corrected == {}


def test_what_a_row_says_holds_for_form_submission_and_call(gateway, client, ana):
    Offer.objects.create(
        model=FLASH,
        label="Flash",
        offered=True,
        corrected={"sizes": ["1K"], "references": 2, "most_pictures": 1},
    )
    page = client.get("/").text
    assert re.search(r'value="512"[^>]*disabled', page)
    assert not re.search(r'value="1K"[^>]*disabled', page)
    with pytest.raises(submission.SubmissionRefused, match="cannot make the size 512"):
        accepted(ana)
    assert accepted(ana, size="1K").size == "1K"


# One takes another's place --------------------------------------------------------------------------------
def without_flash() -> None:
    """The gateway's list loses the model that this site offers."""
    Offer.objects.learn([FLASH, BANANA, IMAGEN])
    Price.objects.learn(FLASH, "512", 45_000)
    Price.objects.learn(BANANA, "1K", 34_000)
    Price.objects.learn(BANANA, "2K", 101_000)


def test_a_missing_model_is_told_by_check_in_the_admin_and_at_the_start(client, tmp_path, settings, capsys):
    without_flash()
    assert checks.models_can_be_had() == []
    Offer.objects.learn([BANANA, IMAGEN])
    since = date_format(timezone.localdate())
    why = f"{FLASH} is not in the gateway's list (since {since}). {BANANA} could take its place."

    [warning] = checks.models_can_be_had()
    assert f"{warning.msg} {warning.hint}" == f"{why} One click at /admin/tryon/offer/."
    assert why in page_of(client)
    assert why in page_of(client, reverse("admin:index")), "wherever staff are"
    settings.STATIC_ROOT, settings.LLMTR_API_KEY = tmp_path, ""  # the list is not read again
    call_command("prepare")
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"Model: {FLASH}.")
    assert f"Warning: {why} One click at /admin/tryon/offer/." in said


def test_one_click_moves_what_waits_to_the_nearest_size_at_a_price_shown_before(client, ana):
    without_flash()
    tryons = [accepted(ana, key="one"), accepted(ana, key="two", size="2K")]
    Offer.objects.learn([BANANA, IMAGEN])
    told = page_of(client)
    assert "2 waiting pictures go on with it (512 as 1K), for $0.135 in all in place of $0.146." in told
    assert f"{FLASH} 512 $0.045 1K $0.067 2K $0.101 {BANANA} 1K $0.034 2K $0.101" in told

    page = replace(client, FLASH, BANANA)

    assert f"In place of {FLASH} stands {BANANA}. Waiting pictures that go on with it: 2." in page
    moved = [TryOn.objects.get(pk=tryon.pk) for tryon in tryons]
    assert [(tryon.model, tryon.size) for tryon in moved] == [(BANANA, "1K"), (BANANA, "2K")]
    assert reserved() == 34_000 + 101_000
    assert to_choose() == [BANANA]
    assert model_catalogue.endings() == []
    assert "Nothing to do" in replace(client, FLASH, BANANA)


def test_one_click_goes_back_while_the_former_one_is_to_be_had(client, ana):
    without_flash()
    Offer.objects.filter(model=FLASH).update(corrected={"retires_on": timezone.localdate().isoformat()})
    tryon = accepted(ana, size="1K")
    replace(client, FLASH, BANANA)
    told = page_of(client)
    assert f"{BANANA} stands in the place of {FLASH}. 1 waiting picture goes on with it, for $0.067" in told
    assert f"Go back to {FLASH}" in told

    replace(client, BANANA, FLASH)

    assert to_choose() == [FLASH]
    assert only_generation(tryon).tryon.model == FLASH
    assert "Go back" not in page_of(client)
    replace(client, FLASH, BANANA)
    Offer.objects.learn([BANANA])
    assert "Go back" not in page_of(client), "it is not to be had any more"
    assert "Nothing to do" in replace(client, BANANA, FLASH)


@pytest.mark.parametrize(("days", "is_told"), [(31, False), (30, True), (0, True), (-3, True)])
def test_a_retirement_is_told_a_month_ahead_with_a_rehearsal(client, days, is_told):
    without_flash()
    day = timezone.localdate() + dt.timedelta(days=days)
    Offer.objects.filter(model=FLASH).update(listed={"retires_on": day.isoformat(), "successor": OLD})

    told = page_of(client)
    why = f"{FLASH} {'was' if days < 0 else 'is'} to be retired on {date_format(day)}."
    assert (f"{why} {OLD} is named in its place." in told) is is_told
    assert (f'make evaluate ARGS="--model {FLASH} --against {OLD} --spend 2"' in told) is is_told
    assert bool(checks.models_can_be_had()) is is_told
    assert f"to be retired on {date_format(day)}" in told, "its row says so from the beginning"


def test_staff_may_name_the_day_and_the_successor_and_clear_what_the_list_says(client):
    without_flash()
    row = Offer.objects.get(model=FLASH)
    facts = row.takes.facts()
    form = {"label": "Flash", "position": 0, "offered": "on"}
    form |= {name: facts[name] for name in ("sizes", "ratios", "references", "most_pictures")}
    address = reverse("admin:tryon_offer_change", args=[row.pk])

    answer = client.post(address, form | {"retires_on": "soon", "successor": FLASH})
    assert "Write a date as 2026-12-31." in answer.text
    assert "No model takes its own place. Name another one." in answer.text
    answer = client.post(address, form | {"retires_on": "2026-01-31", "successor": "acme/none"})
    assert "There is no such model here. Add it first." in answer.text
    client.post(address, form | {"retires_on": "2026-01-31", "successor": IMAGEN})
    [ending] = model_catalogue.endings()
    assert (ending.successor, ending.is_named) == (IMAGEN, True)

    Offer.objects.filter(pk=row.pk).update(listed={"retires_on": "2026-01-31"})
    client.post(address, form | {"retires_on": "", "successor": ""})
    assert model_catalogue.endings() == []


def test_at_the_gateway_a_model_ends_on_its_day_and_what_waited_is_made_by_the_next_one(gateway, client, ana):
    def told(retires_at: str) -> str:
        life = {"model": FLASH, "retires_at": retires_at, "replacement": BANANA}
        httpx.post(f"{gateway.url}/_sandbox/lifetimes", json=life).raise_for_status()
        assert model_catalogue.sync()
        [ending] = model_catalogue.endings()
        return f"{ending.why} {ending.advice}"

    model_catalogue.sync()
    assert to_choose() == [FLASH]
    day = timezone.localdate() + dt.timedelta(days=20)
    announced = f"{FLASH} is to be retired on {date_format(day)}. {BANANA} is named in its place."
    assert told(day.isoformat()) == announced
    tryon = accepted(ana)
    told("2020-01-01")

    replace(client, FLASH, BANANA)
    run.run_generation(only_generation(tryon).pk)

    assert only_generation(tryon).status == "done"
    [row] = httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["rows"]
    assert row["model"] == BANANA
    assert httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["micros"] == 34_000
    assert only_generation(tryon).results.get().deviation == "", (
        "it has the size that was promised at the click"
    )


@pytest.mark.parametrize("names", ["staff", "the list"])
def test_who_named_a_successor_is_heard_after_the_model_answered_that_it_is_gone(gateway, client, ana, names):
    model_catalogue.sync()
    told = {"corrected" if names == "staff" else "listed": {"successor": OLD}}
    Offer.objects.filter(model=FLASH).update(**told)
    httpx.post(f"{gateway.url}/_sandbox/lifetimes", json={"model": FLASH, "retires_at": "2020-01-01"})
    run.run_generation(only_generation(accepted(ana)).pk)

    [ending] = model_catalogue.endings()

    assert ending.why == f"{FLASH} was retired."
    assert (ending.successor, ending.is_named) == (OLD, True)
    assert f"retired, use {OLD}" in page_of(client), "its row says the same as the notice"


def test_a_model_that_comes_back_after_it_was_replaced_is_to_be_had_again(gateway, client, ana):
    model_catalogue.sync()
    tryon = accepted(ana)
    httpx.post(f"{gateway.url}/_sandbox/lifetimes", json={"model": FLASH, "retires_at": "2020-01-01"})
    run.run_generation(only_generation(tryon).pk)
    model_catalogue.sync()
    replace(client, FLASH, BANANA)
    assert model_catalogue.ways_back() == []

    httpx.delete(f"{gateway.url}/_sandbox/lifetimes")
    model_catalogue.sync()
    replace(client, BANANA, FLASH)

    assert to_choose() == [FLASH]
    run.run_generation(only_generation(tryon).pk)
    assert only_generation(tryon).status == "done"


def test_what_ends_with_a_model_of_words_alone_is_said_before(client):
    without_flash()
    Offer.objects.filter(model=FLASH).update(corrected={"retires_on": "2026-01-31", "successor": IMAGEN})
    assert "It cannot do: Try on, Remix, Compose." in page_of(client)


def test_a_later_setting_offers_nothing_and_a_model_that_is_not_listed_may_be_deleted(client, settings):
    Offer.objects.learn([FLASH])
    settings.LLMTR_MODEL = "gemini-3.1"
    Offer.objects.learn([FLASH])
    assert to_choose() == [FLASH]
    assert [each.msg for each in checks.models_can_be_had()] == [
        "LLMTR_MODEL names gemini-3.1, which is not offered"
    ]
    ghost = Offer.objects.create(model="gemini-3.1", label="x", missing_since=timezone.now())
    client.post(reverse("admin:tryon_offer_delete", args=[ghost.pk]), {"post": "yes"})
    assert not Offer.objects.filter(pk=ghost.pk).exists()


def test_a_click_that_no_notice_offers_changes_nothing(client):
    without_flash()
    for model, successor in ((FLASH, BANANA), (FLASH, ""), ("", BANANA), (IMAGEN, "acme/none")):
        assert "Nothing to do" in replace(client, model, successor)
    assert to_choose() == [FLASH]


def test_a_setting_that_is_not_offered_any_more_is_told_by_check(client, settings):
    settings.LLMTR_MODEL = FLASH
    without_flash()
    Offer.objects.learn([BANANA])
    replace(client, FLASH, BANANA)
    [warning] = checks.models_can_be_had()
    assert warning.msg == f"LLMTR_MODEL names {FLASH}, which is not offered"
    assert to_choose() == [BANANA], "the click counts, not the setting of before"
