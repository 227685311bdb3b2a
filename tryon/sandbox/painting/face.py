"""Find a face by its colour and shape: good enough to frame and to dress a portrait."""

from collections import deque

from PIL import Image, ImageFilter

Face = tuple[float, float, float, float]  # left, top, right, chin


def find_face(small: Image.Image) -> Face | None:
    """The largest skin-coloured patch of the upper part of a small RGB picture, if it has a face's size."""
    width, height = small.size
    skin = _skin(small)
    best: list[int] = []
    for seed in range(width * (height * 6 // 10)):
        if skin[seed]:
            patch = _patch(skin, seed, width)
            middle = sum(cell % width for cell in patch) / len(patch)
            if len(patch) > len(best) and 0.2 * width <= middle <= 0.8 * width:
                best = patch
    if len(best) < 0.008 * width * height:
        return None
    spans: dict[int, list[int]] = {}
    for cell in best:
        spans.setdefault(cell // width, []).append(cell % width)
    widths = {y: max(cells) - min(cells) + 1 for y, cells in spans.items()}
    widest = max(widths, key=lambda y: widths[y])
    across = widths[widest]
    top = widest
    while widths.get(top - 1, 0) >= 0.3 * across:
        top -= 1
    cells = spans[widest]
    return min(cells), top, max(cells) + 1, max(_chin(widths, widest, top), widest + round(0.3 * across))


def _chin(widths: dict[int, int], widest: int, top: int) -> float:
    """The row where a face, by the width of its rows, narrows down to a neck or to nothing."""
    across = widths[widest]
    last = min(max(widths), top + round(1.5 * across))
    for y in range(widest + across // 4, last):
        if widths.get(y, 0) - widths.get(y + 3, 0) > 0.2 * across:
            return y + 1
    jaw = next((y for y in range(widest + across * 3 // 10, last) if widths.get(y, 0) < 0.56 * across), last)
    return last if last - jaw <= 0.3 * across else jaw + 0.12 * across


def _skin(small: Image.Image) -> bytearray:
    """One byte a pixel: 1 where the colour may be skin."""
    data = small.filter(ImageFilter.GaussianBlur(0.8)).convert("YCbCr").tobytes()
    return bytearray(
        data[at] > 50 and 85 <= data[at + 1] <= 122 and 137 <= data[at + 2] <= 172
        for at in range(0, len(data), 3)
    )


def _patch(cells: bytearray, seed: int, width: int) -> list[int]:
    """All marked cells joined to `seed`; they are unmarked."""
    queue, patch = deque([seed]), [seed]
    cells[seed] = 0
    while queue:
        cell = queue.popleft()
        for other in (cell - width, cell + width, cell - 1, cell + 1):
            if 0 <= other < len(cells) and cells[other]:
                cells[other] = 0
                patch.append(other)
                queue.append(other)
    return patch
