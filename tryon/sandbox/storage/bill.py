"""The bill, which only grows."""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from tryon.sandbox.storage.store import Store


@dataclass(frozen=True)
class Charge:
    """Pictures that were made: `asked` is the `n` of the call, `price` micro-USD for all of them together."""

    account: str
    model: str
    size: str
    asked: int
    pictures: int
    price: int
    prompt: str
    file_ids: tuple[str, ...]
    endpoint: str


class Bill:
    def __init__(self, store: Store, *, with_words: bool) -> None:
        self._store = store
        self._with_words = with_words
        # What a killed sandbox was still sending never arrived.
        store.rows(
            "INSERT INTO deliveries (bill, delivered) "
            "SELECT seq, 'cut' FROM bill WHERE seq NOT IN (SELECT bill FROM deliveries)"
        )

    def add(self, charge: Charge) -> int:
        return self._store.insert(
            "INSERT INTO bill (at, wall, account, model, size, n, pictures, price_micros_usd, prompt, "
            "prompt_sha256, file_ids, endpoint) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._store.now(),
            time.time(),
            charge.account,
            charge.model,
            charge.size,
            charge.asked,
            charge.pictures,
            charge.price,
            charge.prompt if self._with_words else "",
            hashlib.sha256(charge.prompt.encode()).hexdigest(),
            json.dumps(charge.file_ids),
            charge.endpoint,
        )

    def deliver(self, seq: int, delivered: str) -> None:
        """The last word counts: an answer noted as `ok` just before its last byte may still be cut."""
        self._store.insert("INSERT INTO deliveries (bill, delivered) VALUES (?, ?)", seq, delivered)

    def since(self, seq: int) -> dict[str, Any]:
        """`{"rows", "pictures", "micros"}` of all rows after `seq`; `delivered` is null while it is sent."""
        rows = self._store.rows(
            "SELECT bill.*, (SELECT delivered FROM deliveries WHERE bill = seq ORDER BY id DESC LIMIT 1) "
            "AS delivered FROM bill WHERE seq > ? ORDER BY seq",
            seq,
        )
        told = [{**row, "file_ids": json.loads(row["file_ids"])} for row in map(dict, rows)]
        return {
            "rows": told,
            "pictures": sum(row["pictures"] for row in told),
            "micros": sum(row["price_micros_usd"] for row in told),
        }
