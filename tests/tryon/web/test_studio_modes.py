"""The studio's other ways of asking, and what it offers: words, linked pictures, ways to wear, models."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import garments_of, make_guest, make_reference, make_tryon, make_user
from tests.tryon.studio_form import photo, wishes
from tryon.models import CircuitBreaker, Consent, Offer, Price, Reference, TryOn, TryOnInput
from tryon.pipeline.gateway_client import gateway_client
from tryon.rules import model_families, outfits

# Uploads to the gateway run in threads with connections of their own.
pytestmark = pytest.mark.django_db(transaction=True)

ADDRESS = "https://shop.example/coat.jpg"


def asked(mode: str, **changes):
    """What the form of this mode posts: words, and the pictures that it needs at least."""
    pictures = {"picture": photo("tan"), "picture-2": photo("navy")}
    needed = list(pictures.items())[: model_families.REFERENCES[mode][0]]
    fields = {"mode": mode, "note": "By candle light", "n": "1", "size": "1K", "aspect_ratio": "auto"}
    return fields | dict(needed) | {"consent": "1", "key": uuid.uuid4().hex} | changes


def offer(model: str, label: str = "", position: int = 5) -> None:
    Offer.objects.create(model=model, label=label or model, offered=True, position=position)


@pytest.fixture
def member(client: Client):
    user = make_user()
    client.force_login(user)
    return user


@pytest.fixture
def all_families() -> None:
    offer("google/gemini-3.1-flash-image", "Gemini 3.1 Flash", 0)
    offer("google/gemini-2.5-flash-image", "Gemini 2.5 Flash", 1)
    offer("xai/grok-imagine-image", "Grok Imagine", 2)
    offer("recraft/recraft-v4", "Recraft V4", 3)
    offer("google/imagen-4", "Imagen 4", 4)


def told(page: str) -> list[str]:
    """The sentences of the error summary."""
    summary = re.search(r'id="problems".*?</ul>', page, re.DOTALL)
    return re.findall(r">([^<>]+)</a>", summary[0]) if summary else []


def leads(page: str) -> list[str]:
    """Where the links of the error summary lead; each place must be on the page."""
    summary = re.search(r'id="problems".*?</ul>', page, re.DOTALL)[0]
    places = re.findall(r'href="#([^"]+)"', summary)
    assert all(f'id="{place}"' in page for place in places)
    return places


def opening(page: str, pattern: str) -> str:
    """The one opening tag that fits."""
    found = re.findall(rf"<(?:div|select|option|details|picture-slot|button|p)\b[^>]*{pattern}[^>]*>", page)
    assert len(found) == 1, (pattern, found)
    return found[0]


@pytest.mark.parametrize(("mode", "count"), [("remix", 1), ("compose", 2), ("imagine", 0)])
def test_words_and_the_pictures_of_a_mode_become_a_tryon_of_it(client: Client, mode: str, count: int):
    answer = client.post("/", asked(mode))
    tryon = TryOn.objects.get()
    assert answer.status_code == 302
    assert (tryon.mode, tryon.note) == (mode, "By candle light")
    assert [row.role for row in tryon.ordered_inputs()] == ["picture"] * count
    assert {row.reference.kind for row in tryon.ordered_inputs()} <= {"other"}
    assert Consent.objects.count() == count


def test_pictures_are_taken_in_the_order_of_their_numbers(client: Client):
    client.post("/", asked("compose", **{"picture-8": photo("red"), "picture-3": photo("grey")}))
    kept = [str(row.reference.pk) for row in TryOn.objects.get().ordered_inputs()]
    page = client.get(f"/?tryon={TryOn.objects.get().pk}").text
    again = re.findall(r'name="picture_reference[-\d]*" value="([^"]+)"', page)
    assert len(kept) == 4
    assert [pk for pk in again if pk in kept][:4] == kept


@pytest.mark.parametrize("mode", model_families.MODES)
def test_each_mode_has_a_page_of_its_own_with_tabs_to_the_others(client: Client, mode: str):
    page = client.get(f"/?mode={mode}").text
    current = re.findall(r'<a href="/\?mode=(\w+)"\s+aria-current="page">', page)
    assert current == [mode]
    assert re.findall(r'<a href="/\?mode=(\w+)"[ >]', page)[:4] == list(model_families.MODES)
    assert f'name="mode" value="{mode}"' in page
    heading = re.search(r"<h1>([^<]+)</h1>", page)[1]
    assert page.count("<h1") == 1
    assert f"<title>{heading} · " in page
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|hx-on", page)


def test_every_id_of_a_page_is_there_once(client: Client, member, all_families):
    make_reference(member)
    make_reference(None, "garment", slug="coat", label="Coat")
    for mode in model_families.MODES:
        ids = re.findall(r'\sid="([^"]+)"', client.get(f"/?mode={mode}").text)
        assert len(ids) == len(set(ids))


def test_only_the_ways_that_an_offered_model_serves_are_shown(client: Client, settings):
    settings.LLMTR_MODEL = "google/imagen-4"
    page = client.get("/").text
    assert "<h1>Picture it from words</h1>" in page
    assert "Ways of asking" not in page
    offer("xai/grok-imagine-image")
    assert re.findall(r"/\?mode=(\w+)\"[ >]", client.get("/").text) == ["remix", "imagine"]


def test_where_no_model_serves_a_mode_the_page_says_so_in_place_of_the_form(client: Client, settings):
    line = {"account": gateway_client().account, "model": settings.LLMTR_MODEL, "reason": "retired"}
    CircuitBreaker.objects.create(**line, paused_at=timezone.now())
    offer("google/imagen-4")
    page = client.get("/?mode=compose").text
    assert "No model can do this just now" in page
    assert 'id="wishes"' not in page
    assert client.post("/", asked("compose")).status_code == 422
    assert not TryOn.objects.exists()


@pytest.mark.parametrize("mode", ["remix", "compose", "imagine"])
def test_without_words_nothing_is_accepted_and_the_pictures_are_kept(client: Client, mode: str):
    answer = client.post("/", asked(mode, note="  "))
    assert answer.status_code == 422
    assert told(answer.text) == ["Say in words what you want to see"]
    assert leads(answer.text) == ["note"]
    assert answer.text.count("data-kept") == model_families.REFERENCES[mode][0]
    assert not TryOn.objects.exists()


def test_without_javascript_the_pages_own_size_is_no_wish(client: Client):
    """The page's usual size comes along with a model that takes none."""
    Offer.objects.create(model="google/imagen-4", label="Imagen 4", offered=True, position=5)
    client.post("/", asked("imagine", model="google/imagen-4", size="1K"))
    assert TryOn.objects.get().size == ""


