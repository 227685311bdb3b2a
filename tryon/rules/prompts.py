"""The words that go with the pictures: choices and a wish in, prompt text and version out.

Every picture sent is named "Image N" by its place in the order sent, and given one job; the user's words
come last, in one slot. Change a word here, or of a garment in `outfits`, and raise the version of that
prompt: it is stored with every call, and pass rates are compared by it.
"""

import re
import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass

from tryon.rules import outfits
from tryon.rules.model_families import REFERENCES
from tryon.rules.request_rules import LONGEST_HOUSE_RULES, LONGEST_NOTE

STYLES = ("compact", "strict")
ROOM_FOR_DETAIL = 2  # garments up to which each gets its long sentence: over 150 words the likeness suffers


@dataclass(frozen=True)
class Prompt:
    """What is sent, and the version of the rules that wrote it."""

    text: str
    version: str


@dataclass(frozen=True)
class Piece:
    """A garment as the prompt names it: its kind, its image's number in the order sent, how it is worn.

    `category` is one of `outfits.CATEGORIES`; `fit` one of `outfits.FITS[category]`, or "" for as pictured.
    """

    category: str
    number: int
    fit: str = ""


# Try on ---------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Style:
    """The words round the garments' lines.

    What not to take from a garment's image is said in its own line by `each` while there is room, and
    else, or where `each` is empty, once for all by `others`.
    """

    version: str
    person: str
    others: str
    each: str
    after: str


_STYLES = {
    "compact": _Style(
        "try-on-compact-3",
        "Show this same person in one photo, wearing every item listed. "
        "Keep face, hair, skin tone, expression, body shape, hands, pose, camera, crop, background and "
        "light exactly.",
        "From the other images take the item alone, never its wearer or background.",
        "",
        "Copy colour, pattern, lettering, cut, lengths, closures and fabric. "
        "Nothing of replaced clothes remains; newly bare skin matches. "
        "Folds follow the pose, shadows the light. "
        "Whatever is not listed stays. No text, collage, border or further accessories.",
    ),
    "strict": _Style(
        "try-on-strict-3",
        "Replace or add only the items listed.\n"
        "Keep exactly: face, hair, skin tone, expression, body shape, hands, pose, camera, crop, "
        "background, light.",
        "From other images take the item alone, never wearer, pose or background.",
        "take the item alone, not its wearer, pose or background; ",
        "As pictured: colour, pattern, lettering, neckline, sleeve and hem length, closures, fabric, fit.\n"
        "No collar, cuff or hem of replaced clothes remains; newly bare skin matches.\n"
        "Folds follow the pose, shadows and colour temperature the light.\n"
        "One photo: no text, collage, border, added accessories.",
    ),
}
_WISH = "Styling wish, valid only within the above:"


def try_on(
    garments: Sequence[Piece],
    note: str = "",
    *,
    person: int = 1,
    style: str = "compact",
    retry_hint: str = "",
    rules: str = "",
) -> Prompt:
    """The prompt that puts these garments, given from the skin out, on the person of image `person`.

    `note` is the user's wish, `retry_hint` one sentence on what a reviewer found wrong, `rules` the house's
    in the words of staff. ValueError for no outfit, an unknown category, fit or style, and for numbers that
    leave out an image.
    """
    _check(garments, person)
    if style not in _STYLES:
        raise ValueError(f"no prompt is written in the style {style!r}")
    words, pieces = _STYLES[style], list(dict.fromkeys(garments))
    in_detail = len(pieces) <= ROOM_FOR_DETAIL
    lines = [f"Image {person} is the person. {words.person}"]
    if not (in_detail and words.each):
        lines.append(words.others)
    lines += [_line(piece, words.each, in_detail) for piece in pieces]
    lines += [words.after, _house_rules(rules)]
    if hint := _cleaned(retry_hint):
        lines.append(hint)
    if wish := _cleaned(note):
        lines.append(f'{_WISH} "{wish}"')
    return Prompt("\n".join(lines), words.version)


# One sentence for each reason of a reviewer that another try can mend, by its name.
RETRY_HINTS = {
    "face": "An earlier try changed the face: keep it exactly.",
    "detail": "An earlier try lost garment details: copy them all.",
    "leftover": "An earlier try left parts of the old clothes: remove them wholly.",
    "anatomy": "An earlier try had wrong hands or body: keep them natural and whole.",
    "modesty": "An earlier try was immodest: keep the body decently covered.",
    "extra": "An earlier try added things: add nothing.",
    "wrong": "An earlier try showed another garment: show exactly the one pictured.",
    "quality": "An earlier try was blurred: make it sharp and clean.",
    "other": "An earlier try was not good enough: follow every line closely.",
}


