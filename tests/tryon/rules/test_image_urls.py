"""Which addresses of pictures are passed on: public https ones, as they were given."""

import pytest

from tryon import links


@pytest.mark.parametrize(
    ("given", "passed_on"),
    [
        ("https://shop.example.com/shirt.jpg", None),
        ("  https://shop.example.com/shirt.jpg?w=1200&v=2 ", "https://shop.example.com/shirt.jpg?w=1200&v=2"),
        ("HTTPS://Shop.Example.com/Shirt.JPG", "https://shop.example.com/Shirt.JPG"),
        ("https://shop.example.com:443/a.jpg#top", "https://shop.example.com/a.jpg"),
        ("https://shop.example.com:8443/a.jpg", None),
        ("https://bücher.example.com/é.jpg", "https://xn--bcher-kva.example.com/é.jpg"),
        ("https://shop.example.com./a.jpg", "https://shop.example.com/a.jpg"),
    ],
)
def test_a_public_address_is_passed_on(given, passed_on):
    assert links.checked(given) == (passed_on or given)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "begin with https"),
        ("shop.example.com/a.jpg", "begin with https"),
        ("http://shop.example.com/a.jpg", "begin with https"),
        ("ftp://shop.example.com/a.jpg", "begin with https"),
        ("data:image/png;base64,AAAA", "begin with https"),
        ("javascript:alert(1)", "begin with https"),
        ("https:///a.jpg", "begin with https"),
        ("https://me:secret@shop.example.com/a.jpg", "name or a password"),
        ("https://me@shop.example.com/a.jpg", "name or a password"),
        ("https://localhost/a.jpg", "everybody can open"),
        ("https://printer/a.jpg", "everybody can open"),
        ("https://nas.local/a.jpg", "everybody can open"),
        ("https://db.internal/a.jpg", "everybody can open"),
        ("https://127.0.0.1/a.jpg", "everybody can open"),
        ("https://8.8.8.8/a.jpg", "everybody can open"),
        ("https://[::1]/a.jpg", "everybody can open"),
        ("https://2130706433/a.jpg", "everybody can open"),
        ("https://127.1/a.jpg", "everybody can open"),
        ("https://shop.example.com/a b.jpg", "no address has"),
        ('https://shop.example.com/"onload=', "no address has"),
        ("https://shop.example.com/a\n.jpg", "no address has"),
        ("https://shop.example.com:99999/a.jpg", "could not read"),
        ("https://[shop/a.jpg", "could not read"),
        (f"https://shop.example.com/{'a' * 2000}", "shorter than 2000"),
        (f"https://{'a' * 70}.example.com/a.jpg", "could not read"),
    ],
)
def test_any_other_address_is_refused_in_words(address, words):
    with pytest.raises(links.BadLink, match=words):
        links.checked(address)
