"""Other people's calendars on real servers: what the server itself says of busy time, against what syncd reads there.

Each file has a calendar of its own. Every difference is counted and must be explained; docs/conformance.md keeps the figures.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from servers import SECRET, CalDavServer

from connectors import Account, Connections, open_connector
from connectors.caldav.collection import split
from connectors.interface import NEVER_STORED, Calendar, Connector, Unreachable
from syncd.actions.comparison import Kept, differences
from syncd.rules.comparing import Difference, Ours
from syncd.rules.policy import Policy
from syncd.rules.walls import BusyPiece

ROOT = Path(os.environ.get("SYNCD_CONFORMANCE", "/nowhere")) / "ical"
OWNER = "anna@example.com"
ICS = {"Content-Type": "text/calendar; charset=utf-8"}

MOST = 12
"""Objects of one file: some hold thousands, and a server takes a second for each."""

BY_HAND = {
    "radicale": {"5040346902e6", "8b84fa06880f", "652c9b463dec"},
    "xandikos": {"652c9b463dec"},
    "cyrus": {"652c9b463dec", "ba68c92854be"},
}
"""Files of which docs/conformance.md explains what `verify` itself leaves open."""

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not ROOT.is_dir(), reason="SYNCD_CONFORMANCE does not point to the vectors"),
]


def windows() -> dict[str, tuple[datetime, datetime]]:
    """File -> the longest window in which others agree about it."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for vector in json.loads((ROOT / "ics_expected.json").read_text()):
        start, end = (datetime.fromisoformat(text).astimezone(UTC) for text in vector["window"])
        known = found.setdefault(vector["ics"], (start, end))
        if end - start > known[1] - known[0]:
            found[vector["ics"]] = (start, end)
    return found


def compared(connector: Connector, asked: Calendar) -> tuple[Difference, ...] | None:
    """What differs in one calendar, whose events are kept as a sync keeps them; None where the server fails."""
    objects = connector.changes(asked, None, {}).upserts
    pieces = [
        BusyPiece(one.start, one.end, one.status.value, one.all_day, "Work", Policy())
        for found in objects
        for one in found.intervals
        if one.status not in NEVER_STORED and one.start < one.end
    ]
    try:
        answer = connector.free_busy(asked.href, asked.start, asked.end)
    except Unreachable:
        return None
    assert answer is not None
    return differences(connector, Kept(asked, Ours(pieces, ())), answer)


@pytest.mark.parametrize("kind", ["radicale", "xandikos", "cyrus"])
def test_every_difference_is_counted_and_explained(
    request: pytest.FixtureRequest, connections: Connections, kind: str
) -> None:
    server: CalDavServer = request.getfixturevalue(kind)
    user = server.add_user()
    connector = open_connector(Account("caldav", server.url), user, SECRET, connections)
    counts, stored = Counter[str](), Counter[bool]()
    same, failed, left = 0, set[str](), set[str]()
    for file, (start, end) in sorted(windows().items()):
        name = Path(file).stem
        home = server.add_calendar(user, name)
        stored.update(fill(server, user, home, ROOT / file))
        found = compared(connector, Calendar(home, "Europe/Amsterdam", (OWNER,), start, end))
        if found is None:
            failed.add(name)
            continue
        same += not found
        counts.update(f"{one.why} ({one.busy})" for one in found)
        left |= {name for one in found if not one.explained}
    request.config.get_terminal_writer().line(
        f"{kind}: {len(windows())} files, {stored[True]} objects, {stored[False]} refused; {same} the same, "
        f"{len(failed)} without an answer: {sorted(failed)}; {dict(counts.most_common())}; open: {sorted(left)}"
    )
    assert left <= BY_HAND[kind]
    assert len(failed) <= 8
    assert same >= 75


def fill(server: CalDavServer, user: str, home: str, file: Path) -> Iterator[bool]:
    """Put a file's first objects into a calendar, each on its own; was it taken?"""
    for number, (_, text) in enumerate(islice(split(file.read_bytes(), home), MOST)):
        yield server.request("PUT", f"{home}{number}.ics", user, text, ICS).status_code < 300
