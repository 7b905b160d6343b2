"""Other people's calendars on real servers: what a server takes is read there as it is read from the file.

What was taken, refused and read with problems is printed, for the record.
"""

import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from servers import SECRET, CalDavServer

from connectors import Account, Connections, open_connector
from connectors.ical import read_object
from connectors.interface import Calendar

ROOT = Path(os.environ.get("SYNCD_CONFORMANCE", "")) / "ical" / "ics"
START, END = datetime(2004, 1, 1, tzinfo=UTC), datetime(2006, 1, 1, tzinfo=UTC)
HOMES = 4
REFUSED = 300
UID_IS_TAKEN = (409, 412)
"""How Radicale and Xandikos say so."""

ICS = {"Content-Type": "text/calendar; charset=utf-8"}

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif("SYNCD_CONFORMANCE" not in os.environ, reason="SYNCD_CONFORMANCE is not set"),
]


@pytest.mark.parametrize("kind", ["radicale", "xandikos"])
def test_what_a_server_takes_is_read_as_from_the_file(
    request: pytest.FixtureRequest, connections: Connections, kind: str
) -> None:
    server: CalDavServer = request.getfixturevalue(kind)
    user = server.add_user()
    homes = [server.add_calendar(user, f"Others {number}") for number in range(HOMES)]
    answers = Counter(_stored(server, user, homes, path) for path in sorted(ROOT.glob("*.ics")))
    refused = {status: number for status, number in answers.items() if status >= REFUSED}
    connector = open_connector(Account("caldav", server.url), user, SECRET, connections)
    reasons: Counter[str] = Counter()
    count = ill = 0
    for home in homes:
        calendar = Calendar(home, "Europe/Amsterdam", ("anna@example.com",), START, END)
        changes = connector.changes(calendar, None, {})
        read = {obj.href: obj for obj in changes.upserts}
        assert sorted(read) == server.hrefs(user, home), (
            "every object is either read or said to be unreadable"
        )
        for href, obj in read.items():
            held = server.request("GET", href, user).content
            same = read_object(
                href, obj.etag, held, zone=calendar.zone, start=START, end=END, addresses=calendar.addresses
            )
            assert obj.intervals == same.intervals, href
            errors = {problem.message for problem in obj.problems if problem.level == "error"}
            reasons.update(errors)
            ill += bool(errors)
        again = connector.changes(calendar, changes.state, {obj.href: obj.etag for obj in read.values()})
        assert again.upserts == again.gone == ()
        count += len(read)
    assert count > 80
    taken = answers.total() - sum(refused.values())
    record = f"{kind}: {answers.total()} files, {taken} taken, refused {refused}, {count} held and read, {ill} of them with errors"
    request.config.get_terminal_writer().line(f"{record}: {reasons.most_common()}")


def _stored(server: CalDavServer, user: str, homes: list[str], path: Path) -> int:
    """Put a file into the first calendar that does not hold its UID yet (RFC 4791 section 4.1: once in each); the last status."""
    for home in homes:
        status = server.request("PUT", f"{home}{path.stem}.ics", user, path.read_bytes(), ICS).status_code
        if status not in UID_IS_TAKEN:
            break
    return status
