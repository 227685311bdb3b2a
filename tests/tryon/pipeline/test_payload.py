"""What leaves for the gateway: every way of asking, every family, files and addresses, alone and mixed."""

from __future__ import annotations

import io
import os
import re

import httpx
import pytest
from PIL import Image as Pillow

from gallery.models import Image, RejectionReason
from tests.live import WITH_KEY
from tests.tryon.making import accepted, garment, only_generation, person, photo
from tryon.accounts.models import User
from tryon.models import Budget, CircuitBreaker, GatewayFile, Generation, Offer, Price, Reference, Site, TryOn
from tryon.pipeline import model_catalogue, payload, recovery, references, run, submission
from tryon.pipeline.gateway_client import gateway_client
from tryon.pipeline.payload import OutgoingReference
from tryon.pipeline.submission import ChosenReference
from tryon.rules import prompts

pytestmark = pytest.mark.django_db(transaction=True)

FLASH, IMAGEN, GPT, GROK, RECRAFT = (
    "google/gemini-3.1-flash-image",
    "google/imagen-4",
    "openai/gpt-image-2",
    "xai/grok-imagine-image",
    "recraft/recraft-v4",
)
LINE = re.compile(r"Image \d, \w+: ")
COAT, BAG = "https://shop.example.com/coat.jpg", "https://shop.example.com/bag.jpg"


@pytest.fixture(autouse=True)
def _offered(db):
    for place, model in enumerate((FLASH, IMAGEN, GPT, GROK, RECRAFT)):
        Offer.objects.create(model=model, label=model, offered=True, position=place)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ana")


@pytest.fixture
def fault(gateway):
    def order(on: str, kind: str, **options) -> None:
        answer = httpx.post(f"{gateway.url}/_sandbox/faults", json=[{"on": on, "fault": kind, **options}])
        assert answer.is_success, answer.text

    return order


def bill(gateway) -> list[dict]:
    return httpx.get(f"{gateway.url}/_sandbox/bill", headers=WITH_KEY).json()["rows"]


def endpoints(gateway) -> list[str]:
    return [
        row["endpoint"] for row in httpx.get(f"{gateway.url}/_sandbox/calls", headers=WITH_KEY).json()["rows"]
    ]


def picture(owner: User, colour: str) -> ChosenReference:
    row = references.keep(owner, Reference.Kind.OTHER, photo(colour))
    row.consent("picture", "test")
    return ChosenReference(row, "picture")


def link(owner: User, address: str, slot: str) -> ChosenReference:
    kind = Reference.Kind.OTHER if slot == "picture" else Reference.Kind.GARMENT
    row = references.keep_link(owner, kind, address)
    row.consent("picture", "test")
    return ChosenReference(row, slot)


def ran(tryon: TryOn) -> Generation:
    run.run_generation(only_generation(tryon).pk)
    return only_generation(tryon)


def imagined(owner: User, model: str, **changes) -> TryOn:
    free = {"size": "", "note": "a linen shirt", "mode": "imagine", "inputs": ()}
    return accepted(owner, model=model, **(free | changes))


# Fields, order and numbers ------------------------------------------------------------------------------


def sent(owner: User, inputs: tuple[ChosenReference, ...], mode: str = "try_on", note: str = "") -> dict:
    """What would be sent, with the prompt's lines that name an image."""
    tryon = accepted(owner, inputs=inputs, mode=mode, note=note)
    rows = tryon.ordered_inputs()
    copies = references.ready([row.reference for row in rows], in_order=mode == "compose")
    prompt = payload.build_prompt(tryon, rows, copies)
    body = payload.build_request(tryon, Offer.objects.takes_of(tryon.model), prompt.text, copies, 1).payload()
    ids = dict(GatewayFile.objects.values_list("file_id", "reference__sha256"))
    names = {chosen.reference.sha256: n for n, chosen in enumerate(inputs)}
    for field in ("file_id", "file_ids"):
        if field in body:
            found = body[field] if field == "file_ids" else [body[field]]
            body[field] = [names[ids[name]] for name in found]
    return body


