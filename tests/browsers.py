"""A real browser: Debian's Chromium, driven through Playwright, quiet towards everybody but the page it is sent to.

`browser` is skipped with a reason where no Chromium is installed. `Reader` is one person at the page, by default with scripts
switched off: whatever works for them works without.
"""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Playwright, expect, sync_playwright

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
        return self.press("Sign in")

    def choose(self, meeting: str, change: str) -> "Reader":
        """From the three dots behind a meeting of the list."""
        self.page.get_by_label(f"Actions for {meeting}").click()
        return self.follow(self.page.get_by_role("link", name=change))

    def press(self, button: str) -> "Reader":
        """A button of a form."""
        return self.follow(self.page.get_by_role("button", name=button, exact=True))

    def follow(self, what: Locator) -> "Reader":
        """Click what leads to another page, and wait until that is there: a click alone only sets out for it."""
        with self.page.expect_navigation():
            what.click()
        return self

    def sees(self, *texts: str) -> "Reader":
        """All of this stands on the page, or will in a moment."""
        for text in texts:
            expect(self.page.locator("main")).to_contain_text(text, use_inner_text=True, timeout=PATIENCE)
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
