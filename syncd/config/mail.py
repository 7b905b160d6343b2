"""[mail]: by which server mails go out, as whom, in which words, and what is told to whom.

Without this section no mail is owed: the platform may send its own.
"""

from email.errors import MessageError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from syncd.config.people import SecretRef
from syncd.config.sections import Section
from syncd.config.values import FilePath, Flag, Line, Listen, address, is_loopback
from syncd.config.wording import wrong

TLS_PORT = 465


def _sender(value: str) -> str:
    """Whom mails come from: built here as it will be for each mail (RFC 5322), so that it fails now or never."""
    name, mail = parseaddr(value)
    try:
        Address(name, addr_spec=address(mail))
    except (ValueError, MessageError) as error:
        raise wrong('expected an address such as "Meetings <meetings@example.com>"') from error
    return value


class GuestNotices(Section):
    """[mail.guests]: what guests are told. What is off counts as told by the platform.

    A new agent is told to guests by `meetings.tell_guests_on_assign`.
    """

    planned: Flag = True
    invited: Flag = True
    rescheduled: Flag = True
    cancelled: Flag = True
    starts_soon: Flag = True


class AgentNotices(Section):
    """[mail.agents]: what agents are told. `assigned` is both for who takes over and for who hands over."""

    planned: Flag = True
    invited: Flag = False
    rescheduled: Flag = True
    cancelled: Flag = True
    assigned: Flag = True
    starts_soon: Flag = True


class MailConfig(Section):
    """[mail]. `encryption`: by default "none" on this machine, "tls" on port 465, else "starttls"."""

    server: Listen
    sender: Annotated[Line, AfterValidator(_sender)] = Field(alias="from")
    encryption: Literal["starttls", "tls", "none"] | None = None
    login: str = ""
    password: SecretRef | None = None
    ca_file: FilePath = ""
    templates: FilePath = ""
    guests: GuestNotices = GuestNotices()
    agents: AgentNotices = AgentNotices()

    @property
    def host(self) -> str:
        """The server's name or number."""
        return self.server.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The server's port."""
        return int(self.server.rpartition(":")[2])

    @property
    def protection(self) -> Literal["starttls", "tls", "none"]:
        """`encryption`, or what is usual for this server."""
        if self.encryption is not None:
            return self.encryption
        if self.port == TLS_PORT:
            return "tls"
        return "none" if is_loopback(self.host) else "starttls"

    @model_validator(mode="after")
    def _make_sense(self) -> Self:
        if self.encryption == "none" and not is_loopback(self.host):
            raise wrong(
                '"none" is for a server on this machine only: guests\' names would be readable', "encryption"
            )
        if bool(self.login) != (self.password is not None):
            raise wrong("login and password go together", "login")
        return self
