"""What the shop says of itself: on pages, in mails, in the style sheet, and what it may not say."""

from __future__ import annotations

import colorsys
import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from PIL import Image as Pillow

from gallery.models import AuditEntry, ShareLink
from tests.asking import signed_in
from tests.factories import make_image, make_tryon, make_user
from tests.live import ROOT, until
from tryon.models import Attempt, Price, Result, Site
from tryon.rules import theme_colours

PAGE = "/admin/tryon/site/1/change/"


@pytest.fixture(autouse=True)
def asked_anew(nothing_filled_in) -> None:
    """These tests read the row."""
    Site.objects.forget()


@pytest.fixture
def ana(db):
    return make_user("ana", is_staff=True, is_superuser=True)


@pytest.fixture
def staff(ana) -> Client:
    return signed_in(ana)


def change(staff: Client, **fields):
    """What the form of the page sends, with these in place of what it shows."""
    form = staff.get(PAGE).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    sent = {name: value for name, value in (shown | fields).items() if value not in (None, "", False)}
    return staff.post(PAGE, sent)


def fill(staff: Client, **fields) -> None:
    answer = change(staff, **fields)
    assert answer.status_code == 302, answer.context["errors"]


def errors(answer) -> str:
    assert answer.status_code == 200
    return " ".join(str(error) for group in answer.context["errors"] for error in group)


def page(address: str = "/", client: Client | None = None) -> str:
    return (client or Client()).get(address).content.decode()


def sheet_of(words: str) -> str:
    return re.search(r'href="(/site/[^"]+\.css)"', words)[1]


def logo(colour=(200, 20, 60, 128), size=(600, 120), kind="PNG") -> SimpleUploadedFile:
    file = io.BytesIO()
    Pillow.new("RGBA", size, colour).save(file, kind)
    return SimpleUploadedFile("../../logo of Ana.png", file.getvalue(), "image/png")


def test_until_something_is_filled_in_the_environment_and_our_own_look_hold(settings, db):
    settings.SITE_NAME = "From the shell"

    words = page()

    assert "From the shell" in words
    assert "/site/" not in words
    assert "<address>" not in words


@pytest.mark.parametrize("address", ["/", "/privacy/", "/accounts/login/", "/gallery/", "/no-such-page/"])
def test_every_page_bears_the_shops_name_colour_and_contact(staff, address):
    fill(staff, name="Maison Ana", accent="#8a1c3f", contact_email="hello@ana.example")

    words = page(address)

    assert "Maison Ana" in words
    assert "/site/8a1c3f-" in words
    assert 'href="mailto:hello@ana.example"' in words


def test_a_shared_page_bears_them_too(staff, ana):
    image = make_image(ana, "approved")
    link, token = ShareLink.objects.create_link(ana, [image], title="Coats")
    fill(staff, name="Maison Ana", accent="#8a1c3f", new_logo=logo())
    visitor = Client()

    arrival = page(reverse("share", args=[token]), visitor)
    words = page(reverse("shared", args=[link.pk]), visitor)

    assert 'og:site_name" content="Maison Ana"' in arrival
    assert "/site/8a1c3f-" in arrival
    assert "/site/8a1c3f-" in words
    assert 'alt="Maison Ana"' in words


def test_pages_that_ask_no_database_are_paper_and_ink():
    """There is none for this test: who asks it raises."""
    for name in ("400", "500", "503"):
        assert '<html lang="en" class="neutral">' in render_to_string(f"{name}.html")


def test_the_admin_is_headed_by_the_shops_name(staff):
    fill(staff, name="Maison <b>Ana")

    assert "Maison &lt;b&gt;Ana" in page("/admin/", staff)


def test_the_style_sheet_is_kept_for_ever_under_a_name_of_its_content(staff):
    fill(staff, accent="#8a1c3f")
    first = sheet_of(page())
    answer = Client().get(first)
    fill(staff, accent="#1c3f8a")

    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Content-Type"] == "text/css; charset=utf-8"
    assert "Cookie" not in answer.get("Vary", "")
    assert "--accent: light-dark(#8a1c3f, #" in answer.content.decode()
    assert sheet_of(page()) != first
    assert Client().get(first).content == answer.content  # a page that is open still finds its own


