"""The models in the admin: what is offered and in which order, and what becomes of a retired one."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gallery.models import AuditEntry
from tests.asking import signed_in
from tests.factories import make_guest, make_tryon, make_user
from tests.live import WITH_KEY
from tests.tryon.making import accepted, only_generation
from tryon.accounts.models import User
from tryon.models import Attempt, Budget, CircuitBreaker, Generation, Offer, Price, TryOn
from tryon.models.states import PauseReason
from tryon.pipeline import model_catalogue, run, submission
from tryon.pipeline.gateway_client import gateway_client

pytestmark = pytest.mark.django_db(transaction=True)

FLASH, OLD, IMAGEN, FAST = (
    "google/gemini-3.1-flash-image",
    "google/gemini-2.5-flash-image",
    "google/imagen-4",
    "google/imagen-4-fast",
)
MODELS, REPLACE = "admin:tryon_offer_changelist", "admin:tryon_offer_replace"
PRICE = 67_000


@pytest.fixture
def ana() -> User:
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def client(ana) -> Client:
    return signed_in(ana)


@pytest.fixture
def owner() -> User:
    return make_user("owner")


def offer(model: str, position: int = 0, offered: bool = True) -> Offer:
    return Offer.objects.create(model=model, label=model, position=position, offered=offered)


def offered() -> list[str]:
    return list(Offer.objects.to_choose(gateway_client().account))


def retire(model: str, replacement: str = FAST) -> CircuitBreaker:
    account = gateway_client().account
    CircuitBreaker.objects.pause(account, model, PauseReason.RETIRED, 600, replacement=replacement)
    return CircuitBreaker.objects.get(account=account, model=model)


def imagined(owner: User, key: str = "one", **changes) -> TryOn:
    usual = {"mode": "imagine", "model": IMAGEN, "size": "", "inputs": (), "note": "a red chair"}
    return accepted(owner, key=key, **(usual | changes))


def waiting(owner: User, key: str = "one", **changes) -> TryOn:
    """Accepted, and put back by the answer that its model was retired."""
    tryon = imagined(owner, key, **changes)
    tryon.generations.update(waiting_for="model", not_before=timezone.now())
    return tryon


def press(client: Client, line: CircuitBreaker) -> str:
    data = {"model": line.model, "successor": line.replacement}
    return client.post(reverse(REPLACE), data, follow=True).text


def reserved() -> list[int]:
    return list(Budget.objects.filter(scope__startswith="site").values_list("reserved", flat=True))


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


# The list -------------------------------------------------------------------------------------------
def test_the_list_says_of_each_model_what_it_takes_costs_and_is(client):
    offer(FLASH)
    offer("recraft/recraft-v4", 1, offered=False)
    offer(IMAGEN, 2)
    offer("openai/gpt-image-2", 3)
    Price.objects.learn(FLASH, "1K", 70_000)
    Price.objects.learn(FLASH, "1K", 67_000)
    Price.objects.learn(FLASH, "512", 45_000)
    Price.objects.learn(IMAGEN, "", 40_000)
    retire(IMAGEN)
    CircuitBreaker.objects.pause(gateway_client().account, "openai/gpt-image-2", PauseReason.FORBIDDEN, 600)

    page = client.get(reverse(MODELS)).text

    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if "field-state" in row]
    assert rows == [
        f"{FLASH} Gemini Try on, Remix, Compose, Imagine 512 $0.045 · 1K $0.067 offered",
        "recraft/recraft-v4 Recraft Imagine not known not offered",
        f"{IMAGEN} Imagen Imagine $0.040 retired, use {FAST}",
        "openai/gpt-image-2 GPT Image Imagine not known closed: The key may not use this model",
    ]


def test_what_is_ticked_in_the_list_is_offered_in_that_order(client):
    rows = [offer(FLASH), offer(IMAGEN, offered=False)]
    form = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 2, "_save": "Save"}
    for n, row in enumerate(rows):
        form |= {f"form-{n}-id": row.pk, f"form-{n}-label": f"No {n}", f"form-{n}-position": 2 - n}
        form |= {f"form-{n}-offered": "on"}

    client.post(reverse(MODELS), form)

    assert offered() == [IMAGEN, FLASH]
    assert Offer.objects.labels() == {FLASH: "No 0", IMAGEN: "No 1"}


def test_each_field_of_the_list_is_named(client):
    offer(FLASH)
    page = client.get(reverse(MODELS)).text
    fields = [tag for tag in re.findall(r"<input[^>]*>", page) if 'name="form-0-' in tag]
    shown = [tag for tag in fields if 'type="hidden"' not in tag]
    assert len(shown) == 3
    assert all(f' of {FLASH}"' in tag for tag in shown)


def test_a_model_is_added_by_its_id_and_read_aloud(client):
    client.post(reverse("admin:tryon_offer_add"), {"model": "xai/grok-new", "position": 3, "offered": "on"})

    assert (Offer.objects.get().label, Offer.objects.get().position) == ("Grok new", 3)


def test_an_id_once_there_is_not_changed_and_not_deleted(client):
    row = offer(FLASH)
    address = reverse("admin:tryon_offer_change", args=[row.pk])

    taken = {"sizes": ["512", "1K", "2K"], "ratios": ["3:4"], "references": 8, "most_pictures": 4}
    client.post(address, {"model": "other", "label": "Flash", "position": 1, **taken})
    row.refresh_from_db()

    assert (row.model, row.label, row.offered) == (FLASH, "Flash", False)
    assert client.post(reverse("admin:tryon_offer_delete", args=[row.pk])).status_code == 403


def test_reading_the_list_brings_models_and_prices(gateway, client):
    offer(FLASH)
    offer("google/no-such", 5)

    page = client.post(reverse("admin:tryon_offer_read"), follow=True).text

    assert "The gateway lists 12 models, 11 of them new." in page
    assert "google/no-such is not in the gateway's list" in unescape(words(page))
    assert Price.objects.of_picture(IMAGEN, "") == 40_000
    assert offered() == [FLASH, "google/no-such"], "what is new is not offered by itself"
    assert "0 of them new" in client.post(reverse("admin:tryon_offer_read"), follow=True).text


def test_a_gateway_that_does_not_answer_is_told(client):
    offer(FLASH)

    page = client.post(reverse("admin:tryon_offer_read"), follow=True).text

    assert "The gateway did not answer; all stays as it was." in page
    assert offered() == [FLASH]


def test_reading_and_replacing_need_a_post_and_the_right(client):
    retire(IMAGEN)
    looker = signed_in(make_user("looker", is_staff=True))
    addresses = [reverse("admin:tryon_offer_read"), reverse(REPLACE)]

    for address in addresses:
        assert client.get(address).status_code == 403
        assert looker.post(address).status_code == 403
    assert not Offer.objects.exists()


# A retired model ------------------------------------------------------------------------------------
def test_the_notice_counts_what_goes_on_and_what_cannot(client, owner):
    offer(IMAGEN)
    offer(FLASH, 1)
    line = retire(FLASH, IMAGEN)
    CircuitBreaker.objects.filter(pk=line.pk).update(paused_at=None)
    imagined(owner, "one", model=FLASH, aspect_ratio="")
    accepted(owner, key="two")
    CircuitBreaker.objects.filter(pk=line.pk).update(paused_at=timezone.now())

    for address in (reverse(MODELS), reverse("admin:tryon_circuitbreaker_changelist")):
        told = words(client.get(address).text)
        assert f"{FLASH} was retired. {IMAGEN} is named in its place." in told
        assert "1 waiting picture goes on with it" in told
        assert "1 waiting picture cannot be made by it, and ends; nothing is charged for it" in told
        assert f"Use {IMAGEN} instead" in told
    assert f'href="{reverse(MODELS)}">Use {IMAGEN} instead' in client.get("/").text


def test_one_click_sends_everybodys_waiting_pictures_to_the_replacement(client, ana, owner):
    offer(FLASH)
    offer(IMAGEN, 4)
    tryons = [waiting(owner), waiting(make_guest())]

    page = press(client, retire(IMAGEN))

    assert f"In place of {IMAGEN} stands {FAST}. Waiting pictures that go on with it: 2." in page
    assert {TryOn.objects.get(pk=tryon.pk).model for tryon in tryons} == {FAST}
    assert {only_generation(tryon) for tryon in tryons} == set(Generation.objects.due())
    assert offered() == [FLASH, FAST]
    entry = AuditEntry.objects.get(action="model_replaced")
    assert (entry.actor, entry.subject, entry.detail) == (
        ana,
        str(Offer.objects.get(model=FAST).pk),
        {"model": IMAGEN, "replacement": FAST},
    )


def test_a_second_click_does_nothing_and_says_so(client, owner):
    offer(IMAGEN)
    line = retire(IMAGEN)
    press(client, line)
    Offer.objects.filter(model=FAST).update(offered=False)  # staff thought otherwise meanwhile

    assert "Nothing to do" in press(client, line)

    assert AuditEntry.objects.filter(action="model_replaced").count() == 1
    assert not Offer.objects.get(model=FAST).offered


def test_after_the_click_nobody_is_told_any_more_and_the_old_model_stays_out(client, owner):
    offer(IMAGEN)
    done = make_tryon(owner, "failed")
    TryOn.objects.filter(pk=done.pk).update(model=IMAGEN, mode="imagine")

    press(client, retire(IMAGEN))

    assert "paused" not in client.get("/").text
    assert "was retired." not in client.get(reverse(MODELS)).text
    Offer.objects.filter(model=IMAGEN).update(offered=True)
    assert IMAGEN not in offered(), "nobody can be sent to a model that is gone"
    with pytest.raises(submission.SubmissionRefused, match="choose another"):
        submission.again(only_generation(TryOn.objects.get(pk=done.pk)))
    assert CircuitBreaker.objects.wait_for(gateway_client().account, IMAGEN), (
        "and no job goes ahead to try it"
    )


def test_what_the_new_model_cannot_make_ends_and_its_money_is_free_again(client, owner):
    offer(IMAGEN)
    offer(FLASH, 1)
    tryon = accepted(owner)
    assert reserved() == [45_000, 45_000]

    page = press(client, retire(FLASH, IMAGEN))

    assert "Ended, since it cannot make them, and nothing charged: 1." in page
    row = only_generation(tryon)
    assert (row.status, row.reason) == ("failed", "retired")
    assert reserved() == [0, 0]


def test_several_pictures_in_one_call_end_where_the_new_model_makes_one(client, owner, settings):
    settings.PICTURES_PER_CALL = 4
    offer("openai/gpt-image-2")
    tryon = imagined(owner, model="openai/gpt-image-2", wanted=4)
    assert only_generation(tryon).count == 4

    page = press(client, retire("openai/gpt-image-2"))

    assert "nothing charged: 4." in page
    assert only_generation(tryon).status == "failed"


@pytest.mark.parametrize("price", [20_000, 40_000, 90_000])
def test_the_money_set_aside_is_that_of_the_new_model(client, owner, price):
    offer(IMAGEN)
    Price.objects.learn(IMAGEN, "", 40_000)
    Price.objects.learn(FAST, "", price)
    tryon = waiting(owner, wanted=3)

    press(client, retire(IMAGEN))

    assert reserved() == [3 * price] * 2
    for row in tryon.generations.all():
        assert row.reserved_micros == price
        row.cancel()
    assert reserved() == [0, 0]


def test_a_cap_is_not_passed_by_a_dearer_model(client, owner, settings):
    settings.SPEND_PER_DAY, settings.SPEND_PER_MONTH = 0.1, 5
    offer(IMAGEN)
    Price.objects.learn(IMAGEN, "", 40_000)
    Price.objects.learn(FAST, "", 60_000)
    first, second = waiting(owner, "one"), waiting(owner, "two")
    line = retire(IMAGEN)

    page = press(client, line)

    assert "go on with it: 1." in page
    assert "Still waiting, since its price leaves no room under a cap: 1." in page
    assert sorted(TryOn.objects.get(pk=t.pk).model for t in (first, second)) == [IMAGEN, FAST]
    assert Budget.objects.get(scope="site day").reserved == 100_000
    settings.SPEND_PER_DAY = 1
    assert "go on with it: 1." in press(client, line), "the button is still there"
    assert reserved() == [120_000, 120_000]


def test_cancelling_just_before_the_click_loses_no_money(owner):
    """The page had read the row before its price changed."""
    offer(IMAGEN)
    Price.objects.learn(IMAGEN, "", 40_000)
    Price.objects.learn(FAST, "", 90_000)
    stale = only_generation(waiting(owner))

    retire(IMAGEN)
    done = model_catalogue.replace_model(IMAGEN, FAST, make_user(is_staff=True))
    assert [message.id for message in done.messages] == [stale.pk], "what goes on is sent at once"
    assert stale.cancel()

    assert reserved() == [0, 0]


def test_two_clicks_at_once_set_the_money_aside_once(owner):
    offer(IMAGEN)
    Price.objects.learn(IMAGEN, "", 40_000)
    row = only_generation(waiting(owner))
    twin = Generation.objects.get(pk=row.pk)

    assert row.reprice(90_000)
    assert not twin.reprice(90_000)

    assert reserved() == [90_000, 90_000]


@pytest.mark.parametrize("status", ["done", "failed", "unknown", "cancelled", "running"])
def test_what_does_not_wait_stays_as_it_is(client, owner, status):
    offer(IMAGEN)
    tryon = make_tryon(owner, status)
    TryOn.objects.filter(pk=tryon.pk).update(model=IMAGEN, mode="imagine")
    before = Generation.objects.filter(tryon=tryon).values().get()

    press(client, retire(IMAGEN))

    assert Generation.objects.filter(tryon=tryon).values().get() == before
    assert TryOn.objects.get(pk=tryon.pk).model == IMAGEN


def test_one_that_was_on_its_way_at_the_click_goes_on_with_the_next_click(client, owner):
    offer(IMAGEN)
    tryon = imagined(owner)
    running = Generation.objects.claim(only_generation(tryon).pk)
    press(client, line := retire(IMAGEN))
    assert running.requeue(timezone.now(), "model")
    retire(IMAGEN)  # as its answer says
    assert "1 waiting picture goes on with it" in words(client.get(reverse(MODELS)).text)

    press(client, line)

    assert only_generation(tryon).tryon.model == FAST


def test_without_a_replacement_there_is_a_notice_and_no_button(client, owner):
    offer(IMAGEN)
    tryon = waiting(owner)
    line = retire(IMAGEN, "")

    told = words(client.get(reverse(MODELS)).text)

    assert f"{IMAGEN} was retired. No model is named in its place: offer another one." in told
    assert "1 picture waits for it" in told
    assert "instead" not in told
    assert "Nothing to do" in press(client, line)
    assert not Offer.objects.filter(model="").exists()
    assert only_generation(tryon).status == "queued"


def test_a_model_that_retires_under_a_call_goes_on_with_the_new_one_after_the_click(gateway, client, owner):
    offer(IMAGEN)
    offer(FLASH, 1)
    httpx.post(f"{gateway.url}/_sandbox/retired", json={"model": IMAGEN, "replacement": FAST})
    tryon = imagined(owner)
    run.run_generation(only_generation(tryon).pk)
    assert only_generation(tryon).waiting_for == "model"
    site = signed_in(owner)
    page = words(site.get(reverse("tryon", args=[tryon.pk])).text)
    assert f"The model {IMAGEN} was retired. The people who run this site were told" in page

    press(client, CircuitBreaker.objects.get(model=IMAGEN))
    run.run_generation(only_generation(tryon).pk)

    assert only_generation(tryon).status == "done"
    made = only_generation(tryon).attempts.order_by("sent_at").last()
    assert (made.model, made.status) == (FAST, Attempt.Status.OK)
    bill = httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["rows"]
    assert [row["model"] for row in bill] == [FAST]
    assert reserved() == [0, 0]
