"""A letter as a mail (RFC 5322, MIME): built with the library's objects only, so no name or title can add a header.

Text and HTML are alternatives; guests' calendar attachment is a third (RFC 6047 section 2.4), and once more a file for
programs that do not look inside. The Message-ID is the same for every try, so a mail that arrives twice is one mail.
"""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

from syncd.mail.invitation import Method, invitation, method_of
from syncd.mail.letter import Letter, Reader
from syncd.mail.wording import Said
from syncd.rules.text import clean


def address_of(text: str) -> Address:
    """`Name <mail>` or `mail` as the library's address. Raises ValueError for what is none."""
    name, address = parseaddr(text)
    if "@" not in address:
        raise ValueError("expected an address such as Meetings <meetings@example.com>")
    return Address(name, addr_spec=address)


def message_of(letter: Letter, said: Said, sender: Address, *, now: datetime) -> EmailMessage:
    """The whole mail, ready to be sent. `now` dates it."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = recipient(letter.reader)
    mail["Subject"] = said.subject
    mail["Date"] = now
    mail["Message-ID"] = f"<{letter.number}@{sender.domain}>"
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence notice answers it
    mail.set_content(said.text)
    mail.add_alternative(said.html, subtype="html")
    if method := method_of(letter):
        _attach(mail, invitation(letter, method, _body(said.text), sender, now=now), method)
    return mail


def recipient(reader: Reader) -> Address:
    """The reader's address, with the name as people see it."""
    local, _, domain = reader.email.rpartition("@")
    return Address(clean(reader.name), local, domain)


def _body(text: str) -> str:
    """The text without its signature (RFC 3676 section 4.3)."""
    return text.partition("\n-- \n")[0].strip()


def _attach(mail: EmailMessage, data: bytes, method: Method) -> None:
    mail.add_alternative(data.decode(), subtype="calendar", params={"method": method})
    mail.add_attachment(data, maintype="application", subtype="ics", filename="invite.ics")