def lines(payload: dict) -> list[str]:
    return [line.partition(":")[0] for line in payload["prompt"].splitlines() if LINE.match(line)]


def test_one_file_goes_as_one_and_several_as_several(gateway, owner):
    one = sent(owner, (picture(owner, "red"),), "remix", "make it blue")
    assert one["file_id"] == [0]
    assert not one.keys() & {"file_ids", "image_url", "image_urls"}

    two = sent(owner, (ChosenReference(person(owner), "person"), ChosenReference(garment(owner), "top")))
    assert two["file_ids"] == [0, 1]
    assert not two.keys() & {"file_id", "image_url", "image_urls"}


def test_one_address_goes_as_one_and_several_as_several(gateway, owner):
    one = sent(owner, (link(owner, COAT, "picture"),), "remix", "make it blue")
    assert one["image_url"] == COAT
    assert not one.keys() & {"file_id", "file_ids", "image_urls"}

    two = sent(owner, (link(owner, COAT, "picture"), link(owner, BAG, "picture")), "compose", "side by side")
    assert two["image_urls"] == [COAT, BAG]
    assert "file_ids" not in two


def test_files_go_before_addresses_and_the_prompt_numbers_them_so(gateway, owner):
    who, coat = ChosenReference(person(owner), "person"), link(owner, COAT, "outerwear")
    shirt, bag = ChosenReference(garment(owner), "top"), link(owner, BAG, "bag")
    mixed = sent(owner, (who, bag, coat, shirt))

    assert (mixed["file_ids"], mixed["image_urls"]) == ([0, 3], [COAT, BAG])
    assert lines(mixed) == ["Image 2, top", "Image 3, outerwear", "Image 4, bag"]


def test_a_link_worn_under_a_file_keeps_its_line_before_it_and_its_number_behind_it(gateway, owner):
    who, shirt = ChosenReference(person(owner), "person"), link(owner, COAT, "top")
    mixed = sent(owner, (who, shirt, ChosenReference(garment(owner), "outerwear")))

    assert (mixed["file_ids"], mixed["image_url"]) == ([0, 2], COAT)
    assert lines(mixed) == ["Image 3, top", "Image 2, outerwear"]


def test_one_photo_of_a_whole_set_is_sent_once_and_named_twice(gateway, owner):
    suit = garment(owner)
    sent_once = sent(
        owner,
        (
            ChosenReference(person(owner), "person"),
            ChosenReference(suit, "bottom"),
            ChosenReference(suit, "outerwear"),
        ),
    )
    assert len(sent_once["file_ids"]) == 2
    assert lines(sent_once) == ["Image 2, bottom", "Image 2, outerwear"]


def test_eight_pictures_are_the_most(gateway, owner):
    eight = tuple(picture(owner, f"#{n}{n}4466") for n in range(8))
    assert len(sent(owner, eight, "compose", "all in a row")["file_ids"]) == 8
    with pytest.raises(submission.SubmissionRefused, match="8 pictures at most"):
        accepted(owner, inputs=(*eight, picture(owner, "black")), mode="compose", note="all", key="two")


def test_in_a_composition_the_pictures_keep_the_numbers_that_the_words_use(gateway, owner):
    """A link before a file would be sent behind it; so here the file goes inside the call, in its place."""
    inputs = (link(owner, COAT, "picture"), picture(owner, "red"))
    payload = sent(owner, inputs, "compose", "image 1 on image 2")

    assert payload["image_urls"][0] == COAT
    assert payload["image_urls"][1].startswith("data:image/jpeg;base64,")
    assert "file_ids" not in payload


def test_how_a_garment_is_worn_is_said_in_its_line(gateway, owner):
    coat = ChosenReference(garment(owner), "outerwear", "open")
    payload = sent(owner, (ChosenReference(person(owner), "person"), coat))
    assert "worn open" in next(line for line in payload["prompt"].splitlines() if LINE.match(line))


