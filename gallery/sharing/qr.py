"""The address of a link as a QR code, for a phone that is held before the screen."""

from __future__ import annotations

import segno

INK, PAPER = "#211d19", "#fff"  # also in the dark: many phones read no code that is light on dark


def qr_code(address: str) -> str:
    """A data: address of an SVG, as wide as its frame."""
    return segno.make_qr(address).svg_data_uri(dark=INK, light=PAPER, omitsize=True)
