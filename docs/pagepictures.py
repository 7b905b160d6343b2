"""Takes the pictures of the page in docs/page.md and the README: the demo with a few more meetings, in a real Chromium.

`python docs/pagepictures.py` puts up the demo (a calendar server, the daemon, its page), plans what a team may have on a day,
and writes docs/images/page-*.png; with a folder as its argument, there. It needs Debian's package chromium. Nothing in the
pictures is drawn by hand, and a test takes them all.
"""

import re
import shutil
import sys
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin

import requests
from playwright.sync_api import Browser, Page, sync_playwright

from store import copies
from store.model import Guest, Meeting, MeetingStatus
from syncd import logs
from syncd.actions import changes
from syncd.actions.accept import Wish, accept
from syncd.actions.context import Context
from syncd.actions.look import story
from syncd.actions.owed import OPEN
from syncd.actions.status import status
from syncd.actions.suggest import candidates
from syncd.demo import plans
from syncd.demo.days import Days
from syncd.demo.people import ANNA, BRAM, CLARA, DANIEL, EMMA, FRANK, Person
from syncd.demo.stage import Stage, daemon, stage

IMAGES = Path(__file__).resolve().parent / "images"
QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run", "--lang=en-GB",
)  # fmt: skip
INTERVAL = timedelta(seconds=1)
PATIENCE = 60.0


@dataclass(frozen=True)
class Shot:
    """A picture: of which page, how wide, light or dark, and how tall at most. `opens`: what is clicked before it is taken."""

    name: str
    path: str
    width: int = 1100
    height: int = 720
    scheme: str = "light"
    scale: float = 1
    opens: str = ""


SHOTS = (
    Shot(
        "page-meetings",
        "/",
        opens="summary[aria-label='Actions for Pension after moving abroad']",
        height=760,
    ),
    Shot(
        "page-assign", f"/meeting/assign?id={plans.FIRST}", opens=".mark-not-available summary", height=1000
    ),
    Shot("page-preview", f"/meeting/assign?id={plans.FIRST}&to={BRAM.id}", width=820, height=680),
    Shot("page-meeting-dark", f"/meeting?id={plans.FIRST}", scheme="dark", height=560),
    Shot("page-reschedule", f"/meeting/reschedule?id={plans.FIRST}", width=820, height=900),
    Shot("page-person", f"/person?id={BRAM.id}", height=800),
    Shot("page-phone", f"/meeting/assign?id={plans.FIRST}", width=390, height=860, scale=1.5),
    Shot("page-phone-dark", "/", width=390, height=860, scale=1.5, scheme="dark"),
)
IN_TROUBLE = (Shot("page-health", "/health", height=980),)
"""Taken when something needs somebody."""


def more_meetings(days: Days) -> list[Meeting]:
    """What else a team may have on these days."""
    return [
        planned(days, "m-22", BRAM, "10:00", 30, "Questions about the offer", "\u0645\u062d\u0645\u062f \u0627\u0644\u0635\u0627\u0644\u062d"),
        planned(days, "m-23", CLARA, "13:30", 60, "Pension after moving abroad", "Ana Sofia Figueiredo", "R. Figueiredo"),
        planned(days, "m-24", DANIEL, "16:00", 45, "Refinancing, with the figures of the last three years", "O. Bakker"),
        planned(days, "m-25", EMMA, "16:15", 45, "Insurance for a houseboat", "Kees Visser"),
        planned(days, "m-26", FRANK, "18:00", 30, "Second opinion", "J. Smith"),
    ]  # fmt: skip


def planned(
    days: Days, name: str, agent: Person, clock: str, minutes: int, title: str, *guests: str
) -> Meeting:
    """A meeting on the day of the story."""
    start = days.office(clock)
    people = tuple(Guest(guest, f"guest{number}.{name}@example.net") for number, guest in enumerate(guests))
    link = f"https://meet.example.com/{name}"
    return Meeting(
        name, 1, MeetingStatus.SCHEDULED, agent.id, start, start + timedelta(minutes=minutes), title, link, guests=people
    )  # fmt: skip


def going_on(now: datetime) -> Meeting:
    """A conversation that has begun."""
    start = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0) - timedelta(minutes=10)
    guests = (Guest("Sophie and Lars Mulder", "mulder@example.net"),)
    return Meeting(
        "m-21", 1, MeetingStatus.SCHEDULED, ANNA.id, start, start + timedelta(minutes=45), "Mortgage for a first home",
        guests=guests,
    )  # fmt: skip


