"""``python3 manage.py pictures``: docs/pictures made anew, each page and state as Chromium shows it."""

import tempfile
from pathlib import Path
from typing import Any, Literal

from django.core.management.base import BaseCommand, CommandError

from benchmarks.pages import SETTINGS, pages
from benchmarks.service import running
from webui.environment import ROOT

FOLDER = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
type Shot = tuple[int, Literal["light", "dark"], int]
# width, scheme and greatest height in pixels; of all pages, or of those named
WIDE: Shot = (1440, "light", 960)
PHONE: Shot = (390, "light", 1300)
DARK: Shot = (1440, "dark", 960)
ALSO: dict[str, tuple[Shot, ...]] = {
    "home": (PHONE, DARK),
    "losing-mail": (PHONE, DARK),
    "reproduced": (PHONE,),
    "inconclusive": (PHONE,),
    "server-losing-mail": (PHONE,),
    "unknown-link": (PHONE, DARK),
}


class Command(BaseCommand):
    """Starts Mailseal in its sandbox, visits every page, and writes a picture of each."""

    help = "Make docs/pictures anew: needs Debian's chromium and the packages for tests."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django's own declaration

    def handle(self, *_: Any, **__: Any) -> None:
        """Replace all pictures, once every one of them was taken."""
        if not Path(CHROMIUM).exists():
            raise CommandError(f"{CHROMIUM} is not there. On Debian: apt-get install chromium")
        with tempfile.TemporaryDirectory(prefix="mailseal-pictures") as folder:
            taken = self._take(Path(folder))
            for old in FOLDER.glob("*.png"):
                old.unlink()
            for picture in taken:
                (FOLDER / picture.name).write_bytes(picture.read_bytes())
        size = sum(picture.stat().st_size for picture in FOLDER.glob("*.png"))
        self.stdout.write(f"{len(taken)} pictures in {FOLDER.relative_to(ROOT)}, {size // 1024} KiB")

    def _take(self, folder: Path) -> list[Path]:
        from playwright.sync_api import sync_playwright

        taken = []
        with running(**SETTINGS) as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for place in pages(service):
                for width, scheme, height in (WIDE, *ALSO.get(place.name, ())):
                    page = browser.new_page(viewport={"width": width, "height": 960}, color_scheme=scheme)
                    place.show(page, service.port)
                    page.evaluate("document.fonts.ready.then(() => true)")
                    whole = page.evaluate("document.documentElement.scrollHeight")
                    taken.append(folder / f"{place.name}-{width}-{scheme}.png")
                    page.screenshot(
                        path=taken[-1],
                        clip={"x": 0, "y": 0, "width": width, "height": min(whole, height)},
                        full_page=True,
                    )
                    page.close()
            browser.close()
        return taken
