"""A real browser: Debian's Chromium, driven through Playwright, quiet towards everybody but the page it is sent to.

`browser` is skipped with a reason where no Chromium is installed. `Reader` is one person at the page, by default with scripts
switched off: whatever works for them works without.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
)  # fmt: skip
PATIENCE = 20_000
"""Milliseconds; a page takes some tens, but the machine may be busy."""


def launched(playwright: Playwright) -> Browser:
    """The browser, which nobody else uses."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of a file: as long as Playwright runs, this thread has an event loop that others could not start."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed (on Debian: apt install chromium)")
    with sync_playwright() as playwright:
        running = launched(playwright)
        yield running
        running.close()


@dataclass
class Reader:
    """One person at the page. `said`: what the browser complained of, such as a breach of the content policy."""

    page: Page
    home: str
    said: list[str]

    def go(self, path: str) -> "Reader":
        """Open an address."""
        self.page.goto(self.home + path)
        return self

    def sign_in(self, secret: str) -> "Reader":
        """With a token, as a person does."""
        self.go("/sign-in")
        self.page.get_by_label("Token").fill(secret)
        self.page.get_by_role("button", name="Sign in").click()
        return self

    def choose(self, meeting: str, change: str) -> "Reader":
        """From the three dots behind a meeting of the list."""
        self.page.get_by_label(f"Actions for {meeting}").click()
        self.page.get_by_role("link", name=change).click()
        return self

    def press(self, button: str) -> "Reader":
        """A button of a form."""
        self.page.get_by_role("button", name=button, exact=True).click()
        return self

    def sees(self, *texts: str) -> "Reader":
        """All of this stands on the page."""
        words = " ".join(self.page.locator("main").inner_text().split())
        for text in texts:
            assert text in words, f"{text!r} is not in {words!r}"
        return self


Opened = Callable[..., Reader]


@pytest.fixture
def reader(browser: Browser) -> Iterator[Opened]:
    """Opens a browser's window of its own: `reader(home, scripts=False, **more)`."""
    contexts = []

    def opened(home: str, *, scripts: bool = False, **more: Any) -> Reader:
        context = browser.new_context(java_script_enabled=scripts, **more)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: (said.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        return Reader(page, home, said)

    yield opened
    for context in contexts:
        context.close()
