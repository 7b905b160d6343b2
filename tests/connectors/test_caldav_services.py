"""A domain that names its CalDAV server in the DNS (RFC 6764), asked of a name service on loopback."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest
from clients import LOGIN, SECRET
from dns.resolver import Resolver
from scripted import Asked, Said, ScriptedServer, Serve, multistatus, reply
from test_caldav_discovery import COLLECTION, home_set, principal, response

from connectors.account import Account, Connections
from connectors.caldav.discovery import homes
from connectors.caldav.services import service_urls
from connectors.http.client import HttpClient
from connectors.interface import CalendarGone, NoAccess
from syncd.demo.graph.tls import Authority

DOMAIN = "calendars.example"


@dataclass
class NameService:
    """Answers from `records` ((name, kind) -> texts) over UDP, and says NXDOMAIN of all else."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        threading.Thread(target=self._answer, daemon=True).start()

    def resolver(self) -> Resolver:
        resolver = Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], self._socket.getsockname()[1]
        return resolver

    def close(self) -> None:
        self._socket.close()

    def _answer(self) -> None:
        while True:
            try:
                data, sender = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(data)
            question = query.question[0]
            name, kind = str(question.name), question.rdtype.name
            self.asked.append(f"{kind} {name}")
            said = dns.message.make_response(query)
            if texts := self.records.get((name, kind)):
                said.answer.append(dns.rrset.from_text(name, 60, "IN", kind, *texts))
            else:
                said.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(said.to_wire(), sender)


@pytest.fixture
def names() -> Iterator[NameService]:
    service = NameService()
    yield service
    service.close()


@pytest.fixture
def lost(monkeypatch: pytest.MonkeyPatch, serve: Serve, tmp_path: Path) -> tuple[str, Path, Authority]:
    """A domain whose own web server knows nothing of calendars: its URL, and by whom its certificate is vouched for."""
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, *more, **named: real("127.0.0.1" if host == DOMAIN else host, *more, **named)
    )  # fmt: skip
    authority = Authority(tmp_path)
    website = serve(lambda asked: reply(404), tls=authority.issue("website", DOMAIN))
    return website.url.replace("127.0.0.1", DOMAIN).replace("localhost", DOMAIN), authority.ca_file, authority


def calendars(asked: Asked) -> Said:
    if asked.path == "/.well-known/caldav":
        return reply(301, Location="/dav/")
    return multistatus(response("/dav/", principal("/dav/"), home_set("/dav/home/"), COLLECTION))


def port_of(server: ScriptedServer) -> int:
    return int(server.name.rpartition(":")[2])


SRV, TXT = (f"_caldavs._tcp.{DOMAIN}.", "SRV"), (f"_caldavs._tcp.{DOMAIN}.", "TXT")


def test_the_server_that_the_domain_names_is_found(
    names: NameService, lost: tuple[str, Path, Authority], serve: Serve, connections: Connections
) -> None:
    url, ca_file, authority = lost
    server = serve(calendars, tls=authority.issue("dav"))
    names.records = {SRV: [f"10 0 {port_of(server)} localhost."]}
    account = Account("caldav", url, hosts=(f"localhost:{port_of(server)}",), ca_file=str(ca_file))
    found = homes(HttpClient(account, LOGIN, SECRET, connections), url, names.resolver())
    assert found == (f"https://localhost:{port_of(server)}/dav/home/",)


def test_a_host_that_the_account_does_not_list_is_told_and_never_asked(
    names: NameService, lost: tuple[str, Path, Authority], serve: Serve, connections: Connections
) -> None:
    url, ca_file, authority = lost
    server = serve(calendars, tls=authority.issue("dav"))
    names.records = {SRV: [f"10 0 {port_of(server)} localhost."]}
    client = HttpClient(Account("caldav", url, ca_file=str(ca_file)), LOGIN, SECRET, connections)
    with pytest.raises(NoAccess) as refused:
        homes(client, url, names.resolver())
    assert f"localhost:{port_of(server)}" in refused.value.hint
    assert not server.asked


def test_a_domain_that_names_nothing_leaves_the_first_reason(
    names: NameService, lost: tuple[str, Path, Authority], connections: Connections
) -> None:
    url, ca_file, _ = lost
    with pytest.raises(CalendarGone):
        homes(
            HttpClient(Account("caldav", url, ca_file=str(ca_file)), LOGIN, SECRET, connections),
            url,
            names.resolver(),
        )
    assert names.asked == [f"SRV _caldavs._tcp.{DOMAIN}."]


def test_records_are_taken_in_their_order_with_the_path_beside_them(names: NameService) -> None:
    names.records = {
        SRV: ["20 0 443 c.example.", "10 1 443 b.example.", "10 9 8443 a.example."],
        TXT: ['"version=1"', '"path=/remote.php/dav"'],
    }
    assert service_urls(f"https://{DOMAIN}/x", "/.well-known/caldav", names.resolver()) == (
        "https://a.example:8443/remote.php/dav", "https://b.example:443/remote.php/dav", "https://c.example:443/remote.php/dav",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("srv", "txt"),
    [(["0 0 0 ."], []), ([], ["path=/x"]), (["0 0 443 a.example."], ['"path=//evil.example/"', '"path=x"'])],
)
def test_what_names_no_service_or_no_path_is_passed_over(
    names: NameService, srv: list[str], txt: list[str]
) -> None:
    names.records = {SRV: srv, TXT: txt}
    urls = service_urls(f"https://{DOMAIN}/", "/well", names.resolver())
    assert urls in ((), ("https://a.example:443/well",))
    assert bool(urls) == (srv == ["0 0 443 a.example."])


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://server/"]
)
def test_addresses_and_single_names_are_never_looked_up(names: NameService, url: str) -> None:
    assert service_urls(url, "/well", names.resolver()) == ()
    assert names.asked == []
