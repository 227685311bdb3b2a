"""The XMP packet that says what made a picture; a packet that is there already keeps all else it says.

Form: XMP specification part 1 (ISO 16684-1); property: IPTC photo metadata standard, Digital Source Type.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath
from xml.dom.minidom import Document, Element, Text, parseString
from xml.parsers.expat import ExpatError

logger = logging.getLogger(__name__)

VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "rdf": RDF,
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "stEvt": "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#",
}
EMPTY = (
    f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">'
    '<rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
)
HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
TAIL = '<?xpacket end="w"?>'
# Bytes of a packet from outside that is read: as a tree it takes a hundred times as much.
MOST_BYTES = 256 * 1024


@dataclass(frozen=True)
class Mark:
    """What a file shall say: the code of IPTC's vocabulary, and words for people where they are needed."""

    code: str
    words: str = ""

    @property
    def uri(self) -> str:
        return VOCABULARY + self.code

    @cached_property
    def tag(self) -> str:
        """Ends the names of files that carry this mark: another mark, other words, another name."""
        return hashlib.sha256(self.packet()).hexdigest()[:8]

    def is_on(self, name: str) -> bool:
        """Whether a file of this name carries it."""
        return PurePath(name).stem.endswith(f"-{self.tag}")

    def packet(self, known: bytes = b"", most: int = MOST_BYTES) -> bytes:
        """A packet with this mark in at most so many bytes; what else the `known` one says stays said.

        The property holds one value, and ours counts; the value that it takes the place of goes to the
        packet's history. A known packet that is no XMP, or leaves no room, is dropped, which is logged.
        """
        if known:
            try:
                packet = _written(self._merged(_parsed(known)))
            except (ExpatError, ValueError, LookupError, RecursionError) as exc:
                logger.warning("a picture's own XMP cannot be read, and is left out: %r", exc)
            else:
                if len(packet) <= most:
                    return packet
                logger.warning("a picture's own XMP leaves no room for the mark, and is left out")
        return _written(self._merged(parseString(EMPTY)))  # noqa: S318 - ours

    def _merged(self, document: Document) -> Document:
        rdf = document.getElementsByTagNameNS(RDF, "RDF")[0]
        before = _taken(rdf, "Iptc4xmpExt", "DigitalSourceType")
        # A property stands in one description alone: an earlier history says where more of it goes.
        homes = list(_children(rdf, "rdf", "Description")) or [_add(rdf, "rdf", "Description")]
        home = next((each for each in homes if next(_children(each, "xmpMM", "History"), None)), homes[0])
        if before and before != self.uri:
            _note(home, f"Iptc4xmpExt:DigitalSourceType was {before}")
        # At the beginning, so that a packet that is marked twice is the same.
        if self.words:
            _taken(rdf, "dc", "description")
            languages = _add(_add(home, "dc", "description", is_first=True), "rdf", "Alt")
            _add(languages, "rdf", "li", self.words).setAttribute("xml:lang", "x-default")
        _add(home, "Iptc4xmpExt", "DigitalSourceType", self.uri, is_first=True)
        return document


def _parsed(packet: bytes) -> Document:
    if len(packet) > MOST_BYTES:
        raise ValueError("it is too long")
    text = packet.decode("utf-8-sig").strip("\0 \t\r\n")
    if "<!DOCTYPE" in text:  # XMP has none; with one, a few bytes can unfold to gigabytes
        raise ValueError("it has a document type")
    return parseString(text)  # noqa: S318 - it has no entities to unfold


def _written(document: Document) -> bytes:
    assert document.documentElement
    return f"{HEAD}{document.documentElement.toxml()}{TAIL}".encode()


def _children(parent: Element, prefix: str, name: str) -> Iterator[Element]:
    wanted = (NAMESPACES[prefix], name)
    for node in list(parent.childNodes):
        if isinstance(node, Element) and (node.namespaceURI, node.localName) == wanted:
            yield node


def _taken(rdf: Element, prefix: str, name: str) -> str:
    """Take a property of the picture itself out, in either of its two spellings; what it said."""
    said = ""
    for description in _children(rdf, "rdf", "Description"):
        if description.hasAttributeNS(NAMESPACES[prefix], name):
            said = said or description.getAttributeNS(NAMESPACES[prefix], name)
            description.removeAttributeNS(NAMESPACES[prefix], name)
        for element in _children(description, prefix, name):
            texts = [node.data for node in element.childNodes if isinstance(node, Text)]
            said = said or element.getAttributeNS(RDF, "resource") or "".join(texts).strip()
            description.removeChild(element)
    return said


def _note(home: Element, what: str) -> None:
    """An event in the history of the picture's metadata (xmpMM:History, stEvt:changed)."""
    history = next(_children(home, "xmpMM", "History"), None) or _add(home, "xmpMM", "History")
    events = next(_children(history, "rdf", "Seq"), None) or _add(history, "rdf", "Seq")
    event = _add(events, "rdf", "li")
    event.setAttributeNS(RDF, "rdf:parseType", "Resource")
    for name, text in (("action", "edited"), ("changed", "/metadata"), ("parameters", what)):
        _add(event, "stEvt", name, text)


def _add(parent: Element, prefix: str, name: str, text: str = "", *, is_first: bool = False) -> Element:
    """It declares its prefix itself: what that means further up is another's choice."""
    document = parent.ownerDocument
    assert document
    element = document.createElementNS(NAMESPACES[prefix], f"{prefix}:{name}")
    element.setAttribute(f"xmlns:{prefix}", NAMESPACES[prefix])
    if text:
        element.appendChild(document.createTextNode(text))
    return parent.insertBefore(element, parent.firstChild if is_first else None)
