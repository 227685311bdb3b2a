"""What a request for pictures may ask: each rule once, with its sentence, for the form and for submission.

Pure: what only rows know (a photo was deleted, a model is offered) is told as facts. How large a photo may
be is the rule of `gallery.pictures`, which decodes it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gallery import pictures
from tryon.rules import outfits
from tryon.rules.image_urls import LONGEST_URL
from tryon.rules.model_families import MOST_PICTURES, REFERENCES, Family
from tryon.rules.sentences import Sentence, plural, sentence
from tryon.rules.sentences import gettext_noop as _

LONGEST_NOTE = 500  # characters
LONGEST_HOUSE_RULES = 200  # characters
# The roles in which a picture may show somebody, each with the version of the words beside its box. No two
# have one version: code from before there were roles looks for one row of a version.
CONSENT_VERSIONS = {"person": "2026-11", "picture": "2026-11-picture"}

PICTURE_MISSING = {
    "person": _("Select a photo of the person"),
    "garment": _("Select a photo of the garment"),
    "picture": _("Select a picture"),
}
PHOTO_GONE = _("One of these photos was deleted. Choose it again")
NO_LINKS = _("Pictures by address are for members, where this site allows them. Upload the picture instead")
CONSENT_MISSING = _("Tick the box to say that you may use this photo")
WORDS_MISSING = _("Say in words what you want to see")
NOTE_TOO_LONG = sentence("Keep the instruction under %(most)s characters", most=LONGEST_NOTE)
SAME_PICTURE = _("You chose the same picture twice. Keep one of them.")
SAME_GARMENT = _("You chose the same garment twice. Keep one of them.")
SAME_AS_PERSON = _("The person and a garment are the same photo. Choose another one for the garment.")
UNKNOWN_MODE = _("Choose one of the ways to ask for a picture")
UNKNOWN_CATEGORY = _("Choose one of the kinds of garment")
UNKNOWN_FIT = _("Choose one of the ways to wear it.")
UNKNOWN_COUNT = sentence(
    "Choose %(counts)s or %(most)s pictures",
    counts=", ".join(map(str, range(1, MOST_PICTURES))),
    most=MOST_PICTURES,
)
UNKNOWN_SIZE = _("Choose one of the sizes")
UNKNOWN_RATIO = _("Choose one of the shapes")
MODEL_GONE = _("This model is not offered any more. Choose another one")
MODEL_GONE_AGAIN = _("Its model is not offered any more. Change what you chose, and choose another model")
NOT_TO_BE_MENDED = _("This picture cannot be made again with that fixed")
STILL_BEING_MADE = _("This picture is still being made")


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What is known of one picture of a request, at its place: the first, second … of its kind.

    `kind` is person, garment or picture; `category` and `fit` say how a garment is worn. `reference` is
    another for each row, `photo` the same for the same bytes; both are "" for a picture that was refused
    already, of which only its place counts.
    """

    kind: str
    number: int = 1
    reference: str = ""
    photo: str = ""
    category: str = "auto"
    fit: str = ""
    is_usable: bool = True  # not deleted, and the asker's own or the house's
    is_linked: bool = False
    is_consented: bool = True  # as what it is given here, or needs no consent

    @property
    def place(self) -> str:
        return place(self.kind, self.number)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request as it is judged; `size` and `aspect_ratio` are None where they are left open."""

    mode: str
    pictures: tuple[PictureFacts, ...]
    note: str = ""
    size: str | None = None
    aspect_ratio: str | None = None
    count: int = 1
    may_link: bool = False


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """The sentence for the user, and the field of the form that it belongs to; "" for all of it."""

    sentence: str
    place: str = ""


def place(kind: str, number: int) -> str:
    """The form's field for a picture: the first of a kind has no number, then `garment-2` … `garment-7`."""
    return kind if number == 1 else f"{kind}-{number}"