# Inside the call ----------------------------------------------------------------------------------------


def test_an_operator_can_keep_every_copy_from_resting_at_the_gateway(gateway, owner, settings):
    settings.INLINE_REFERENCES = True
    tryon = accepted(owner)
    references.push([row.reference for row in tryon.ordered_inputs()])
    done = ran(tryon)

    assert done.status == "done"
    assert done.attempts.get().sent_as == "2 inside the call"
    assert "files" not in endpoints(gateway)
    assert not GatewayFile.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "html", "status": 502},
        {"kind": "status", "status": 404, "type": "not_found"},
        {"kind": "drop_before"},
    ],
    ids=["500", "503", "html", "404", "cut"],
)
def test_where_uploads_fail_the_pictures_go_inside_the_call(gateway, owner, fault, wrong):
    tryon = accepted(owner)
    fault("files", times=None, **wrong)
    done = ran(tryon)
    assert (done.status, done.attempts.get().sent_as) == ("done", "2 inside the call")
    assert len(bill(gateway)) == 1


def test_what_was_uploaded_already_goes_as_a_file_beside_what_could_not_be(gateway, owner, fault):
    who = person(owner)
    references.push([who])
    fault("files", "status", status=500, times=None)
    done = ran(accepted(owner, person=who))
    assert (done.status, done.attempts.get().sent_as) == ("done", "1 file, 1 inside the call")
    assert "Image 1 is the person" in done.attempts.get().prompt


@pytest.mark.parametrize("status", [401, 402, 429, 400])
def test_a_refused_account_or_picture_is_not_sent_another_way(gateway, owner, fault, status):
    fault("files", "status", status=status, times=None)
    after = ran(accepted(owner))
    assert after.attempts.count() == 0
    assert after.status == ("failed" if status == 400 else "queued")
    assert "generations" not in endpoints(gateway)


def test_the_fallback_can_be_switched_off(gateway, owner, fault, settings):
    settings.INLINE_FALLBACK = False
    fault("files", "status", status=500, times=None)
    after = ran(accepted(owner))
    assert (after.status, after.attempts.count()) == ("queued", 0)


def test_a_picture_inside_the_call_is_bounded_in_size(gateway, owner, settings):
    settings.INLINE_REFERENCES, settings.INLINE_MEGABYTES = True, 0.5
    noise = Pillow.frombytes("RGB", (1600, 2000), os.urandom(1600 * 2000 * 3))
    file = io.BytesIO()
    noise.save(file, "JPEG", quality=95)
    row = references.keep(owner, "garment", file.getvalue())
    assert row.file.size > 1024 * 1024
    (copy,) = references.ready([row])
    assert copy.address.startswith("data:image/webp;base64,")
    assert len(copy.address) < 0.5 * 1024 * 1024 * 4 / 3 + 100


# Addresses ----------------------------------------------------------------------------------------------


def test_a_linked_garment_is_passed_on_and_never_fetched(gateway, owner):
    coat = link(owner, COAT, "outerwear")
    done = ran(accepted(owner, inputs=(ChosenReference(person(owner), "person"), coat)))
    assert (done.status, done.attempts.get().sent_as) == ("done", "1 file, 1 link")
    assert endpoints(gateway) == ["files", "generations"]
    assert coat.reference.host == "shop.example.com"


def test_the_same_address_is_one_reference(owner):
    assert link(owner, COAT, "top").reference == link(owner, COAT, "top").reference


def test_a_guest_cannot_link_and_nobody_where_it_is_switched_off(owner, settings):
    guest = User.objects.create_user("guest", is_guest=True)
    linked = (ChosenReference(person(guest), "person"), link(guest, COAT, "top"))
    with pytest.raises(submission.SubmissionRefused, match="for members"):
        accepted(guest, inputs=linked)
    settings.LINKED_PICTURES = False
    with pytest.raises(submission.SubmissionRefused, match="for members"):
        accepted(owner, inputs=(ChosenReference(person(owner), "person"), link(owner, COAT, "top")))