def test_500_characters_with_line_breaks_are_500_characters(client: Client):
    """A browser counts a line break as one character, and sends two."""
    client.post("/", asked("imagine", note="a\r\n" * 249 + "ab"))
    assert len(TryOn.objects.get().note) == 500


@pytest.mark.parametrize(
    ("mode", "left_out", "place", "words"),
    [
        ("remix", "picture", "picture-card", "Select a picture"),
        ("compose", "picture", "picture-card", "Select picture 1"),
        ("compose", "picture-2", "picture-2-card", "Select picture 2"),
    ],
)
def test_a_missing_picture_is_named_at_its_place(client: Client, mode: str, left_out: str, place: str, words):
    answer = client.post("/", asked(mode, **{left_out: ""}))
    assert answer.status_code == 422
    assert told(answer.text) == [words]
    assert leads(answer.text) == [place]
    assert "By candle light" in answer.text


def test_nothing_at_all_is_told_in_the_order_of_the_page(client: Client):
    page = client.post("/", {"mode": "compose"}).text
    assert told(page) == ["Select picture 1", "Select picture 2", "Say in words what you want to see"]
    assert leads(page) == ["picture-card", "picture-2-card", "note"]


def test_one_picture_at_two_places_is_refused(client: Client):
    answer = client.post("/", asked("compose", **{"picture-2": photo("tan")}))
    assert answer.status_code == 422
    assert "You chose the same picture twice. Keep one of them." in answer.text
    assert answer.text.count("data-kept") == 2


def test_without_the_tick_no_picture_is_kept_and_the_words_stay(client: Client):
    answer = client.post("/", asked("compose", consent=""))
    assert told(answer.text) == ["Tick the box to say that you may use this photo"] * 2
    assert not Reference.objects.exists()
    assert "By candle light" in answer.text


def test_any_of_ones_own_photos_can_be_remixed(client: Client, member):
    garment = make_reference(member, "garment", "navy")
    assert str(garment.pk) in client.get("/?mode=remix").text
    client.post("/", asked("remix", picture="", picture_reference=str(garment.pk)))
    assert [row.reference for row in TryOn.objects.get().ordered_inputs()] == [garment]