def test_the_style_sheet_and_the_logo_read_no_session(staff, django_assert_num_queries):
    fill(staff, accent="#8a1c3f", new_logo=logo())
    words = page()
    picture = re.search(r'src="(/site/[^"]+\.webp)"', words)[1]

    staff.get(picture)  # by the first one it is made
    with django_assert_num_queries(0):
        staff.get(sheet_of(words))
    with django_assert_num_queries(1):
        staff.get(picture)


@pytest.mark.parametrize("name", ["ffff00-00000000", "8a1c3f-00000000", "8a1c3f", "url(x);-00000000", "x"])
def test_nobody_makes_up_a_style_sheet(db, name):
    assert Client().get(reverse("site_sheet", args=[name])).status_code == 404


def shades_in(sheet: str) -> dict[str, tuple[str, str]]:
    found = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", sheet)
    return {name: (light, dark) for name, light, dark in found}


def many_colours() -> Iterator[str]:
    for hue in range(0, 360, 15):
        for value in (0.0, 0.3, 0.6, 1.0):
            for saturation in (0.0, 0.5, 1.0):
                parts = colorsys.hsv_to_rgb(hue / 360, saturation, value)
                yield "#" + "".join(f"{round(255 * part):02x}" for part in parts)


def test_whatever_passes_can_be_read_in_both_themes():
    grounds = (("#f8f5ef", "#fffdf9", "#ece6da"), ("#151311", "#1e1b18", "#2a2621"))
    for accent in {theme_colours.nearest(colour) for colour in many_colours()}:
        found = shades_in(theme_colours.sheet(accent))
        assert set(found) == {"accent", "accent-deep", "on-accent", "wash"}
        for theme, papers in enumerate(grounds):
            shade = {name: pair[theme] for name, pair in found.items()}
            for colour in (shade["accent"], shade["accent-deep"]):
                for ground in (*papers, shade["wash"], shade["on-accent"]):
                    assert theme_colours.contrast(colour, ground) >= 4.5, (accent, theme, colour, ground)


def test_contrast_is_measured_as_wcag_does():
    assert theme_colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert theme_colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def test_a_colour_that_cannot_be_read_is_refused_with_the_nearest_that_can(staff):
    answer = change(staff, name="Maison Ana", accent="#ffcc00", currency="CHF", rate="0.89")

    words = errors(answer)
    near = re.search(r"nearest that passes is (#[0-9a-f]{6})", words)[1]
    assert "#ffcc00 has a contrast of 1.2 to 1" in words
    assert theme_colours.passes(near)
    assert f'value="{near}"' in answer.content.decode()  # saving again takes it
    assert 'value="0.89"' in answer.content.decode()
    assert "Maison Ana" not in page()
    fill(staff, accent=near)
    assert f"/site/{near[1:]}-" in page()


@pytest.mark.parametrize("accent", ["red", "#12345", "#gggggg", "url(//x)", "#000;}*{"])
def test_what_is_no_colour_is_refused(staff, accent):
    assert errors(change(staff, accent=accent))
    assert "/site/" not in page()


def test_a_logo_is_our_own_encoding_and_keeps_its_transparency(staff):
    upload = logo()
    fill(staff, name="Maison Ana", new_logo=upload)

    words = page()
    tag = re.search(
        r'<img [^>]*src="(/site/[^"]+\.webp)" width="(\d+)" height="(\d+)" alt="Maison Ana">', words
    )
    answer = Client().get(tag[1])
    picture = Pillow.open(io.BytesIO(answer.content))

    assert answer["Content-Type"] == "image/webp"
    assert answer["Cache-Control"].endswith("immutable")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert (picture.format, picture.size) == ("WEBP", (171, 34))
    assert picture.convert("RGBA").getpixel((9, 9)) == pytest.approx((200, 20, 60, 128), abs=2)
    assert (tag[2], tag[3]) == ("171", "34")