# Ways of asking -----------------------------------------------------------------------------------------


def test_one_picture_and_words_are_a_remix(gateway, owner):
    wide = references.keep(owner, Reference.Kind.OTHER, photo("tan", (800, 450)))
    wide.consent("picture", "test")
    tryon = accepted(owner, mode="remix", inputs=(ChosenReference(wide, "picture"),), note="as a watercolour")
    done = ran(tryon)
    assert (done.status, tryon.aspect_ratio) == ("done", "16:9")
    assert done.attempts.get().prompt_version == "remix-2"
    assert "as a watercolour" in done.attempts.get().prompt


def test_the_house_rules_of_the_shop_go_along(gateway, owner):
    Site.objects.keep(Site(pk=1, house_rules="Nothing see-through"), 60)
    done = ran(accepted(owner))
    assert 'Adults only. House rules: "Nothing see-through"' in done.attempts.get().prompt


def test_several_pictures_and_words_are_a_composition(gateway, owner):
    three = tuple(picture(owner, colour) for colour in ("red", "green", "blue"))
    done = ran(accepted(owner, mode="compose", inputs=three, note="image 2 on the table of image 1"))
    assert (done.status, done.attempts.get().prompt_version) == ("done", "compose-2")
    assert len(bill(gateway)[0]["file_ids"]) == 3


def test_words_alone_are_a_picture_in_an_upright_shape(gateway, owner):
    tryon = imagined(owner, FLASH, size="512", note="a person to dress")
    assert (ran(tryon).status, tryon.aspect_ratio) == ("done", "3:4")
    image = Image.objects.get()
    assert (image.width, image.height) == (448, 600)


@pytest.mark.parametrize("mode", ["remix", "compose", "imagine"])
@pytest.mark.parametrize("note", ["", " \u200b ", '""', "...", "“!”"])
def test_without_words_these_ways_make_no_sense(owner, mode, note):
    inputs = {"remix": 1, "compose": 2, "imagine": 0}[mode]
    with pytest.raises(submission.SubmissionRefused, match="in words"):
        accepted(
            owner,
            mode=mode,
            note=note,
            inputs=tuple(picture(owner, colour) for colour in ("red", "blue")[:inputs]),
        )


def test_the_same_picture_twice_is_told(owner):
    twice = (picture(owner, "red"), picture(owner, "red"))
    with pytest.raises(submission.SubmissionRefused, match="same picture twice"):
        accepted(owner, mode="compose", inputs=twice, note="side by side")


def test_a_person_cannot_wear_their_own_photo(owner):
    same = references.keep(owner, Reference.Kind.GARMENT, photo("tan"))
    with pytest.raises(submission.SubmissionRefused, match="are the same photo"):
        accepted(owner, garments=((same, "top"),))


def test_a_picture_that_may_show_somebody_needs_the_tick(owner):
    row = references.keep(owner, Reference.Kind.OTHER, photo("tan"))
    with pytest.raises(submission.SubmissionRefused, match="Tick the box"):
        accepted(owner, mode="remix", inputs=(ChosenReference(row, "picture"),), note="brighter")


# Families -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [IMAGEN, GPT, GROK, RECRAFT])
def test_a_model_of_words_makes_a_picture_of_them(gateway, owner, model):
    tryon = imagined(owner, model)
    done = ran(tryon)
    assert done.status == "done", done.attempts.values("error_type", "http_status")
    assert bill(gateway)[0]["model"] == model
    assert tryon.aspect_ratio == ("3:4" if model == RECRAFT else "")
    assert Image.objects.get().original.size > 1000


def test_four_pictures_of_a_model_without_a_count_are_four_calls(gateway, owner, settings):
    settings.PICTURES_PER_CALL = 4
    counts = {model: imagined(owner, model, wanted=4).generations.count() for model in (IMAGEN, RECRAFT)}
    assert counts == {IMAGEN: 4, RECRAFT: 4}
    assert imagined(owner, GPT, wanted=4).generations.count() == 1