def test_a_photo_that_was_given_as_a_person_and_as_a_picture_is_offered_once(client: Client):
    client.post("/", wishes())
    client.post("/", asked("remix"))
    assert Reference.objects.exclude(kind="garment").count() == 2
    assert client.get("/?mode=remix").text.count('alt="Earlier photo') == 2  # and the garment


def test_an_unknown_way_of_asking_is_the_first_one(client: Client):
    assert 'name="mode" value="try_on"' in client.get("/?mode=sculpt").text


def test_a_picture_of_the_address_opens_the_page_with_it(client: Client, member):
    mine = make_reference(member, "person")
    for mode in ("remix", "compose"):
        page = client.get(f"/?mode={mode}&picture={mine.pk}").text
        assert re.search(rf'name="picture_reference" value="{mine.pk}"', page.split("data-kept")[1])
    assert "This picture is no longer here" in client.get(f"/?mode=remix&picture={uuid.uuid4()}").text


def test_an_example_opens_the_page_with_its_words(client: Client):
    page = client.get("/?mode=imagine").text
    example = re.search(r'href="([^"]+)"\s+data-example>([^<]+)<', page)
    filled = client.get(example[1].replace("&amp;", "&")).text
    assert re.search(r"<textarea[^>]*>([^<]*)<", filled)[1] == example[2]


@pytest.mark.parametrize("mode", ["remix", "compose", "imagine"])
def test_an_earlier_request_of_any_mode_can_be_changed(client: Client, member, mode: str):
    client.post("/", asked(mode, n="3", aspect_ratio="16:9"))
    tryon = TryOn.objects.get()
    page = client.get(f"/?tryon={tryon.pk}").text
    assert f'name="mode" value="{mode}"' in page
    assert "By candle light" in page
    assert page.count("data-kept") == model_families.REFERENCES[mode][0]
    assert "selected" in opening(page, 'value="16:9"')


class TestAddresses:
    """Pictures that lie elsewhere: for members, and never shown or fetched by this site."""

    def test_a_garment_by_its_address_is_put_on(self, client: Client, member):
        client.post("/", wishes(garment="", garment_url=f"{ADDRESS}#large", category="outerwear"))
        row = garments_of(TryOn.objects.get())[0]
        assert (row.reference.url, row.role, bool(row.reference.file)) == (ADDRESS, "outerwear", False)

    def test_pictures_by_their_addresses_can_be_composed(self, client: Client, member):
        places = {"picture-2": "", "picture_url-2": ADDRESS, "picture_url-3": f"{ADDRESS}?2"}
        client.post("/", asked("compose", **places))
        assert [bool(row.reference.url) for row in TryOn.objects.get().ordered_inputs()] == [
            False,
            True,
            True,
        ]

    def test_it_is_shown_as_a_card_that_says_where_it_lies(self, client: Client, member):
        answer = client.post("/references/", {"kind": "garment", "url": ADDRESS, "slot": "2"})
        kept = Reference.objects.get()
        assert answer.status_code == 201
        assert f'name="garment_reference-2" value="{kept.pk}"' in answer.text
        words = " ".join(re.sub(r"<[^>]+>", "", answer.text).split())
        assert words == "Linked picture at shop.example Passed on, not kept here"
        assert "<img" not in answer.text
        assert ADDRESS not in answer.text

    def test_it_stays_chosen_when_something_else_is_missing(self, client: Client, member):
        page = client.post("/", wishes(person="", garment="", garment_url=ADDRESS)).text
        assert page.split("<template")[0].count("Linked picture") == 1
        answer = client.post(
            "/", wishes(garment="", garment_reference=str(Reference.objects.get(kind="garment").pk))
        )
        assert answer.status_code == 302

    def test_an_address_that_is_refused_is_told_at_the_card_and_stays_in_the_field(self, client, member):
        page = client.post("/", wishes(garment="", garment_url="http://shop.example/a.jpg")).text
        assert told(page) == ["The address of the picture must begin with https://"]
        assert leads(page) == ["garment-card"]
        field = re.search(r'<input type="url"\s+id="garment_url"[^>]*>', page)[0]
        assert 'value="http://shop.example/a.jpg"' in field
        assert "aria-invalid" in field
        answer = client.post("/references/", {"kind": "garment", "url": "https://10.0.0.1/a.jpg"})
        assert answer.status_code == 422
        assert "must be one that everybody can open" in answer.text

    def test_a_picture_that_may_show_somebody_needs_the_tick(self, client: Client, member):
        answer = client.post("/references/", {"kind": "picture", "url": ADDRESS})
        assert (answer.status_code, Reference.objects.count()) == (422, 0)
        assert "Tick the box" in answer.text
        client.post("/references/", {"kind": "picture", "url": ADDRESS, "consent": "1"})
        assert Consent.objects.get().reference.url == ADDRESS

    @pytest.mark.parametrize("mode", model_families.MODES)
    def test_guests_see_nothing_of_it(self, client: Client, mode: str):
        assert 'type="url"' not in client.get(f"/?mode={mode}").text

    def test_guests_cannot_send_one(self, client: Client):
        for data in (
            wishes(garment="", garment_url=ADDRESS),
            asked("remix", picture="", picture_url=ADDRESS),
        ):
            answer = client.post("/", data)
            assert "Pictures by address are for members" in answer.text
        assert client.post("/references/", {"kind": "garment", "url": ADDRESS}).status_code == 422
        assert not Reference.objects.exclude(url="").exists()

    def test_the_operator_can_switch_them_off(self, client: Client, member, settings):
        settings.LINKED_PICTURES = False
        assert 'type="url"' not in client.get("/").text
        assert client.post("/references/", {"kind": "garment", "url": ADDRESS}).status_code == 422

    @pytest.mark.parametrize("mode", ["try_on", "remix", "compose"])
    def test_every_place_but_the_persons_offers_it(self, client: Client, member, mode: str):
        fields = re.findall(r'<input type="url"\s+id="(\w+)_url', client.get(f"/?mode={mode}").text)
        assert len(fields) == {"try_on": 7, "remix": 1, "compose": 8}[mode]
        assert "person" not in fields


