"""Thirty wrong passwords at once for one account, each by another host, port or made-up address."""

from __future__ import annotations

from collections import Counter

import httpx

from tests.hostile.site import Site

TRIES = 30


def guess(site: Site) -> Counter[int]:
    """How often each status was answered: 200 and 302 are passwords that were checked."""
    name, _ = site.staff
    answers: Counter[int] = Counter()
    with site.visitor("198.51.100.1") as adversary:
        adversary.open("/accounts/login/")
        token = adversary.field("csrfmiddlewaretoken")
        for number in range(TRIES):
            data = {"csrfmiddlewaretoken": token, "login": name, "password": f"wrong {number}"}
            headers = {"Referer": site.address} | LIES[number % len(LIES)](number)
            answer = adversary.client.post("/accounts/login/", data=data, headers=headers)
            answers[answer.status_code] += 1
    return answers


def let_in(site: Site) -> bool:
    """Whether the owner of the account signs in meanwhile, from another address."""
    name, password = site.staff
    with site.visitor("198.51.100.2") as owner:
        owner.open("/accounts/login/")
        owner.post("/accounts/login/", {"login": name, "password": password})
        return owner.client.get("/admin/", follow_redirects=False).status_code == httpx.codes.OK


LIES = (
    lambda number: {},
    lambda number: {"Host": f"127.0.0.1:{number + 1}"},
    lambda number: {"X-Forwarded-Host": f"host-{number}.example"},
    lambda number: {"X-Real-IP": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"},
    lambda number: {"User-Agent": f"browser {number}", "Cookie": ""},
)
