"""Which addresses of pictures are passed on: public https ones, as given; and what counts as public."""

import pytest

from tryon.rules.image_urls import BadImageUrl, host_may_be_public, is_public_ip, validate_image_url


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
    assert validate_image_url(given) == (passed_on or given)


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
        ("https://shop.example.com:22/a.jpg", "must not name a port"),
        ("https://shop.example.com:6379/a.jpg", "must not name a port"),
        ("https://shop.example.com:0/a.jpg", "must not name a port"),
        (f"https://shop.example.com/{'a' * 2000}", "shorter than 2000"),
        (f"https://{'a' * 70}.example.com/a.jpg", "could not read"),
    ],
)
def test_any_other_address_is_refused_in_words(address, words):
    with pytest.raises(BadImageUrl, match=words):
        validate_image_url(address)


@pytest.mark.parametrize(
    ("address", "public"),
    [(address, True) for address in (
        "8.8.8.8", "193.0.6.139", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1",
    )]
    + [(address, False) for address in (
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
        "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1",
        "::ffff:0:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b:1::8.8.8.8", "100::1", "2001::1", "2001:db8::1",
        "2002:7f00:1::", "2002:c0a8:101::1", "3fff::1", "4000::1", "5f00::1", "fc00::1", "fd00::1", "fe80::1",
        "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1", "pictures.example", "127.1", "",
    )],
)  # fmt: skip
def test_an_ip_address_is_public_only_if_all_that_it_hides_is(address, public):
    assert is_public_ip(address) is public


def test_a_name_longer_than_any_is_not_public():
    assert host_may_be_public("a." * 125 + "com")
    assert not host_may_be_public("a." * 126 + "com")
    assert host_may_be_public("a" * 63 + ".com")
    assert not host_may_be_public("a" * 64 + ".com")
