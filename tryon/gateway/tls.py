"""One TLS context for a process: to read the trusted certificates takes over 20 ms of CPU each time."""

import os
import ssl
from functools import lru_cache

import httpx


def ssl_context() -> ssl.SSLContext:
    """What httpx trusts by itself; `SSL_CERT_FILE` and `SSL_CERT_DIR` change it. Safe between threads.

    ValueError where what they name cannot be read.
    """
    try:
        return _cached(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    except OSError as exc:  # ssl.SSLError is one
        raise ValueError("the certificates at SSL_CERT_FILE or SSL_CERT_DIR cannot be read") from exc


@lru_cache(maxsize=4)
def _cached(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    # The arguments are the key of the cache alone: httpx reads the environment itself.
    return httpx.create_ssl_context()