def plan(ctx: Context, days: Days) -> None:
    """Plan everything, and have a little happen to it."""
    wanted = [plans.advice(days), plans.review(days), going_on(ctx.clock()), *more_meetings(days)]
    wishes: list[Wish] = [changes.plan(one, by="platform") for one in wanted]
    wishes += [
        changes.invite(plans.FIRST, Guest("Jamila Visser", "jamila@example.net", "nl"), by="jan"),
        changes.reschedule("m-24", days.office("16:30"), None, "The figures come at four", by="jan"),
        changes.set_status("m-21", MeetingStatus.LIVE, by="platform"),
        changes.cancel("m-26", "Found another adviser", "guest", by="jan"),
    ]
    for wish in wishes:
        accept(ctx, wish)


def settled(ctx: Context) -> None:
    """Wait until every calendar was read and everything is delivered."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        owed = [
            one
            for name in (plans.FIRST, "m-24", "m-26")
            for one in story(ctx, name).deliveries
            if one.state in OPEN
        ]
        read = all(one.state == "ok" and one.objects for one in status(ctx).calendars)
        if read and not owed and len(candidates(ctx, plans.FIRST).page) > 1:
            return
        time.sleep(0.2)
    raise SystemExit("the demo did not settle in time")


def trouble(on: Stage, ctx: Context) -> None:
    """What needs somebody: a password that is refused, an event that its agent moved, an appointment in a meeting's way."""
    with ctx.store.reading() as tx:
        copy = next(one for one in copies.copies(tx, meeting="m-24") if one.state == "present")
        meeting = story(ctx, "m-23").meeting
    url, signed_in = urljoin(on.server.url, copy.href), (copy.place.login, on.logins[copy.place.login])
    text = requests.get(url, auth=signed_in, timeout=30).text
    later = re.sub(
        r"(DT(?:START|END)[^:]*:\d{8}T)(\d\d)", lambda found: f"{found[1]}{int(found[2]) + 1:02}", text
    )
    requests.put(url, later.encode(), auth=signed_in, timeout=30).raise_for_status()
    on.everybody[CLARA.id].add(CLARA.id, "Private", APPOINTMENT.format(start=meeting.start, end=meeting.end))
    (on.folder / f"{EMMA.id}.secret").write_text("another")
    accept(
        ctx, changes.reschedule("m-25", on.days.office("17:15"), None, "The surveyor comes at five", by="jan")
    )
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = status(ctx)
        refused = any(one.state == "no-access" for one in found.calendars)
        if refused and found.drift and found.backlog.failed and found.conflicts:
            return
        time.sleep(0.2)
    raise SystemExit("the trouble did not come in time")


APPOINTMENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//another client//EN
BEGIN:VEVENT
UID:school
DTSTAMP:20260101T000000Z
DTSTART:{start:%Y%m%dT%H%M%SZ}
DTEND:{end:%Y%m%dT%H%M%SZ}
SUMMARY:School play
END:VEVENT
END:VCALENDAR
"""


def take(browser: Browser, home: str, shot: Shot, folder: Path) -> None:
    """One picture."""
    window = browser.new_context(
        java_script_enabled=False, viewport={"width": shot.width, "height": shot.height}, color_scheme=shot.scheme,
        device_scale_factor=shot.scale, locale="en-GB", timezone_id="Europe/Amsterdam",
    )  # fmt: skip
    page: Page = window.new_page()
    page.goto(home + shot.path)
    if shot.opens:
        page.locator(shot.opens).first.click()
        page.mouse.move(0, 0)
    page.screenshot(path=folder / f"{shot.name}.png")
    window.close()


def main(folder: Path) -> None:
    """Write the pictures."""
    logs.set_up()
    with (
        stage(listen="127.0.0.1:0", interval=INTERVAL) as on,
        daemon(on) as served,
        sync_playwright() as playwright,
    ):
        plan(served.ctx, on.days)
        settled(served.ctx)
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(QUIET))
        for shot in SHOTS:
            take(browser, f"http://{served.address}", shot, folder)
        trouble(on, served.ctx)
        for shot in IN_TROUBLE:
            take(browser, f"http://{served.address}", shot, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
