"""Drop what is shown by the way in a cut-out: dust, and the mark in the corner of a picture painted here."""

from collections import deque

from PIL import Image

_SPECK = 0.02  # share of the largest piece
_CORNER = (0.7, 0.92)  # from here to the right and down lies nothing but the mark


def despeckle(shape: Image.Image) -> Image.Image:
    """The L mask without its small pieces and without those that lie in the corner of the mark alone."""
    pieces = _pieces(shape)
    largest = max(map(len, pieces), default=0)
    kept = bytearray(shape.width * shape.height)
    for piece in pieces:
        if len(piece) == largest or not (len(piece) < _SPECK * largest or _is_mark(piece, shape.size)):
            for cell in piece:
                kept[cell] = 255
    return Image.frombytes("L", shape.size, bytes(kept))


def _is_mark(piece: list[int], size: tuple[int, int]) -> bool:
    width, height = size
    return min(piece) // width >= _CORNER[1] * height and all(
        cell % width >= _CORNER[0] * width for cell in piece
    )


def _pieces(shape: Image.Image) -> list[list[int]]:
    """The cells of each joined piece."""
    width, left = shape.width, bytearray(value >= 128 for value in shape.tobytes())
    return [_joined(left, seed, width) for seed in range(len(left)) if left[seed]]


def _joined(left: bytearray, seed: int, width: int) -> list[int]:
    """All cells joined to `seed`; they are taken out of `left`."""
    queue, piece = deque([seed]), [seed]
    left[seed] = 0
    while queue:
        cell = queue.popleft()
        column = cell % width
        around = (
            cell - width,
            cell + width,
            cell - 1 if column else -1,
            cell + 1 if column < width - 1 else -1,
        )
        for other in around:
            if 0 <= other < len(left) and left[other]:
                left[other] = 0
                piece.append(other)
                queue.append(other)
    return piece
