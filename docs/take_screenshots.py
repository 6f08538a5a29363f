"""Take the pictures of the page that the README shows, from the models of `make demo`.

Needs what `make test` installs, and Chromium: python docs/take_screenshots.py, after `make web`.
"""

import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

FOLDER = Path(__file__).parent / "images"
PICTURES = (
    ("page-why", "I hate you", "explain", "light"),
    (
        "page-compare",
        "Women can do anything, stop saying they belong in the kitchen.",
        "compare",
        "dark",
    ),
)


def main() -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, text, button, scheme in PICTURES:
            page = browser.new_page(viewport={"width": 900, "height": 600}, color_scheme=scheme)
            page.goto("http://127.0.0.1:5000/")
            page.fill("#text", text)
            page.click(f"button[value={button}]")
            page.wait_for_selector(".answer")
            page.screenshot(path=FOLDER / f"{name}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