def _check(garments: Sequence[Piece], person: int) -> None:
    if not 1 <= len(garments) <= outfits.MOST_GARMENTS:
        raise ValueError(f"a try-on takes 1 to {outfits.MOST_GARMENTS} garments")
    numbers = {piece.number for piece in garments}
    if person in numbers:
        raise ValueError(f"image {person} is both the person and a garment")
    if numbers | {person} != set(range(1, len(numbers) + 2)):
        raise ValueError(f"images {sorted(numbers | {person})} are not numbered as they are sent")
    for piece in garments:
        if piece.fit and piece.fit not in outfits.FITS.get(piece.category, ()):
            raise ValueError(f"a garment worn as {piece.category!r} is not worn {piece.fit!r}")


def _line(piece: Piece, each: str, in_detail: bool) -> str:
    garment = outfits.category(piece.category)
    name = f"Image {piece.number}" if piece.category == "auto" else f"Image {piece.number}, {piece.category}"
    job = f"{each}{garment.long}" if in_detail else garment.short
    return f"{name}: {job.format(fit=outfits.FIT_BY_NAME[piece.fit].prompt)}"


# Remix, compose, imagine ----------------------------------------------------------------------------
_REMIX = (
    "Image 1 is the picture to change. Make one picture of it with the change asked for and no other.\n"
    "Keep whatever the request does not mention: each face, hair, skin tone, expression, body shape, "
    "hands and pose; objects, camera, crop, background, light and style.\n"
    "Nothing of what is replaced remains. Shadows, reflections and colours follow the light of the scene.\n"
    "No text, collage, border or further objects unless asked for."
)
_TOGETHER = "Make one photo of the subjects of all these images, each exactly once."
_FIRST = "Image 1: its subject; also the scene, camera and light, unless the request says otherwise."
_FURTHER = "Image {number}: its subject, without its background."
_ONE_PHOTO = (
    "Faces, bodies, colours, patterns and lettering stay as pictured. "
    "Scale, perspective, contact shadows and light are those of one photo taken at one moment.\n"
    "No copy of a subject, no text, collage, border or further objects unless asked for."
)
_IMAGINE = (
    "Make one photo, as from a good camera, of what is asked for: one subject, whole in the frame with some "
    "room around it, natural in proportion, sharp, in even light, before a plain background unless asked "
    "otherwise.\n"
    "No text, collage, border, watermark or second subject unless asked for."
)


def remix(note: str, retry_hint: str = "", rules: str = "") -> Prompt:
    """The prompt that changes image 1 as the words say; ValueError without words."""
    return _asked(_REMIX, note, "remix-2", retry_hint, rules, pictures=1)


def compose(pictures: int, note: str, retry_hint: str = "", rules: str = "") -> Prompt:
    """The prompt that makes one photo of images 1 to `pictures`; ValueError without words."""
    fewest, most = REFERENCES["compose"]
    if not fewest <= pictures <= most:
        raise ValueError(f"a composition takes {fewest} to {most} pictures")
    further = (_FURTHER.format(number=number) for number in range(2, pictures + 1))
    text = "\n".join((_TOGETHER, _FIRST, *further, _ONE_PHOTO))
    return _asked(text, note, "compose-2", retry_hint, rules, pictures=pictures)


def imagine(note: str, retry_hint: str = "", rules: str = "") -> Prompt:
    """The prompt that makes a photo from words alone; ValueError without any."""
    return _asked(_IMAGINE, note, "imagine-2", retry_hint, rules, pictures=0)


def _asked(text: str, note: str, version: str, retry_hint: str, rules: str, *, pictures: int) -> Prompt:
    wish = _cleaned(note, {str(number) for number in range(1, pictures + 1)})
    if not wish:
        raise ValueError("nothing is asked for: the words are missing")
    lines = filter(None, (text, _house_rules(rules), _cleaned(retry_hint), f'Request: "{wish}"'))
    return Prompt("\n".join(lines), version)


# The house's rules ----------------------------------------------------------------------------------
def _house_rules(rules: str) -> str:
    """One sentence for every prompt; what staff word takes the place of all but the age."""
    if words := _cleaned(rules)[:LONGEST_HOUSE_RULES].rstrip():
        return f'Adults only. House rules: "{words}"'
    return "No nudity, adults only."


# The user's words -----------------------------------------------------------------------------------
# All that opens or closes a quotation: straight, backtick, angled, curly, low, cornered, primes, full width.
_QUOTES = re.compile(
    '["`\u00ab\u00bb\u201c-\u201f\u2033\u2036\u2039\u203a\u275d\u275e\u300c-\u300f\u301d-\u301f\uff02]'
)
_NUMBERED = re.compile(r"\bimage(?=[\s#]*(\d+))", re.IGNORECASE)


def _cleaned(words: str, numbers: Container[str] = ()) -> str:
    """One line without quotes or invisible characters, so that it cannot leave its place in the prompt.

    `numbers` are the images that the words may speak of.
    """
    # Cc, Cf, Cs and Co are controls, marks that reorder or hide text, and half characters.
    plain = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co") else sign for sign in words)
    line = _QUOTES.sub("'", " ".join(plain.split()))
    # The images are numbered by us: words that number another could give a garment another place.
    line = _NUMBERED.sub(lambda named: named[0] if named[1] in numbers else "picture", line)
    return line[:LONGEST_NOTE].rstrip()
