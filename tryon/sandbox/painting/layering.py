"""The same coat open or closed: a change to the garment's picture, before it is put on."""

from dataclasses import replace

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from tryon.sandbox.painting.garment import Garment

_SEAM = (0, 0, 0, 110)


def open_or_close(garment: Garment, wear: str) -> Garment:
    """The garment as it is worn; unchanged for a way that has nothing to do with its front."""
    if wear == "open":
        return _opened(garment)
    return _closed(garment) if wear == "closed" else garment


def _front(garment: Garment) -> tuple[float, float, float, float]:
    """Middle column, shoulder row, hem row and shoulder width, in picture pixels."""
    outline, scale = garment.outline, garment.scale
    middle = (outline.left.shoulder[0] + outline.right.shoulder[0]) / 2
    return middle * scale, outline.shoulder_row * scale, outline.stop * scale, outline.shoulder_width * scale


def _opened(garment: Garment) -> Garment:
    """Both fronts fall apart: a gap that widens from the neck down, with a dark edge."""
    middle, top, hem, wide = _front(garment)
    shares = ((-0.2, 0.1), (0.05, 0.13), (0.35, 0.15), (0.7, 0.2), (1.05, 0.27))
    rows = [(top + share * (hem - top), half * wide) for share, half in shares]
    edges = [
        [(middle + sign * half, y) for y, half in (rows if sign < 0 else reversed(rows))] for sign in (-1, 1)
    ]
    gap = Image.new("L", garment.picture.size, 0)
    ImageDraw.Draw(gap).polygon([*edges[0], *edges[1]], fill=255)
    gap = gap.filter(ImageFilter.GaussianBlur(max(1.0, wide / 120)))
    picture = _seamed(garment.picture, edges, wide)
    picture.putalpha(ImageChops.subtract(garment.picture.getchannel("A"), gap))
    return replace(garment, picture=picture)


def _closed(garment: Garment) -> Garment:
    """What is open in front is filled with the cloth's own colours, and buttoned."""
    middle, top, hem, wide = _front(garment)
    neck, low = top + 0.1 * (hem - top), hem - 0.02 * (hem - top)
    cloth = _between_fronts(garment, top + 0.01 * (hem - top))
    ImageDraw.Draw(cloth).ellipse((middle - 0.2 * wide, 2 * top - neck, middle + 0.2 * wide, neck), fill=0)
    alpha = garment.picture.getchannel("A")
    alpha.paste(255, mask=cloth)
    picture = _seamed(garment.picture, [[(middle + 0.035 * wide, neck), (middle + 0.035 * wide, low)]], wide)
    drawing = ImageDraw.Draw(picture)
    radius = max(2.0, wide / 55)
    for number in range(5):
        y = neck + (low - neck) * (0.08 + 0.21 * number)
        box = (middle - radius, y - radius, middle + radius, y + radius)
        drawing.ellipse(box, (238, 230, 214, 255), (70, 60, 52, 255), max(1, round(radius / 4)))
    picture.putalpha(alpha.filter(ImageFilter.GaussianBlur(0.8)))
    return replace(garment, picture=picture)


def _between_fronts(garment: Garment, neck: float) -> Image.Image:
    """L mask: all that lies between the torso's edges, from row `neck` to a little above the hem."""
    outline, scale = garment.outline, garment.scale
    mask = Image.new("L", garment.picture.size, 0)
    inset = 1.5 * scale
    sides: list[list[tuple[float, float]]] = [[], []]
    for row in range(outline.stop - outline.start - 2):
        y = (row + outline.start) * scale
        if y >= neck:
            sides[0].append((outline.left.torso[row] * scale + inset, y))
            sides[1].append((outline.right.torso[row] * scale - inset, y))
    if len(sides[0]) > 1:
        ImageDraw.Draw(mask).polygon([*sides[0], *reversed(sides[1])], fill=255)
    return mask


def _seamed(picture: Image.Image, lines: list[list[tuple[float, float]]], wide: float) -> Image.Image:
    """An RGB copy with soft dark lines along the edges of the fronts."""
    veil = Image.new("L", picture.size, 0)
    for line in lines:
        ImageDraw.Draw(veil).line(line, _SEAM[3], max(2, round(wide / 45)), joint="curve")
    veil = veil.filter(ImageFilter.GaussianBlur(max(1.0, wide / 150)))
    seamed = picture.convert("RGB")
    seamed.paste(_SEAM[:3], mask=veil)
    return seamed
