"""Takes the picture of a mail in docs/mail.md: a reschedule as a guest reads it, rendered by Chromium.

`python docs/mailpicture.py` writes docs/images/mail.png; it needs Debian's package chromium. The browser gets an empty
profile and no network.
"""

import subprocess
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store.model import Agent, Guest, Meeting, MeetingStatus, Told
from syncd.mail.letter import Letter, Reader
from syncd.mail.wording import Wording

PICTURE = Path(__file__).resolve().parent / "images" / "mail.png"
QUIET = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip

START = datetime(2026, 3, 5, 14, tzinfo=UTC)


def letter() -> Letter:
    """What the picture shows."""
    eva = Guest("Eva Jansen", "eva@example.org", "en-GB", "Europe/Amsterdam")
    meeting = Meeting(
        "m1", 2, MeetingStatus.SCHEDULED, "anna", START, START + timedelta(minutes=45), "Your mortgage, first talk",
        "https://meet.example.com/m1", guests=(eva,), reason="Anna is held up at the notary's",
    )  # fmt: skip
    anna = Agent("anna", "Anna de Vries", "anna@example.com", "Europe/Amsterdam")
    earlier = START - timedelta(hours=4)
    told = Told(
        "m1", "guest", eva.email, 1, "planned", "anna", earlier, earlier + timedelta(minutes=45), earlier
    )
    return Letter(
        "rescheduled", Reader("guest", eva.name, eva.email, "en-GB", "Europe/Amsterdam"), meeting, anna, told
    )


def main() -> None:
    """Write the picture."""
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder, "mail.html")
        page.write_text(Wording().say(letter()).html, encoding="utf-8")
        shot = [f"--screenshot={PICTURE}", "--window-size=640,470", f"--user-data-dir={folder}/profile"]
        subprocess.run(["chromium", *QUIET, *shot, page.as_uri()], check=True, capture_output=True)  # noqa: S603, S607  # our own page, Debian's browser


if __name__ == "__main__":
    main()
