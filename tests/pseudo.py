"""A language that nobody speaks: each word of ours accented, in brackets. The others are not marked."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from io import BytesIO
from pathlib import Path
from types import ModuleType

import allauth
import django
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
CODE = "en-xa"
ACCENTED = str.maketrans(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
    "ÀƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽàƀçðéƒĝĥîĵķļṁñöþɋŕšţûṽŵẋýž",
)
# What is filled in, and what a browser reads, stays as it is.
KEPT = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\w*\}|<[^>]*>|&\w+;")
# Of what stands beside our own words: Django's, and those of the log-in.
OTHERS = [
    *(Path(django.__file__).parent).glob("conf/locale/en/LC_MESSAGES/django.po"),
    *(Path(django.__file__).parent).glob("contrib/a*/locale/en/LC_MESSAGES/django.po"),
    *(Path(allauth.__file__).parent).glob("locale/en/LC_MESSAGES/django.po"),
]


@cache
def script(name: str) -> ModuleType:
    """One of .ci/ as a module."""
    loader = SourceFileLoader(f"ci_{name}", str(ROOT / ".ci" / name))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def accented(words: str) -> str:
    kept = KEPT.findall(words)
    told = [part.translate(ACCENTED) for part in KEPT.split(words)]
    return "⟦" + "".join(a + b for a, b in zip(told, [*kept, ""], strict=True)) + "⟧"


def write_catalogue(folder: Path) -> None:
    """All that is marked, of ours, Django's and the log-in's, as Django reads it."""
    catalog = Catalog(locale="en")
    for source in OTHERS:
        for message in read_po(BytesIO(source.read_bytes()), locale="en"):
            if message.id and "FORMAT" not in str(message.id):
                _add(catalog, message.id, message.context)
    for message in script("messages").gathered():
        if message.id:
            _add(catalog, message.id, message.context)
    path = folder / "en_XA" / "LC_MESSAGES" / "django.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalog)


def _add(catalog: Catalog, words: str | tuple[str, ...], context: str | None) -> None:
    told = accented(words) if isinstance(words, str) else tuple(map(accented, words))
    catalog.add(words, told, context=context)


class Page(HTMLParser):
    """What is seen of a page or read out: `said`, each a text node or an attribute."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        words = script("words")
        if tag in words.NO_LANGUAGE:
            self._open.append(tag)
        fields = {name: value or "" for name, value in attrs}
        for name, value in fields.items():
            if name in words.READ_OUT or (name.startswith("data-") and words.says(value, words.WORDS)):
                self.said.append(value)

    def handle_endtag(self, tag: str) -> None:
        if self._open and self._open[-1] == tag:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        if not self._open:
            self.said.append(" ".join(data.split()))


ENGLISH = re.compile(r"(?<![\w@./{-])[A-Za-z]{2,}(?![\w@/}-]|\.\w)")


def english(text: str) -> list[str]:
    """The words of a text that are in no other language; addresses and names of files are none."""
    return [word for word in ENGLISH.findall(text) if word not in script("words").NAMES]


def without(text: str, names: set[str]) -> str:
    return ENGLISH.sub(lambda found: "" if found[0] in names else found[0], text)
