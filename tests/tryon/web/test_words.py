"""Whatever people read is marked for translation: a language that nobody speaks shows what is not."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import AnonymousUser
from django.core import mail
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from django.utils import translation

from tests import pseudo
from tests.asking import body
from tests.factories import make_samples, make_user
from tests.tryon.asked import WORDS, asked_for
from tests.tryon.web import every_page
from tests.tryon.web.every_page import Asked
from tests.tryon.web.test_routes import ROUTES, World, dressed, imagined_by, world
from tryon.models import Reference
from tryon.pipeline import payload
from tryon.pipeline.payload import OutgoingReference
from tryon.pipeline.privacy import erasure
from tryon.presenters.labels import told
from tryon.rules import model_families, outfits, prompts, request_rules
from tryon.rules.image_urls import BadImageUrl, validate_image_url
from tryon.rules.request_rules import PictureFacts, RequestFacts
from tryon.web.views.account.my_data import send_receipt

__all__ = ["World", "dressed", "imagined_by", "world"]

# What the fixtures put in, and names that are the same everywhere.
DATA = {
    "Tryon",
    "owner",
    "red",
    "chair",
    "LLMTR",
    "Breton",
    "top",
    "ada",
    "Ada",
    "rendered",
    "mannequin",
    "Gemini",
}
PHRASES = (WORDS, "Gemini 3.1 flash image", "Gemini 3.1 Flash Image", "the shop")


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("locale")
    pseudo.write_catalogue(folder)
    return folder


@pytest.fixture
def pseudo_language(catalogue: Path, settings) -> dict[str, str]:
    settings.LANGUAGES = [("en", "English"), (pseudo.CODE, "Pseudo")]
    settings.LOCALE_PATHS = [catalogue]
    return {"Accept-Language": pseudo.CODE}


@cache
@translation.override("en")
def names_by_django() -> set[str]:
    """What the admin calls rows and columns by the names that the code has for them."""
    models = [
        model._meta
        for app in ("accounts", "tryon", "gallery")
        for model in apps.get_app_config(app).get_models()
    ]
    found = {"Accounts", "Gallery", "True", "False", "Search", *(meta.model_name for meta in models)}
    for meta in models:
        found |= {str(meta.verbose_name), str(meta.verbose_name_plural)}
        found |= {str(field.verbose_name) for field in meta.fields}
    words = {word for name in found for word in pseudo.english(name)}
    return words | {word.capitalize() for word in words}


@dataclass
class Walk:
    """Asks for pages in the language that nobody speaks, and keeps what they say in another one."""

    headers: dict[str, str]
    browsers: dict[str, Client]
    found: list[str] = field(default_factory=list)

    def through(self, questions: Iterable[Asked]) -> None:
        with translation.override(pseudo.CODE):  # what is written down meanwhile is in that language too
            for each in questions:
                answer = each.by(self.browsers[each.role], self.headers)
                self.look(f"{each.role} {each.address} {each.data or ''}", body(answer).decode())

    def look(self, where: str, page: str) -> None:
        known = DATA | names_by_django() if "/admin/" in where else DATA
        for phrase in PHRASES:
            page = page.replace(phrase, "")
        said = (pseudo.without(text, known) for text in pseudo.Page(page).said)
        self.found += [f"{where} says: {text}" for text in said if pseudo.english(text)]


@pytest.fixture
def walk(world, pseudo_language) -> Iterator[Walk]:
    make_samples("ada", "breton-top")
    roles = {role: world.browser(role) for role in ("owner", "anonymous", "reviewer")}
    walk = Walk(pseudo_language, roles | {"visitor": Client()})
    yield walk
    assert walk.found == [], "\n".join(walk.found)


def test_no_page_says_a_word_that_is_not_marked(walk, world):
    walk.through(every_page.pages(world))


def test_nor_does_it_in_any_of_the_states_that_a_look_has(walk, world):
    walk.through(every_page.looks(world.tryon.owner))


def test_nor_in_those_of_a_picture_and_of_the_gallery(walk, world):
    walk.through(every_page.pictures(world))


def test_nor_does_a_link_to_its_owner_or_to_those_who_open_it(walk, world):
    walk.through(every_page.links(world))


def test_nor_does_the_desk(walk, world):
    walk.through(every_page.desk(world))


def test_nor_does_a_form_that_is_refused(walk, world):
    walk.through(every_page.refusals(world.tryon.owner))


def test_nor_does_a_limit_or_a_pause(walk, world, settings):
    walk.through(every_page.limits(world.tryon.owner, settings))


def test_nor_does_a_site_that_asks_for_an_account_or_asks_whose_the_pictures_are(walk, settings):
    walk.browsers["newcomer"] = every_page.came_back(walk.headers)
    walk.through([Asked("newcomer", reverse("account_join")), Asked("newcomer", reverse("account_settings"))])
    walk.through(every_page.closed(settings))


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "405", "429", "500", "503"])
def test_nor_does_the_page_of_an_error(db, rf, pseudo_language, name):
    request = rf.get("/")
    request.user = AnonymousUser()
    with translation.override(pseudo.CODE):
        page = render_to_string(f"{name}.html", {"seconds": 60, "minutes": 2}, request)
    said = (pseudo.without(text, DATA) for text in pseudo.Page(page).said)
    assert [text for text in said if pseudo.english(text)] == []


def test_the_entry_among_a_phones_apps_speaks_the_language_of_who_asks(db, pseudo_language):
    answer = Client().get(reverse("site_manifest"), headers=pseudo_language)
    assert pseudo.english(answer.json()["description"]) == []
    assert "Accept-Language" in answer["Vary"]


def test_a_sentence_of_the_rules_is_told_in_the_readers_language_with_all_that_stands_in_it(pseudo_language):
    with translation.override(pseudo.CODE):
        for sentence in every_refusal():
            assert pseudo.english(re.sub(r"\b[1-8]K\b", "", told(sentence))) == [], sentence


def test_without_a_catalogue_a_sentence_of_the_rules_is_told_as_it_stands():
    for sentence in every_refusal():
        assert told(sentence) == sentence


def every_refusal() -> Iterator[str]:
    for some in itertools.product(outfits.CATEGORIES, repeat=2):
        yield request_rules.outfit_refusal(some) or ""
    yield request_rules.outfit_refusal(["hat"] * 9)
    for category, fit in itertools.product(outfits.CATEGORIES, [*outfits.FIT_BY_NAME, "odd"]):
        yield request_rules.fit_refusal(category, fit) or ""
    for takes in (
        model_families.UNKNOWN,
        model_families.family("google/gemini-3"),
        model_families.family("grok-imagine-2"),
    ):
        for mode, count, size, ratio, n in itertools.product(
            model_families.MODES, (0, 1, 9), ("8K", None), ("5:1", None), (1, 5)
        ):
            yield (
                request_rules.model_refusal(takes, mode, references=count, size=size, aspect_ratio=ratio, n=n)
                or ""
            )
    for mode in model_families.MODES:
        request = RequestFacts(
            mode, (PictureFacts("person", reference="a", is_usable=False),), note="x" * 501
        )
        yield from (broken.sentence for broken in request_rules.broken_rules(request))
    for address in (
        "http://a.b",
        "https://a b",
        "https://u:p@a.de",
        "https://a.de:22",
        "https://[",
        "https://10.0.0.1",
    ):
        with pytest.raises(BadImageUrl) as refused:
            validate_image_url(address)
        yield str(refused.value)
    yield request_rules.UNKNOWN_COUNT
    yield from map(request_rules.photo_refusal, ("type", "bytes", "pixels", "side", "small", "busy"))


def test_what_the_model_reads_is_never_translated(db, pseudo_language):
    owner = make_user()
    worn = [Reference(kind="garment", category=name) for name in outfits.CATEGORIES]
    assert worn[1].get_category_display() == "Top"

    def asked() -> list[str]:
        one = [
            prompts.try_on([prompts.Piece(name, 2, fit)], "by night", style=style, retry_hint=hint).text
            for name in outfits.CATEGORIES
            for fit in ("", *outfits.FITS.get(name, ()))
            for style, hint in itertools.product(prompts.STYLES, prompts.RETRY_HINTS.values())
        ]
        rows = tryon.ordered_inputs()
        copies = [OutgoingReference(file_id=f"file_{row.position}") for row in rows]
        return [*one, payload.build_prompt(tryon, rows, copies, mends="face").text]

    tryon = asked_for(owner, "try_on", *make_samples("ada", "breton-top").values(), status="queued")
    english = asked()
    with translation.override(pseudo.CODE):
        assert worn[1].get_category_display() == "⟦Ţöþ⟧"
        assert asked() == english


def test_a_page_says_which_language_it_speaks_and_a_file_does_not_depend_on_it(world, pseudo_language):
    page = Client().get(reverse("privacy"), headers=pseudo_language)
    assert '<html lang="en-xa">' in page.text
    assert page["Content-Language"] == pseudo.CODE
    assert "Accept-Language" in page["Vary"]
    owner = world.browser("owner")
    for name in ("site_sheet", "site_logo", "image_bytes", "shared_bytes", "reference_bytes"):
        _, parts, _ = ROUTES[name]
        answers = [
            owner.get(reverse(name, args=world.parts(parts)), headers=each) for each in (pseudo_language, {})
        ]
        (one, other) = map(body, answers)
        assert one == other
        for answer in answers:
            assert "Accept-Language" not in answer.get("Vary", "")
            assert "Content-Language" not in answer
        assert answers[0].get("ETag") == answers[1].get("ETag")


def test_a_browser_that_asks_for_a_language_that_is_not_there_gets_the_first_one(client):
    page = client.get(reverse("privacy"), headers={"Accept-Language": "fr, de;q=0.5"})
    assert '<html lang="en">' in page.text
    assert django_settings.LANGUAGE_CODE == "en"


def test_where_there_is_one_language_pages_do_not_depend_on_it(client, settings):
    settings.USE_I18N = False
    page = client.get(reverse("privacy"), headers={"Accept-Language": "de"})
    assert '<html lang="en">' in page.text
    assert "Accept-Language" not in page.get("Vary", "")


def test_a_mail_of_the_log_in_speaks_the_language_of_who_asked_for_it(db, pseudo_language):
    user = make_user("who")
    Client().post(reverse("account_reset_password"), {"email": user.email}, headers=pseudo_language)
    [message] = mail.outbox
    said = re.sub(r"\S*://\S+|\S+@\S+", "", f"{message.subject}\n{message.body}")
    assert [word for word in pseudo.english(said) if word not in {"Tryon", "who", "testserver"}] == []


def test_so_does_the_receipt_of_what_was_deleted(world, pseudo_language):
    with translation.override(pseudo.CODE):
        send_receipt(erasure.erase(world.tryon.owner, world.tryon.owner), "who@example.com")
    [message] = mail.outbox
    said = re.sub(r"\S*://\S+|\S+@\S+", "", f"{message.subject}\n{message.body}")
    assert set(pseudo.english(said)) <= {"Tryon"}


@pytest.mark.parametrize(("code", "said"), [("en", "the face changed"), ("de", "The face changed")])
def test_a_label_begins_small_within_an_english_sentence_alone(settings, code, said):
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    with translation.override(code):
        assert Template("{{ label|in_sentence }}").render(Context({"label": "The face changed"})) == said


def test_a_language_is_begun_translated_and_compiled(tmp_path, monkeypatch, settings, client):
    messages = pseudo.script("messages")
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    monkeypatch.setattr(messages, "LOCALE", tmp_path / "tryon" / "locale")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% load i18n %}{% translate "Privacy" %}')
    messages.begin("de")
    [path] = messages.catalogues()
    path.write_text(
        path.read_text().replace('msgid "Privacy"\nmsgstr ""', 'msgid "Privacy"\nmsgstr "Datenschutz"')
    )
    (tmp_path / "templates" / "more.html").write_text('{% load i18n %}{% translate "Who sees it" %}')
    messages.update()
    assert 'msgid "Who sees it"\nmsgstr ""' in path.read_text()
    messages.compile_all()
    settings.LANGUAGES = [("en", "English"), ("de", "Deutsch")]
    settings.LOCALE_PATHS = [messages.LOCALE]
    page = client.get(reverse("privacy"), headers={"Accept-Language": "de-CH, en;q=0.5"})
    assert '<html lang="de">' in page.text
    assert "<h1>Datenschutz</h1>" in page.text
    assert "Who sees it" in page.text


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("<p>Hello you</p>", ["Hello you"]),
        (
            "<p>{{ n }} photo{{ n|pluralize }}</p>",
            ["… photo…", "pluralize: a plural is a whole sentence, by {% plural %}"],
        ),
        ('{{ who|default:"nobody here" }}', ["nobody here"]),
        ('{{ done|yesno:"made,lost" }}', ["made,lost"]),
        ('{% include "x.html" with words="Take it" kind="person" %}', ["Take it"]),
        ('<button aria-label="Close"></button>', ["Close"]),
        ('<p data-said="Try again now" data-kind="person">', ["Try again now"]),
        (
            '<meta name="description" content="A shop"><meta name="viewport" content="width=device-width">',
            ["A shop"],
        ),
        (
            '<p title="{% translate "Close" %}">{% blocktranslate %}All{% endblocktranslate %}',
            [],
        ),
        ('{% include "x.html" with words=_("Take it") %}', []),
        ("{% block main_class %}narrow{% endblock %}", []),
        ('<{% if at %}a href="{{ at }}"{% else %}button{% endif %} class="plain">{{ words }}</x>', []),
        ("<code>make up</code> <p>20 MB, JPEG</p>", []),
        ("<details{% if form.errors %} open{% endif %}><p>Hello you</p></details>", ["Hello you"]),
        (
            """<a href="{% url 'x' on|yesno:'large,original' %}" aria-busy="{{ on|yesno:'true,false' }}">""",
            [],
        ),
    ],
)
def test_a_sentence_of_a_template_that_is_not_marked_is_found(tmp_path, source, found):
    (page := tmp_path / "page.html").write_text(source)
    assert sorted(text for _, text in pseudo.script("words").unmarked(page)) == sorted(found)


def test_what_is_marked_within_an_f_string_is_found():
    source = 'a = f"{_(words)}"\nb = f"{gettext(words) % n}, {told(n)}"\nc = _("words")\n'
    assert [*pseudo.script("words").lost_marks(source)] == [1, 2]


def test_a_mail_in_plain_text_is_looked_through_line_by_line(tmp_path):
    (page := tmp_path / "mail.txt").write_text('{% load i18n %}{% translate "Hello" %}\n\nGo to {{ url }}\n')
    assert pseudo.script("words").unmarked(page) == [(3, "Go to …")]