def test_a_model_that_edits_gets_its_one_picture_at_the_edits_address(gateway, owner):
    tryon = accepted(
        owner, mode="remix", model=GROK, size="", inputs=(picture(owner, "red"),), note="as a watercolour"
    )
    done = ran(tryon)
    assert (done.status, done.attempts.get().sent_as) == ("done", "1 inside the call")
    assert endpoints(gateway) == ["edits"]
    assert tryon.aspect_ratio == ""


def test_an_edit_is_paid_as_two_pictures_unless_the_list_names_its_price(gateway, owner):
    def asked(key: str) -> Generation:
        inputs = (picture(owner, "red"),)
        return ran(accepted(owner, mode="remix", model=GROK, size="", inputs=inputs, note="blue", key=key))

    Price.objects.learn(GROK, "", 20_000)
    assert asked("one").attempts.get().price_micros == 40_000 == bill(gateway)[0]["price_micros_usd"]
    assert ran(imagined(owner, GROK)).attempts.get().price_micros == 20_000
    Price.objects.learn(GROK, "edit", 33_000)
    assert asked("two").attempts.get().price_micros == 33_000
    assert Budget.objects.get(scope="site day").spent == 40_000 + 20_000 + 33_000


def test_a_model_that_edits_takes_an_address_as_it_is(gateway, owner):
    linked = (link(owner, COAT, "picture"),)
    done = ran(accepted(owner, mode="remix", model=GROK, size="", inputs=linked, note="in blue"))
    assert (done.status, done.attempts.get().sent_as) == ("done", "1 link")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": IMAGEN, "size": "1K"}, "cannot make the size 1K"),
        ({"model": GPT, "aspect_ratio": "1:1"}, "cannot make the shape 1:1"),
        ({"model": RECRAFT, "size": "2K"}, "cannot make the size 2K"),
        ({"model": "nobody/offers-this"}, "not offered"),
    ],
)
def test_a_wrong_combination_is_refused_in_words(owner, changes, words):
    with pytest.raises(submission.SubmissionRefused, match=words):
        imagined(owner, **changes)


def test_a_model_of_words_cannot_be_given_pictures(owner):
    with pytest.raises(submission.SubmissionRefused, match="from words only"):
        accepted(owner, model=IMAGEN)
    with pytest.raises(submission.SubmissionRefused, match="one picture only"):
        accepted(owner, model=GROK)


def test_the_same_garment_twice_in_one_place_is_told(owner):
    coat = garment(owner)
    with pytest.raises(submission.SubmissionRefused, match="same garment twice"):
        accepted(owner, garments=((coat, "outerwear"), (coat, "outerwear")))


# Pictures that are answered as addresses ----------------------------------------------------------------


def test_an_address_that_is_not_there_yet_is_asked_again(gateway, owner, fault):
    fault("pictures", "status", status=503, times=2)
    assert ran(imagined(owner, RECRAFT)).status == "done"
    assert endpoints(gateway).count("generations") == 1
    assert endpoints(gateway).count("pictures") == 3


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/a.png", "https://169.254.169.254/latest", "http://example.com/a.png"]
)
def test_an_address_that_is_not_public_is_not_fetched_and_its_money_is_at_risk(
    gateway, owner, fault, address
):
    fault("generations", "url", url=address)
    after = ran(accepted(owner))
    assert (after.status, after.reason) == ("unknown", "unreadable")
    assert Budget.objects.get(scope="site day").at_risk == 45_000


def test_an_address_that_stays_away_is_adopted_later_and_not_paid_again(gateway, owner, fault):
    fault("pictures", "status", status=503, times=1)
    tryon = imagined(owner, RECRAFT)
    claimed = Generation.objects.claim(only_generation(tryon).pk)
    attempt = claimed.intend(model=RECRAFT, prompt="p", prompt_version="v", price_micros=40_000)
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    call = payload.build_request(tryon, Offer.objects.takes_of(RECRAFT), "a shirt", [], 1)
    gateway_client().generate(call, body)
    assert run.finish(attempt, claimed, body, patience=0) == []
    assert only_generation(tryon).status == "running"
    assert body.exists()
    recovery.take_over()
    assert only_generation(tryon).status == "done"
    assert len(bill(gateway)) == 1