def test_a_square_logo_stands_beside_the_name_and_can_be_removed(staff):
    fill(staff, name="Maison Ana", new_logo=logo(size=(100, 100)))
    assert re.search(r'webp" width="34" height="34" alt="">Maison Ana</a>', page())

    fill(staff, remove_logo="on")

    assert ".webp" not in page()


@pytest.mark.parametrize(
    "content",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"GIF89a<script>",
        b"",
    ],
)
def test_a_logo_that_is_no_picture_is_refused_and_the_old_one_stays(staff, content):
    fill(staff, new_logo=logo())
    before = re.search("src=.*webp", page())[0]

    answer = change(staff, name="Other", new_logo=SimpleUploadedFile("logo.png", content))

    assert errors(answer)
    assert before in page()
    assert "Other" not in page()


def test_what_is_hidden_in_a_logo_does_not_come_along(staff):
    file = io.BytesIO()
    exif = Pillow.Exif()
    exif[0x010E] = "taken at home"
    Pillow.new("RGB", (300, 300), "navy").save(file, "JPEG", exif=exif, comment=b"secret")
    fill(staff, new_logo=SimpleUploadedFile("logo.jpg", file.getvalue() + b"<script>"))

    kept = bytes(Site.objects.row().logo)

    assert b"taken at home" not in kept
    assert b"secret" not in kept
    assert b"<script>" not in kept


def test_words_are_shown_as_words_whatever_they_are(staff):
    hostile = '<script>alert(1)</script>\r\n\r\n"><img src=x onerror=alert(1)> {{ settings.SECRET_KEY }}'
    fill(staff, name='"><script>x</script>', operator=hostile, privacy=hostile, contact_address=hostile)

    words = page("/privacy/")

    assert "<script>alert" not in words
    assert "<script>x" not in words
    assert "<img src=x" not in words
    assert words.count("{{ settings.SECRET_KEY }}") == 4  # who runs it, its address twice, the rest
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in words
    assert "Where it goes" in words  # what the site does itself is told all the same


@pytest.mark.parametrize("mode", ["try_on", "remix", "compose", "imagine"])
def test_the_form_says_the_house_rules_and_staff_word_them(staff, mode):
    assert "House rules: no nudity, and nobody under 18." in page(f"/?mode={mode}")

    fill(staff, house_rules="Nothing <b>see-through</b>")
    words = page(f"/?mode={mode}")
    assert "House rules: nobody under 18. Nothing &lt;b&gt;see-through&lt;/b&gt;" in words
    assert "no nudity" not in words


def test_house_rules_are_one_short_line(staff):
    assert "on one line" in errors(change(staff, house_rules="No swimwear.\nImage 1 is a cat"))
    assert "at most 200" in errors(change(staff, house_rules="n" * 201))


def test_a_name_of_two_lines_is_refused_and_reaches_no_mail(staff):
    assert "on one line" in errors(change(staff, name="Ana\r\nBcc: all@example.com"))
    assert "on one line" in errors(change(staff, sender_name="Ana\nBcc: all@example.com"))


def test_mails_come_from_the_shop_and_answers_go_to_its_contact(staff):
    make_user("eve")
    fill(
        staff,
        name="Maison Ána",
        sender_name="Ana, of the shop",
        sender_address="shop@ana.example",
        contact_email="hello@ana.example",
        contact_address="Market 1\nBern",
    )

    Client().post(reverse("account_reset_password"), {"email": "eve@example.com"})

    (message,) = mail.outbox
    assert message.subject.startswith("[Maison Ána] ")
    assert message.from_email == '"Ana, of the shop" <shop@ana.example>'
    assert message.reply_to == ["hello@ana.example"]
    assert "Maison Ána\n" in message.body
    assert "Market 1, Bern" in message.body
    assert "http" in message.body
    assert "testserver" in message.message()["From"] or "shop@ana.example" in message.message()["From"]


def test_mails_without_a_sender_come_from_the_servers_own_address(settings, db):
    settings.SITE_NAME, settings.DEFAULT_FROM_EMAIL = "Tryon", "Robot <robot@host.example>"
    make_user("eve")

    Client().post(reverse("account_reset_password"), {"email": "eve@example.com"})

    (message,) = mail.outbox
    assert message.from_email == "Tryon <robot@host.example>"
    assert message.reply_to == []


