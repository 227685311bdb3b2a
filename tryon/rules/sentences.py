"""What rules say to people: English, marked for translation, which is the presenters' work (pure)."""

from __future__ import annotations

from typing import Any, Self


class Sentence(str):
    """English as it stands, and what it was made of, for it to be said in another language.

    `values` fill the names in `msgid`, or in `many` where `number` asks for that form. Those
    of them that are marked words are translated too.
    """

    msgid: str
    many: str
    number: int
    values: dict[str, Any]

    @classmethod
    def of(cls, msgid: str, values: dict[str, Any], many: str = "", number: int = 1) -> Self:
        said = cls((many if many and number != 1 else msgid) % values)
        said.msgid, said.many, said.number, said.values = msgid, many, number, values
        return said

    def __str__(self) -> Self:
        """Itself, so that an exception that carries it gives back more than its English."""
        return self


def gettext_noop(words: str) -> str:
    """Marks words without a value in them."""
    return words


def sentence(msgid: str, **values: Any) -> Sentence:
    return Sentence.of(msgid, values)


def plural(one: str, many: str, number: int, **values: Any) -> Sentence:
    """The form for `number` of something, which is a value of that name too."""
    return Sentence.of(one, {"number": number, **values}, many, number)