class TestWear:
    """How a garment is worn, where there is a choice."""

    @pytest.mark.parametrize(
        ("category", "wear"), [(kind, way) for kind, ways in outfits.FITS.items() for way in ways]
    )
    def test_a_way_that_fits_is_passed_on(self, client: Client, category: str, wear: str):
        client.post("/", wishes(category=category, wear=wear))
        assert TryOnInput.objects.get(role=category).fit == wear

    def test_a_garment_of_the_shelf_has_a_category_that_counts(self, client: Client):
        top = make_reference(None, "garment", slug="top", category="top")
        fields = {"garment": "", "garment_reference": str(top.pk), "category": "auto"}
        client.post("/", wishes(**fields, wear="tucked"))
        assert TryOnInput.objects.get(role="top").fit == "tucked"
        page = client.get("/").text
        assert re.search(rf'value="{top.pk}"\s+data-tile\s+data-worn="top"', page)

    def test_a_way_that_does_not_fit_is_refused_with_its_reason_and_kept(self, client: Client):
        answer = client.post("/", wishes(category="dress", wear="tucked"))
        assert answer.status_code == 422
        assert told(answer.text) == [
            "Only a top can be worn tucked. Choose the kind, or how it is worn, again."
        ]
        assert leads(answer.text) == ["garment-card"]
        assert "selected" in opening(answer.text.split('id="garment-2-card"')[0], 'value="tucked"')

    def test_all_ways_are_offered_in_groups(self, client: Client):
        field = re.search(r'<select id="wear".*?</select>', client.get("/").text, re.DOTALL)[0]
        for category, ways in outfits.FITS.items():
            group = re.search(rf'data-for="{category}".*?</optgroup>', field, re.DOTALL)[0]
            assert tuple(re.findall(r'value="(\w+)"', group)) == ways