def test_an_address_that_is_gone_for_an_hour_is_left_to_staff(gateway, owner, fault):
    fault("pictures", "status", status=503, times=None)
    tryon = imagined(owner, RECRAFT)
    claimed = Generation.objects.claim(only_generation(tryon).pk)
    attempt = claimed.intend(model=RECRAFT, prompt="p", prompt_version="v", price_micros=40_000)
    body = run.spooled(attempt)
    body.parent.mkdir(parents=True, exist_ok=True)
    body.write_text(f'{{"data": [{{"url": "{gateway.url}/pictures/none.png"}}]}}')
    os.utime(body, (0, 0))
    run.finish(attempt, claimed, body, patience=0)
    after = only_generation(tryon)
    assert (after.status, after.reason) == ("unknown", "unreadable")
    assert not body.exists()
    assert after.attempts.get().raw_answer, "for staff to try again"


# The list of models -------------------------------------------------------------------------------------


def test_the_gateways_list_teaches_models_and_prices(gateway):
    Offer.objects.all().delete()
    model_catalogue.sync()
    offered = {offer.model: offer.offered for offer in Offer.objects.all()}
    assert offered.pop(FLASH), "the configured one is offered from the start"
    assert {IMAGEN, GPT, GROK, RECRAFT} <= offered.keys()
    assert not any(offered.values()), "the others are for the operator to choose"
    assert Price.objects.filter(model=IMAGEN, size="").exists()
    model_catalogue.sync()
    assert Offer.objects.count() == len(offered) + 1


@pytest.mark.parametrize("shape", ["list", "data", "models"])
def test_a_model_that_the_list_calls_retired_is_offered_no_longer(gateway, shape):
    httpx.post(f"{gateway.url}/_sandbox/catalogue", json={"shape": shape})
    httpx.post(
        f"{gateway.url}/_sandbox/retired", json={"model": IMAGEN, "replacement": "google/imagen-4-fast"}
    )
    model_catalogue.sync()
    [line] = CircuitBreaker.objects.for_operator()
    assert (line.model, line.reason, line.replacement) == (IMAGEN, "retired", "google/imagen-4-fast")
    assert IMAGEN not in Offer.objects.to_choose(line.account)
    model_catalogue.sync()
    assert CircuitBreaker.objects.count() == 1


def test_a_number_is_given_once_to_each_picture_in_the_order_sent():
    a, b, c = (
        OutgoingReference(file_id="a"),
        OutgoingReference(file_id="b"),
        OutgoingReference(address="https://c"),
    )
    assert payload.image_numbers([a, b]) == [1, 2]
    assert payload.image_numbers([c, a, b]) == [3, 1, 2]
    assert payload.image_numbers([a, c, a, c]) == [1, 2, 1, 2]
    assert payload.describe_transport([]) == ""


# Again, with what was wrong put right --------------------------------------------------------------------
@pytest.mark.parametrize("mode", ["try_on", "imagine"])
def test_what_staff_rejected_is_made_again_with_the_reason_in_its_prompt(gateway, owner, mode):
    tryon = (
        accepted(owner) if mode == "try_on" else imagined(owner, FLASH, size="512", note="a person to dress")
    )
    first = ran(tryon)
    image = first.results.get().image
    image.reject(owner, RejectionReason.ANATOMY)
    again = submission.mend(image)
    run.run_generation(again.pk)
    again.refresh_from_db()
    sentence = prompts.RETRY_HINTS["anatomy"]
    assert (again.status, again.in_place_of, again.number) == ("done", image, 2)
    assert sentence in again.attempts.get().prompt
    assert sentence not in first.attempts.get().prompt
    assert len(bill(gateway)) == 2
