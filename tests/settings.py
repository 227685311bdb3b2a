"""The product's settings under test: a data folder of its own, nothing from the machine's environment.

Each process that runs tests makes a folder; the processes that a test starts inherit its folder.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import certifi

# pytest-xdist's workers are children of a process that has a folder already.
_runner = os.environ.get("PYTEST_XDIST_WORKER", "main")
if os.environ.get("TRYON_TEST_RUNNER", "main") != _runner or "TRYON_TEST_DIR" not in os.environ:
    # In memory, where there is room: a picture is kept by two waits for the disk.
    _memory = Path("/dev/shm")
    _has_room = _memory.is_dir() and shutil.disk_usage(_memory).free > 2**30
    _made = tempfile.mkdtemp(prefix="tryon-test-", dir=_memory if _has_room else None)
    os.environ |= {"TRYON_TEST_DIR": _made, "TRYON_TEST_RUNNER": _runner}
    atexit.register(shutil.rmtree, _made, ignore_errors=True)
    # Each client of httpx reads all authorities that it trusts, 30 ms of CPU; one is enough, where nothing is
    # asked by TLS but by tests that name a certificate of their own.
    _first, _end, _ = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----\n")
    Path(_made, "trusted.pem").write_text(_first + _end)
    os.environ["SSL_CERT_FILE"] = f"{_made}/trusted.pem"
_folder = os.environ["TRYON_TEST_DIR"]
os.environ.setdefault("DATABASE_URL", f"sqlite:///{_folder}/unused.sqlite3")
os.environ |= {
    "DATA_DIR": _folder,
    "ENV_FILE": "",
    "SECRET_KEY": "only-for-tests",
    "LLMTR_API_KEY": "llmtr-sandbox",
    "LLMTR_BASE_URL": os.environ.get("TEST_GATEWAY", "http://127.0.0.1:9"),
    "REDIS_URL": f"unix://{_folder}/broker.sock",
    "GUESTS": "1",
    "SIGNUP": "open",
    "SHOW_PRICES": "1",
    "EMAIL_URL": os.environ.get("TEST_EMAIL", "memorymail://"),
    "SITE_URL": os.environ.get("SITE_URL", "http://testserver"),
}

from tryon.settings import *  # noqa: E402, F403
from tryon.settings import DATABASES, MIDDLEWARE, STORAGES  # noqa: E402

if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, so that workers in processes of their own see what the test sees.
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
    # The machine does not lose power during a test: no need to wait for the disk at each commit.
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
MIDDLEWARE.remove("whitenoise.middleware.WhiteNoiseMiddleware")
USE_I18N = True  # for tests that speak other languages
ACCOUNTS_NEED_PROOF = False  # most accounts of tests have no address that could be proven
