"""The mail of everybody in the demo: an SMTP server (RFC 5321) on loopback, in this process. Nothing leaves the machine.

What arrives is read with the email and icalendar libraries, not with syncd's own code.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from icalendar import Calendar

from syncd.demo.server import ServerMissing, free_port


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that arrived. `method`, `uid`, `revision`: of the invitation in it (RFC 5546: METHOD, UID, SEQUENCE), if there is one."""

    to: str
    subject: str
    message_id: str
    method: str = ""
    uid: str = ""
    revision: int = 0


@dataclass
class Post:
    """All that arrived so far, and where it arrives."""

    address: str = ""
    letters: list[Letter] = field(default_factory=list)

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802, ANN401 - aiosmtpd's name and type
        """Take a mail; called in the server's own thread."""
        mail = message_from_bytes(envelope.content, policy=default)
        self.letters.extend(_letter(to, mail) for to in envelope.rcpt_tos)
        return "250 OK"

    def to(self, address: str) -> list[Letter]:
        """What arrived for this address, oldest first."""
        return [letter for letter in self.letters if letter.to == address]


@contextmanager
def running() -> Iterator[Post]:
    """Serve until the block ends. Raises `ServerMissing` when aiosmtpd, of the extra [demo], is not installed."""
    try:
        # Of the extra [demo]: who runs the service alone does not have it.
        from aiosmtpd.controller import Controller
    except ImportError as error:
        raise ServerMissing(
            "the demo's mail server, aiosmtpd, is not installed",
            "from a checkout run `make run`, or install syncd with its extra [demo]",
        ) from error
    post = Post()
    controller = Controller(post, hostname="127.0.0.1", port=free_port())
    controller.start()
    post.address = f"{controller.hostname}:{controller.port}"
    try:
        yield post
    finally:
        controller.stop()


def _letter(to: str, mail: EmailMessage) -> Letter:
    plain = Letter(to, str(mail["Subject"]), str(mail["Message-ID"]))
    for part in mail.walk():
        if part.get_content_type() == "text/calendar":
            calendar = Calendar.from_ical(part.get_content())
            (event,) = calendar.walk("VEVENT")
            return replace(
                plain,
                method=str(calendar["METHOD"]),
                uid=str(event["UID"]),
                revision=int(str(event["SEQUENCE"])),
            )
    return plain
