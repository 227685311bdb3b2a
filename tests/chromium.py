"""The Chromium that the browser tests drive: `python -m tests.chromium` sees to it that there is one."""

import os
import shutil
import subprocess
import sys

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowserError(Exception):
    """There is none, and none can be installed."""


def found() -> str | None:
    """The one that CHROMIUM names, else one on PATH; None leaves the choice to Playwright."""
    if named := os.environ.get("CHROMIUM"):
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def install() -> bool:
    """By the system's packages where we may, else by Playwright; what they say goes to stderr."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        apt = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "fonts-liberation"]
        if _runs("apt-get", "update", "-qq"):
            return _runs(*apt, "chromium-headless-shell") or _runs(*apt, "chromium")
    return False


def _runs(*command: str) -> bool:
    return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0


def ready() -> str | None:
    """As `found`, after one was installed where there was none. NoBrowserError where none is to be had."""
    if not found() and not install() and not _runs(sys.executable, "-m", "playwright", "install", NAMES[0]):
        raise NoBrowserError(
            "No Chromium is to be had: install one, name one by CHROMIUM=path, or do without by BROWSER=0."
        )
    return found()


def main() -> None:
    try:
        ready()
    except NoBrowserError as exc:
        sys.exit(str(exc))


if __name__ == "__main__":
    main()
