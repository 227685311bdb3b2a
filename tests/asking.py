"""Browsers for tests: who asks, and what came back (streamed answers hold a file until they are read)."""

from __future__ import annotations

from django.core import signing
from django.http import HttpResponse
from django.test import Client

from tryon.accounts.current_user import VISITOR_COOKIE
from tryon.accounts.models import User


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def visiting(guest: User) -> Client:
    """The browser of a visitor without an account, who has made something before."""
    client = Client()
    signer = signing.get_cookie_signer(salt=VISITOR_COOKIE * 2)
    client.cookies[VISITOR_COOKIE] = signer.sign(str(guest.visitor))
    return client


def status(answer: HttpResponse) -> int:
    body(answer)
    return answer.status_code


def body(answer: HttpResponse) -> bytes:
    """The whole content, streamed or not; reading a stream to its end closes its file."""
    return b"".join(answer)
