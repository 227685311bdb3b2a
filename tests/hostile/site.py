"""A running product behind the proxy of docker-compose.yml, for adversaries to try themselves on."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests import nginx
from tests.journey import SAMPLES, Visitor
from tests.nginx import Nginx, free_port
from tests.up import Up

CAPS = {"PICTURES_PER_HOUR_ADDRESS": "20", "PICTURES_PER_DAY_ADDRESS": "60", "PICTURES_PER_DAY_GUEST": "10"}


class Site:
    """`manage.py up` with an operator's caps, `address` being that of nginx in front, or its own without one.

    Whom a request comes from is told to the proxy, as the TLS proxy in front of it does.
    """

    def __init__(self, folder: Path, *, with_proxy: bool = True, **settings: str) -> None:
        self._held, port = ExitStack(), free_port()
        folder.mkdir(exist_ok=True)
        has_proxy = with_proxy and bool(nginx.found())
        given = {"SITE_URL": f"http://127.0.0.1:{port}", "CLIENT_IP_HEADER": "X-Real-IP"}
        web_port = free_port() if has_proxy else port
        given["PORT"] = str(web_port)
        self.up = self._held.enter_context(
            Up(folder / "data", REVIEW="after_sharing", **CAPS | given | settings)
        ).ready()
        if has_proxy:
            proxy = Nginx(folder / "proxy", web_port, web_port, folder / "data", port)
            self._held.enter_context(proxy)
        self.address = given["SITE_URL"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._held.close()

    def visitor(self, of: str) -> Visitor:
        name = "X-Forwarded-For" if nginx.found() else "X-Real-IP"
        return Visitor(self.address, **{name: of})

    @property
    def staff(self) -> tuple[str, str]:
        """Name and password of the first staff account."""
        found = re.search(r"Staff log-in: \S+ as (\S+) / (\S+) ", self.up.output)
        assert found
        return found[1], found[2]


def order_samples(visitor: Visitor, **changes: str) -> str:
    """Post the form with the first samples; the path of the try-on, or of the form that says why not."""
    visitor.open("/")
    fields = {
        name: visitor.field(name) for name in ("csrfmiddlewaretoken", "key", "mode", *SAMPLES)
    } | changes
    headers = {"Referer": str(visitor.client.base_url)}
    answer = visitor.client.post("/", data=fields, headers=headers)
    visitor.page, visitor.path = answer.text, answer.url.path
    return visitor.path


def shared_picture(site: Site) -> tuple[Visitor, str]:
    """Somebody who holds a share link, and the path of a picture in it."""
    owner = site.visitor("198.51.100.200")
    path = order_samples(owner)
    owner.finished(path)
    image = re.search(r"/gallery/([0-9a-f-]{36})/", owner.page)[1]  # type: ignore[index]
    owner.open(f"/gallery/{image}/")
    told = owner.post("/links/", {"images": image, "title": "", "days": "7"})
    link = re.search(r"/s/([\w-]{43})", told)[1]  # type: ignore[index]
    holder = site.visitor("198.51.100.201")
    holder.open(f"/s/{link}")
    shared = re.search(r"/shared/[0-9a-f-]{36}/", holder.page)[0]  # type: ignore[index]
    holder.open(shared)
    return holder, f"{shared}{image}/small"