class TestModels:
    """A wrong combination of model, size, shape and number of pictures is impossible in the form."""

    def test_of_one_model_nothing_is_seen(self, client: Client):
        page = client.get("/").text
        assert 'name="model"' not in page
        assert 'name="show"' not in page
        assert "1 picture, 1K" in page

    def test_only_models_that_serve_the_mode_are_offered_in_the_operators_order(self, client, all_families):
        def offered(mode: str) -> list[str]:
            return re.findall(r'<option value="(\w+/[^"]+)"', client.get(f"/?mode={mode}").text)

        gemini = ["google/gemini-3.1-flash-image", "google/gemini-2.5-flash-image"]
        assert offered("try_on") == gemini
        assert offered("remix") == [*gemini, "xai/grok-imagine-image"]
        assert len(offered("imagine")) == 5

    def test_the_chosen_model_is_asked(self, client: Client, all_families):
        fields = {"model": "recraft/recraft-v4", "aspect_ratio": "16:9", "size": ""}
        client.post("/", asked("imagine", **fields))
        tryon = TryOn.objects.get()
        assert (tryon.model, tryon.aspect_ratio, tryon.size) == ("recraft/recraft-v4", "16:9", "")

    def test_a_model_that_is_not_offered_is_refused(self, client: Client):
        answer = client.post("/", asked("imagine", model="google/imagen-4", size=""))
        assert answer.status_code == 422
        assert "This model is not offered any more" in answer.text

    @pytest.mark.parametrize(
        ("model", "has_sizes", "has_shapes"),
        [
            ("google/gemini-3.1-flash-image", True, True),
            ("recraft/recraft-v4", False, True),
            ("google/imagen-4", False, False),
        ],
    )
    def test_fields_that_a_model_does_not_take_are_not_there(
        self, client: Client, all_families, model: str, has_sizes: bool, has_shapes: bool
    ):
        page = client.get(f"/?mode=imagine&model={model}").text
        assert "selected" in opening(page, f'value="{model}"')
        assert ("disabled" not in opening(page, 'name="size"')) is has_sizes
        assert ("disabled" not in opening(page, 'name="aspect_ratio"')) is has_shapes

    def test_without_javascript_another_models_options_are_shown_with_everything_kept(
        self, client: Client, all_families
    ):
        chosen = {"model": "xai/grok-imagine-image", "show": "options", "n": "3"}
        answer = client.post("/", asked("remix", **chosen))
        assert answer.status_code == 200
        assert not TryOn.objects.exists()
        assert "<title>Error: " not in answer.text
        assert "data-kept" in answer.text
        assert "By candle light" in answer.text
        assert re.search(r"<option [^>]*selected>3<", answer.text)
        assert "disabled" in opening(answer.text, 'name="size"')
        back = client.post("/", asked("remix", model="", show="options", size="", aspect_ratio=""))
        assert "selected" in opening(back.text, 'value="1K"')

    def test_asking_for_options_finds_nothing_missing(self, client: Client, all_families):
        answer = client.post("/", {"mode": "compose", "show": "options"})
        assert answer.status_code == 200
        assert "data-error>" not in answer.text.split("<template")[0]

    def test_there_are_as_many_places_as_the_model_takes(self, client: Client, all_families):
        page = client.get("/?model=google/gemini-2.5-flash-image").text
        assert "up to <span data-places>2</span> in all" in page
        assert "hidden" not in opening(page, 'id="garment-2-card"').replace("hidden-text", "")
        assert " hidden" in opening(page, 'id="garment-3-card"')

    def test_pictures_beyond_the_models_most_stay_and_are_told(self, client: Client, all_families):
        pieces = {"garment-2": photo("grey"), "category-2": "bottom"}
        pieces |= {"garment-3": photo("pink"), "category-3": "hat"}
        chosen = {"model": "google/gemini-2.5-flash-image", "show": "options"}
        said = "This model takes 3 photos at most, the person&#x27;s included. Remove 1 to go on."
        page = client.post("/", wishes(**pieces, **chosen)).text
        assert page.count("data-kept") == 4
        assert " hidden" not in opening(page, 'id="garment-3-card"')
        assert " hidden" not in opening(page, "data-too-many")
        assert said in page
        kept = dict(re.findall(r'name="(garment_reference[-2-3]*)" value="([^"]+)"', page))
        fields = kept | {"category-2": "bottom", "category-3": "hat", "garment": ""}
        refused = client.post("/", wishes(**fields, model="google/gemini-2.5-flash-image"))
        assert (refused.status_code, TryOn.objects.count()) == (422, 0)
        assert said in refused.text

    def test_the_estimate_is_of_the_chosen_model_and_number(
        self, client: Client, member, settings, all_families
    ):
        settings.SANDBOX = False
        Price.objects.create(model="recraft/recraft-v4", size="", micros=123_000)
        chosen = {"model": "recraft/recraft-v4", "n": "4", "show": "options"}
        page = client.post("/", asked("imagine", **chosen)).text
        assert "<span data-estimate>$0.49</span>" in page
        data = re.search(r'data-takes="([^"]+)"', page)[1].replace("&quot;", '"')
        assert json.loads(data)["prices"] == {"": 123_000}

    def test_an_earlier_request_opens_with_its_model(self, client: Client, member, all_families):
        client.post("/", asked("imagine", model="google/imagen-4", size=""))
        page = client.get(f"/?tryon={TryOn.objects.get().pk}").text
        assert "selected" in opening(page, 'value="google/imagen-4"')


def test_somebody_elses_request_opens_nothing(client: Client, member):
    foreign = make_tryon(make_guest())
    assert "data-kept" not in client.get(f"/?tryon={foreign.pk}").text
