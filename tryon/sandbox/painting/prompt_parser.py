"""What a prompt asks for: who is dressed, what goes on in which order and how, and the user's own words."""

import re
from dataclasses import dataclass

SLOTS = ("top", "bottom", "dress", "outerwear", "shoes", "hat", "glasses", "jewellery", "bag")
AUTO = "auto"  # a garment whose kind is to be read from its picture
_SLOT = re.compile(rf"\b({'|'.join(SLOTS)})\b", re.IGNORECASE)
_PERSON = re.compile(r"\bimage (\d+) (?:is|shows) (?:the|a) person\b", re.IGNORECASE)
_LINE = re.compile(rf"\bimage (\d+)(?:, ({'|'.join(SLOTS)})\b|:)([^\n]*)", re.IGNORECASE)
_QUOTED = re.compile(r'"([^"]*)"\s*\Z')
_WEARS = {
    "top": {"tucked": r"\btucked\b", "loose": r"\b(?:loose|untucked)\b"},
    "outerwear": {"open": r"\bopen\b", "closed": r"\b(?:closed|buttoned|zipped)\b"},
}


@dataclass(frozen=True)
class Piece:
    """A garment to put on: the number of its image, its slot, and how it is worn ("" as pictured)."""

    number: int
    slot: str
    wear: str = ""


@dataclass(frozen=True)
class ParsedPrompt:
    """`person` is the number of the image of who is dressed, None where nobody is; the pieces are in the
    order of dressing, and two may share an image. `words` is what is said in quotes, else the whole."""

    person: int | None
    pieces: tuple[Piece, ...]
    words: str


def parse_prompt(prompt: str, pictures: int) -> ParsedPrompt:
    """What a prompt wants of `pictures` images; those it does not name come last by the nearest word."""
    quoted = _QUOTED.search(prompt)
    # The user's words may name images too; only what is said before them gives an image its job.
    rules = prompt[: quoted.start()] if quoted else prompt
    words = quoted[1] if quoted else prompt
    lines = [line for line in _LINE.finditer(rules) if 1 <= int(line[1]) <= pictures]
    said = _PERSON.search(rules)
    if not pictures or not (said or any(line[2] for line in lines)):
        return ParsedPrompt(None, (), words)
    person = int(said[1]) if said and 1 <= int(said[1]) <= pictures else 1
    pieces = [_piece(line) for line in lines if int(line[1]) != person]
    named = {piece.number for piece in pieces} | {person}
    rest = (Piece(number, slot_of(rules, number)) for number in range(1, pictures + 1) if number not in named)
    return ParsedPrompt(person, (*dict.fromkeys(pieces), *rest), words)


def _piece(line: re.Match[str]) -> Piece:
    slot = (line[2] or AUTO).lower()
    said = [wear for wear, word in _WEARS.get(slot, {}).items() if re.search(word, line[3], re.IGNORECASE)]
    # "tucked in or loose" leaves the choice to the painter.
    return Piece(int(line[1]), slot, said[0] if len(said) == 1 else "")


def slot_of(prompt: str, number: int) -> str:
    """The slot word nearest to "image <number>" in the prompt, else "top"."""
    images = [match.start() for match in re.finditer(rf"\bimage {number}\b", prompt, re.IGNORECASE)]
    words = [(match.start(), match.group(1).lower()) for match in _SLOT.finditer(prompt)]
    pairs = [(abs(at - place), word) for at in images for place, word in words]
    return min(pairs)[1] if pairs else "top"
