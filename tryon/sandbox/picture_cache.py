"""Where pictures are painted: as many at once as there are cores, and none twice for the same request."""

import hashlib
import os
import struct
import threading
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field

from tryon.sandbox.painting.painter import paint

MEMORY = 96 * 1024 * 1024
# One request sent again and again gets this many different pictures in turn.
VARIANTS = 4


@dataclass
class _Pool:
    pictures: list[bytes] = field(default_factory=list)
    served: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> int:
        return sum(map(len, self.pictures))


class PictureCache:
    """By references and prompt, in memory; the least recently used go first. Safe with many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cores = threading.Semaphore(os.cpu_count() or 1)
        self._pools: OrderedDict[bytes, _Pool] = OrderedDict()

    def paint(
        self,
        references: list[bytes],
        prompt: str,
        *,
        size: str,
        aspect_ratio: str | None,
        count: int,
        image_format: str,
    ) -> list[bytes]:
        """`count` different pictures. ValueError when a reference cannot be read."""
        pool = self._pool(_digest(references, prompt, size, aspect_ratio or "", image_format))
        with pool.lock:
            have, full = len(pool.pictures), max(VARIANTS, count)
            if have < min(pool.served + count, full):
                n = full if have else count
                with self._cores:
                    pool.pictures += paint(
                        references,
                        prompt,
                        size=size,
                        aspect_ratio=aspect_ratio,
                        n=n,
                        image_format=image_format,
                    )[have:]
            turn = [(pool.served + number) % len(pool.pictures) for number in range(count)]
            pool.served += count
            return [pool.pictures[number] for number in turn]

    def begin_again(self) -> None:
        """The next order of each kind gets its first picture."""
        with self._lock:
            for pool in self._pools.values():
                pool.served = 0

    def clear(self) -> None:
        with self._lock:
            self._pools.clear()

    def _pool(self, key: bytes) -> _Pool:
        with self._lock:
            pool = self._pools.setdefault(key, _Pool())
            self._pools.move_to_end(key)
            while len(self._pools) > 1 and sum(kept.size for kept in self._pools.values()) > MEMORY:
                self._pools.popitem(last=False)
            return pool


def _digest(references: list[bytes], *words: str) -> bytes:
    parts = [
        *(hashlib.sha256(picture).digest() for picture in references),
        *(word.encode() for word in words),
    ]
    return hashlib.sha256(b"".join(struct.pack(">Q", len(part)) + part for part in parts)).digest()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def placeholder() -> bytes:
    """A plain grey PNG, in place of an https reference: this gateway fetches nothing."""
    width, height, grey = 384, 512, b"\xb4"
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + grey * width) * height
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b""))
    )
