"""A password hasher that counts: what a request costs, and by how long it answers."""

from __future__ import annotations

from django.contrib.auth.hashers import MD5PasswordHasher


class CountingHasher(MD5PasswordHasher):
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return super().encode(password, salt)


COUNTING = ["tests.tryon.accounts.hashing.CountingHasher"]