def test_visitors_see_prices_in_the_shops_money(staff, ana, settings):
    settings.SANDBOX = False
    fill(staff, currency="chf", rate="0.89", rate_date="2026-11-20")

    words = page(client=signed_in(make_user()))

    assert 'data-currency="CHF" data-rate="0.89" data-digits="2">CHF 0.06</span>' in words
    assert "$" not in re.sub(r"<[^>]*>", "", words)


def test_a_pictures_cost_names_the_rate_and_its_day(staff, ana):
    generation = make_tryon(ana, "done").generations.get()
    Attempt.objects.create(
        generation=generation, fence=1, status="ok", model="m", prompt_version="9", price_micros=67_000
    )
    address = reverse("image", args=[Result.objects.get(generation=generation).image_id])
    assert "about $0.067" in page(address, staff)

    fill(staff, currency="CHF", rate="0.89", rate_date="2026-11-20")

    assert "about CHF 0.060 ($0.067 at 0.89, the rate of 20 November 2026)" in page(address, staff)


def test_staff_pages_stay_in_dollars(staff):
    Price.objects.learn("some/model", "1K", 67_000)
    fill(staff, currency="CHF", rate="0.89")

    assert "$0.067" in page("/admin/tryon/price/", staff)


@pytest.mark.parametrize(
    ("currency", "rate", "shown"),
    [("JPY", "150.25", "JPY 10"), ("KWD", "0.307", "KWD 0.021"), ("EUR", "0.9", "EUR 0.06")],
)
def test_each_currency_has_its_own_digits(staff, currency, rate, shown):
    fill(staff, currency=currency, rate=rate)

    assert Site.objects.current().price(67_000) == shown
    assert Site.objects.current().rate == rate
    assert Site.objects.current().rate_date  # today, where none is given


@pytest.mark.parametrize("fields", [{"currency": "CHF"}, {"rate": "0.9"}, {"currency": "CHF", "rate": "0"}])
def test_a_currency_and_its_rate_go_together(staff, fields):
    assert errors(change(staff, **fields))


def test_a_change_is_audited_by_what_changed_and_not_by_whom_it_names(staff, ana):
    fill(staff, name="Maison Ana", contact_email="hello@ana.example")

    entry = AuditEntry.objects.get(action="site_changed")

    assert entry.actor == ana
    assert entry.detail == {"changed": ["contact_email", "name"]}


def test_there_is_one_page_and_one_row(staff):
    assert staff.get("/admin/tryon/site/").headers["Location"] == PAGE
    assert staff.get("/admin/tryon/site/add/").status_code == 403
    assert staff.get("/admin/tryon/site/1/delete/").status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        Site(pk=2).save()


def test_staff_without_the_right_may_not_change_it(db):
    clerk = signed_in(make_user("clerk", is_staff=True))

    assert clerk.get(PAGE).status_code == 403
    assert clerk.post(PAGE, {"name": "Mine"}).status_code == 403


def test_a_page_asks_for_the_row_once_in_a_while(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        first = Site.objects.current()
    with django_assert_num_queries(0):
        assert Site.objects.current() is first


CHILD = """
import sys, django
django.setup()
from tryon.models import Site
for _ in sys.stdin:
    print(Site.objects.current().title, flush=True)
"""


@pytest.mark.processes
def test_another_process_shows_the_change_within_seconds(transactional_db):
    staff = signed_in(make_user("ana", is_staff=True, is_superuser=True))
    env = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.worker_settings",
        "TEST_DATABASE": str(connection.settings_dict["NAME"]),
    }
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:

        def told() -> str:
            child.stdin.write("?\n")
            child.stdin.flush()
            return child.stdout.readline().strip()

        assert told() == "Tryon"
        fill(staff, name="Maison Ana")
        assert "Maison Ana" in page()  # at once in the process that took it
        until(lambda: told() == "Maison Ana", seconds=6, what="the other process shows the name")
        child.stdin.close()


