"""Render the drawn samples, `tryon/samples/source/*.svg`, to the JPEG files of the product.

Run from the root of the checkout: `python -m bench.render_samples` (headless Chromium is needed; its path
may be given in CHROMIUM).
"""

import io
import os
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

SAMPLES = Path(__file__).resolve().parent.parent / "tryon" / "samples"
SOURCE = SAMPLES / "source"
SIZE = (960, 1280)


def rendered(drawings: list[tuple[Path, str]]) -> list[Image.Image]:
    """Each SVG file, with some CSS laid over its own, as an RGB picture of `SIZE`."""
    pictures = []
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium-headless-shell"),
            args=["--disable-dev-shm-usage", "--no-sandbox"],
        )
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, device_scale_factor=2)
        for path, css in drawings:
            svg = path.read_text().replace("</style>", f"{css}</style>", 1)
            page.set_content(f"<style>body{{margin:0}} svg{{display:block}}</style>{svg}")
            shot = Image.open(io.BytesIO(page.screenshot()))
            pictures.append(shot.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS))
        browser.close()
    return pictures


def main() -> None:
    """Write one JPEG beside `source/` for each drawing in it."""
    paths = sorted(SOURCE.glob("*.svg"))
    for path, picture in zip(paths, rendered([(path, "") for path in paths]), strict=True):
        target = SAMPLES / f"{path.stem}.jpg"
        picture.save(target, quality=88, optimize=True, progressive=True)
        print(f"{target.name}: {target.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
