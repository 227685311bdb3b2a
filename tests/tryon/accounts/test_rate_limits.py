"""Where somebody comes from, and how much they may do in a time."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import RequestFactory

from tryon.accounts.client_address import address_digest, client_address
from tryon.accounts.models import RateLimit

HOUR = dt.timedelta(hours=1)
NOON = dt.datetime(2026, 11, 30, 12, 20, tzinfo=dt.UTC)


def request_from(address: str, **headers: str):
    named = {f"HTTP_{name.upper()}": text for name, text in headers.items()}
    return RequestFactory().get("/", REMOTE_ADDR=address, **named)


# Addresses ----------------------------------------------------------------------------------------
def test_without_a_trusted_header_only_the_connection_says_where_it_comes_from():
    request = request_from("203.0.113.7", x_real_ip="198.51.100.1", x_forwarded_for="198.51.100.2")
    assert str(client_address(request)) == "203.0.113.7"


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("10.9.9.9, 198.51.100.1", "198.51.100.1"),  # the visitor wrote the first, the proxy the last
        ("::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("nonsense", "203.0.113.7"),
        ("", "203.0.113.7"),
    ],
)
def test_the_trusted_header_names_the_visitor(settings, named: str, seen: str):
    settings.CLIENT_IP_HEADER = "X-Real-IP"
    assert str(client_address(request_from("203.0.113.7", x_real_ip=named))) == seen


def test_a_household_counts_as_one_however_many_addresses_it_has():
    one, two, other = (
        address_digest(request_from(f"2001:db8:0:{net}::{host}")) for net, host in ("11", "12", "21")
    )
    assert one == two != other
    assert address_digest(request_from("203.0.113.7")) != address_digest(request_from("203.0.113.8"))


def test_nothing_can_be_read_from_a_digest_without_the_key(settings):
    before = address_digest(request_from("203.0.113.7"))
    settings.SECRET_KEY = "another"
    assert address_digest(request_from("203.0.113.7")) != before


def test_a_socket_file_is_an_address_too():
    assert str(client_address(request_from(""))) == "0.0.0.0"


# Counting -----------------------------------------------------------------------------------------
def take(amount: int, now: dt.datetime = NOON, name: str = "files 1") -> bool:
    return RateLimit.objects.take(name, amount, most=10, window=HOUR, now=now)


@pytest.mark.django_db
def test_what_would_pass_the_most_is_not_counted_at_all():
    assert [take(6), take(5), take(4), take(1)] == [True, False, True, False]
    assert RateLimit.objects.taken_of("files 1", window=HOUR, now=NOON) == 10
    assert take(10, name="files 2")


@pytest.mark.django_db
def test_the_next_window_begins_anew_and_the_past_is_forgotten():
    take(10)
    assert take(10, now=NOON + HOUR)
    assert RateLimit.objects.forget_past(NOON + HOUR) == 1
    assert RateLimit.objects.get().taken == 10