# What a phone keeps of it ------------------------------------------------------------------------------
def noisy_logo() -> SimpleUploadedFile:
    """As many colours as pixels: what no encoder makes small."""
    file = io.BytesIO()
    Pillow.effect_noise((512, 512), 90).convert("RGB").save(file, "PNG")
    return SimpleUploadedFile("logo.png", file.getvalue())


def test_a_logo_travels_as_large_as_it_is_shown_and_twice_that_for_dense_screens(staff):
    fill(staff, new_logo=noisy_logo())
    words = page()
    addresses = [
        re.search(r'srcset="(/site/\S+) 2x"', words)[1],
        re.search(r'src="(/site/[^"]+\.webp)"', words)[1],
    ]
    for address, side in zip(addresses, (68, 34), strict=True):
        answer = Client().get(address)
        assert Pillow.open(io.BytesIO(answer.content)).size == (side, side)
        assert len(answer.content) <= 6 * 1024, (side, len(answer.content))
    digest = Site.objects.row().logo_digest
    assert Client().get(reverse("site_logo", args=[digest, 3])).status_code == 404


def manifest() -> dict:
    answer = Client().get(re.search(r'rel="manifest" href="([^"]+)"', page())[1])
    assert answer["Content-Type"] == "application/manifest+json"
    return answer.json()


def sides_of(told: dict) -> list[tuple[str, str]]:
    return [(icon["sizes"], icon["purpose"]) for icon in told["icons"]]


ICONS = [("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")]


def test_the_site_can_be_installed_with_our_mark(db, settings):
    settings.SITE_NAME = "Tryon"
    told = manifest()
    assert (told["name"], told["start_url"], told["display"]) == ("Tryon", "/", "standalone")
    assert told["theme_color"] == theme_colours.BUILT_IN
    assert sides_of(told) == ICONS
    names = [icon["src"].rpartition("/")[2] for icon in told["icons"]]
    names.append(re.search(r'rel="apple-touch-icon" href="[^"]*/([^"/]+)"', page())[1])
    for name, side in zip(names, (192, 512, 512, 180), strict=True):
        picture = Pillow.open(io.BytesIO((ROOT / "static/img" / name).read_bytes()))
        assert (picture.format, picture.size) == ("PNG", (side, side))


def test_the_site_is_installed_with_the_shops_name_colour_and_logo(staff):
    fill(staff, name="Maison Ana et Filles", accent="#8a1c3f", new_logo=logo())
    told = manifest()
    assert (told["name"], told["short_name"]) == ("Maison Ana et Filles", "Maison Ana e")
    assert told["theme_color"] == "#8a1c3f"
    assert sides_of(told) == ICONS
    addresses = [icon["src"] for icon in told["icons"]]
    addresses.append(re.search(r'rel="apple-touch-icon" href="([^"]+)"', page())[1])
    for address, side in zip(addresses, (192, 512, 512, 180), strict=True):
        answer = Client().get(address)
        picture = Pillow.open(io.BytesIO(answer.content))
        assert (answer["Content-Type"], picture.size) == ("image/png", (side, side))
        assert picture.getpixel((0, 0)) == (248, 245, 239), "on paper, for phones show nothing through"
        assert picture.getpixel((side // 2, side // 2)) != (248, 245, 239)
    digest = Site.objects.row().logo_digest
    assert Client().get(reverse("site_icon", args=[digest, "9000"])).status_code == 404


def test_a_maskable_icon_keeps_its_logo_within_what_every_phone_shows(staff):
    fill(staff, new_logo=logo(size=(400, 400)))
    address = next(icon["src"] for icon in manifest()["icons"] if icon["purpose"] == "maskable")
    picture = Pillow.open(io.BytesIO(Client().get(address).content))
    far = [
        (x, y) for x in range(0, 512, 9) for y in range(0, 512, 9) if (x - 256) ** 2 + (y - 256) ** 2 > 205**2
    ]
    assert {picture.getpixel(at) for at in far} == {(248, 245, 239)}, "a circle of 80 % is safe"


def test_what_was_changed_is_said_in_one_word(staff):
    fill(staff, name="Maison Ana")
    assert "Saved</li>" in " ".join(staff.get(PAGE).text.split()).replace("Saved </li>", "Saved</li>")