def limits_of(mode: str) -> dict[str, Any]:
    """What a page tells its scripts, for them to say it at once; `{…}` is filled in over there."""
    return {
        "photo_bytes": pictures.LARGEST_BYTES,
        "photo_too_large": photo_refusal("bytes"),
        "photo_other": photo_refusal("type"),
        "note_characters": LONGEST_NOTE,
        "address_characters": LONGEST_URL,
        "picture_missing": PICTURE_MISSING,
        "words_missing": WORDS_MISSING,
        "consent_missing": CONSENT_MISSING,
        "too_many": too_many(mode, "{most}", "{over}"),
        "kinds": json.dumps(_kinds()),
        "takes_place": takes_place("{new}", "{old}"),
        "only_one": only_one("{two}"),
    }


def photo_refusal(code: str) -> Sentence:
    """Why a photo is not taken, by the code of `gallery.pictures.BadPicture`."""
    return sentence(pictures.MARKED[code], **pictures.VALUES)


def _kinds() -> dict[str, dict[str, Any]]:
    return {
        name: {"name": name, "layer": kind.layer, "two": kind.two, "gives_way": outfits.gives_way(name)}
        for name, kind in outfits.BY_NAME.items()
    }


def refusal(request: RequestFacts, takes: Family | None) -> str | None:
    """The first reason not to accept it; `takes` is None for a model that is not offered.

    A model is asked only for what is right in itself.
    """
    for broken in broken_rules(request):
        return broken.sentence
    if takes is None:
        return MODEL_GONE
    return model_refusal(
        takes,
        request.mode,
        references=len({picture.reference for picture in request.pictures}),
        size=request.size,
        aspect_ratio=request.aspect_ratio,
        n=request.count,
    )


def broken_rules(request: RequestFacts) -> Iterator[BrokenRule]:
    """All that no model could make good, each at its place."""
    given = [picture for picture in request.pictures if picture.reference]
    for picture in given:
        if reason := picture_refusal(picture, request.may_link):
            yield BrokenRule(reason, picture.place)
    yield from _missing(request.mode, request.pictures)
    if request.mode == "try_on":
        yield from _outfit(given)
    elif len({picture.photo for picture in given}) < len(given):
        yield BrokenRule(SAME_PICTURE)
    if len(request.note) > LONGEST_NOTE:
        yield BrokenRule(NOTE_TOO_LONG, "note")
    elif request.mode != "try_on" and not any(sign.isalnum() for sign in request.note):
        yield BrokenRule(WORDS_MISSING, "note")  # signs alone would be paid for and say nothing


def picture_refusal(picture: PictureFacts, may_link: bool) -> str | None:
    """Why this one picture cannot be used, in words for the user; None when it can."""
    if not picture.is_usable:
        return PHOTO_GONE
    # A photo of the person to dress always comes as a file.
    if picture.is_linked and not (may_link and picture.kind != "person"):
        return NO_LINKS
    return None if picture.is_consented else CONSENT_MISSING


def _missing(mode: str, pictures: Sequence[PictureFacts]) -> Iterator[BrokenRule]:
    """Each kind that is short of pictures says so at its first empty places."""
    fewest, _ = REFERENCES[mode]
    needed = {"person": 1, "garment": 1} if mode == "try_on" else {"picture": fewest}
    for kind, count in needed.items():
        taken = {picture.number for picture in pictures if picture.kind == kind}
        empty = [number for number in range(1, count + len(taken) + 1) if number not in taken]
        for number in empty[: max(0, count - len(taken))]:
            missing = sentence("Select picture %(n)s", n=number) if count > 1 else PICTURE_MISSING[kind]
            yield BrokenRule(missing, place(kind, number))


def _outfit(given: Sequence[PictureFacts]) -> Iterator[BrokenRule]:
    garments = [picture for picture in given if picture.kind == "garment"]
    people = {picture.photo for picture in given if picture.kind == "person"}
    if reason := outfit_refusal([garment.category for garment in garments]):
        yield BrokenRule(reason, place("garment", 1))
    elif len({(garment.photo, garment.category) for garment in garments}) < len(garments):
        yield BrokenRule(SAME_GARMENT)
    if any(garment.photo in people for garment in garments):
        yield BrokenRule(SAME_AS_PERSON)
    for garment in garments:
        if reason := fit_refusal(garment.category, garment.fit):
            yield BrokenRule(reason, garment.place)


