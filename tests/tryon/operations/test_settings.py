"""Settings as the operator meets them."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.live import ROOT
from tryon.operations.checks import settings_are_complete

READ = re.compile(r'(?:env(?:\.\w+)?|_number_or_none)\("([A-Z_]+)"')


def test_every_setting_is_explained_in_the_example_file() -> None:
    read = set(READ.findall((ROOT / "tryon/settings.py").read_text())) - {"ENV_FILE"}
    explained = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - explained == set()
    elsewhere = {"PORT", *(name for name in explained if name.startswith("DJANGO_SUPERUSER_"))}
    assert explained - read == elsewhere


@pytest.mark.processes
def test_the_real_environment_beats_the_file(tmp_path: Path) -> None:
    file = tmp_path / "settings"
    file.write_text("SITE_NAME=from the file\nREVIEW=after_sharing\n")
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    told = subprocess.run(
        [sys.executable, "-c", "from tryon.settings import *; print(SITE_NAME, REVIEW)"],
        cwd=ROOT,
        env=keep | {"ENV_FILE": str(file), "SITE_NAME": "from the shell"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout == "from the shell after_sharing\n"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", ""),
        ("SIGNUP", "sometimes"),
        ("REVIEW", "never"),
        ("PICTURES_PER_CALL", 5),
        ("PROMPT_STYLE", "poetic"),
        ("INLINE_MEGABYTES", 0.1),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(settings, name, value):
    settings.EMBEDDED = False
    setattr(settings, name, value)
    assert [found.msg for found in settings_are_complete() if name in found.msg]