def fit_refusal(category: str, fit: str) -> str | None:
    """Why a garment of this kind cannot be worn so, in words for the user; None when it can."""
    if not fit or fit in outfits.FITS.get(category, ()):
        return None
    known = next((kind for kind in outfits.BY_NAME.values() if fit in outfits.FITS.get(kind.name, ())), None)
    if known is None:
        return UNKNOWN_FIT
    words = _("Only %(garment)s can be worn %(fit)s. Choose the kind, or how it is worn, again.")
    return sentence(words, garment=known.one, fit=fit)


def outfit_refusal(categories: Sequence[str]) -> str | None:
    """Why these garments cannot be worn together, in words for the user; None when they can."""
    worn = Counter(categories)
    if (over := len(categories) - outfits.MOST_GARMENTS) > 0:
        words = _("An outfit has %(most)s pieces at most. Remove %(over)s to go on.")
        return sentence(words, most=outfits.MOST_GARMENTS, over=over)
    for kind in outfits.BY_NAME.values():
        if kind.two and worn[kind.name] > 1:
            return sentence("%(clash)s. Keep one of them.", clash=only_one(kind.two))
    for kind in outfits.BY_NAME.values():
        for other in kind.replaces:
            if worn[kind.name] and worn[other]:
                clash = takes_place(kind.name, other)
                words = _("%(clash)s. Keep the %(new)s or the %(old)s, not both.")
                return sentence(words, clash=clash, new=kind.name, old=other)
    return None


def only_one(two: str) -> str:
    """`two` are what nobody wears at once, as the table of outfits says it."""
    return sentence("You chose %(two)s, and only one can be worn at a time", two=two)


def takes_place(new: str, old: str) -> str:
    return sentence("The %(new)s takes the place of the %(old)s", new=new, old=old)


def model_refusal(
    takes: Family, mode: str, *, references: int, size: str | None, aspect_ratio: str | None, n: int
) -> str | None:
    """Why a model that takes this cannot serve the request, in words for the user; None when it can."""
    if reason := _references_refusal(takes, mode, references):
        return reason
    # What a model takes with words alone it does not take with a picture to edit.
    ratios = () if takes.edits and references else takes.ratios
    if size is not None and size not in takes.sizes:
        words = _("This model cannot make the size %(size)s. %(choices)s")
        return sentence(words, size=size, choices=_choices(takes.sizes))
    if aspect_ratio is not None and aspect_ratio not in ratios:
        words = _("This model cannot make the shape %(shape)s. %(choices)s")
        return sentence(words, shape=aspect_ratio, choices=_choices(ratios))
    if not 1 <= n <= MOST_PICTURES:
        return sentence("Choose between 1 and %(most)s pictures.", most=MOST_PICTURES)
    return None


def _references_refusal(takes: Family, mode: str, references: int) -> str | None:
    fewest, most = REFERENCES[mode]
    if max(references, fewest) and not takes.references:
        return _("This model works from words only and cannot use photos. Choose another model.")
    if not takes.serves(mode):
        return _("This model takes one picture only. Choose another model.")
    if references < fewest:
        return plural("Choose at least %(number)s picture.", "Choose at least %(number)s pictures.", fewest)
    if references and not most:
        return _("This way of asking takes words only. Remove the picture.")
    most = min(most, takes.references)
    if references <= most:
        return None
    return sentence("%(too_many)s.", too_many=too_many(mode, most, references - most))


def too_many(mode: str, most: int | str, over: int | str) -> str:
    """That more pictures stand there than the model takes, and how many to remove."""
    if mode == "try_on":
        words = _("This model takes %(most)s photos at most, the person's included. Remove %(over)s to go on")
        return sentence(words, most=most, over=over)
    return plural(
        "This model takes %(most)s picture at most. Remove %(over)s to go on",
        "This model takes %(most)s pictures at most. Remove %(over)s to go on",
        most if isinstance(most, int) else 2,  # what a script fills in
        most=most,
        over=over,
    )


def _choices(offered: tuple[str, ...]) -> str:
    if not offered:
        return _("Leave it open.")
    return sentence("Choose one of %(choices)s.", choices=", ".join(offered))
