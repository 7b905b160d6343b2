"""All calendars of a login with one request: a PROPFIND of its home (RFC 4918 section 9.1), asked every cycle.

What tells whether a calendar changed is its ctag or its sync token. One of the two is enough, and on some servers each
costs a walk through all events, so only the one that was seen to be there is asked for again.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime

from connectors.caldav import multistatus, xml
from connectors.caldav.addresses import absolute, key, path_of, same, stored
from connectors.caldav.multistatus import Member
from connectors.caldav.xml import CAL, CS, DAV
from connectors.http.client import HttpClient
from connectors.http.wire import Answer
from connectors.interface import CalendarInfo

CTAG = f"{CS}getctag"
TOKEN = f"{DAV}sync-token"
GATES = {"ctag": (CTAG,), "token": (TOKEN,), "both": (CTAG, TOKEN)}
OWNER = f"{DAV}owner"
KIND = f"{DAV}resourcetype"
NAME = f"{DAV}displayname"
RIGHTS = f"{DAV}current-user-privilege-set"
HOLDS = f"{CAL}supported-calendar-component-set"
COUNTS = f"{CAL}schedule-calendar-transp"
IDS = (f"{DAV}resource-id", f"{DAV}share-resource-uri")
"""What names a calendar for as long as it lives, and no other after it: RFC 5842 section 3.1 (DAViCal, Xandikos), and the id by which
sabre/dav shares it. Not its creation date, which some servers make up for each answer."""

DETAILS = (KIND, NAME, OWNER, RIGHTS, HOLDS, COUNTS, *IDS)
WRITING = ("all", "write", "write-content", "bind")

UNIX_TIME = re.compile(r"(?<![0-9A-Za-z])\d{10}(?![0-9A-Za-z])")
SAME_MOMENT = timedelta(seconds=3)


@dataclass(frozen=True, slots=True)
class Memo:
    """What discovery learned: the homes' URLs, and which of ctag and token says that a calendar changed."""

    homes: tuple[str, ...]
    gate: str = "both"

    def text(self) -> str:
        """As stored; equal memos are equal texts."""
        return json.dumps({"homes": list(self.homes), "gate": self.gate}, sort_keys=True)


def memo_from(text: str | None) -> Memo | None:
    """Read a stored memo; None where there is none, or an older version wrote it otherwise."""
    try:
        said = json.loads(text or "")
        memo = Memo(tuple(str(home) for home in said["homes"]), str(said["gate"]))
    except (ValueError, KeyError, TypeError):
        return None
    return memo if memo.homes and memo.gate in GATES else None


def listing(http: HttpClient, memo: Memo, base: str) -> tuple[tuple[CalendarInfo, ...], Memo]:
    """The calendars in the homes, one request a home, and the memo as it stands now.

    Raises CalendarGone where a home is not there any more, and what `HttpClient` raises.
    """
    body = xml.propfind((*DETAILS, *GATES[memo.gate]))
    found: list[tuple[CalendarInfo, Member]] = []
    homes: list[str] = []
    for home in memo.homes:
        answer = http.send("PROPFIND", home, body, {**xml.XML_HEADERS, "Depth": "1"})
        homes.append(answer.url)
        found += _calendars(answer, http, base)
    unique = {key(info.href): (info, member) for info, member in found}
    infos = tuple(info for info, _ in unique.values())
    return infos, Memo(tuple(homes), _gate([member for _, member in unique.values()]))


def _calendars(answer: Answer, http: HttpClient, base: str) -> list[tuple[CalendarInfo, Member]]:
    members = multistatus.parse(answer, http.base.name).members
    home_owner = next((m.href_in(OWNER) for m in members if same(m.href, answer.url)), "")
    calendars = _without_twins([member for member in members if _is_calendar(member)])
    return [(_info(member, home_owner, answer, base), member) for member in calendars]


def _is_calendar(member: Member) -> bool:
    """A calendar that can hold events: not an inbox, an outbox, a trash bin, a task list or a subscription."""
    if not member.href or member.status not in (None, 200) or not member.has(KIND, f"{CAL}calendar"):
        return False
    holds = member.props.get(HOLDS)
    kinds = (
        [comp.get("name", "").upper() for comp in holds.iterfind(f"{CAL}comp")] if holds is not None else []
    )
    return not kinds or "VEVENT" in kinds


def _without_twins(members: Sequence[Member]) -> list[Member]:
    """SOGo lists `personal.ics` and `personal.xml` beside `personal/`: the same calendar three times."""
    plain = {key(member.href).rstrip("/") for member in members}
    return [m for m in members if re.sub(r"\.(ics|xml)$", "", (path := key(m.href).rstrip("/"))) == path or
            re.sub(r"\.(ics|xml)$", "", path) not in plain]  # fmt: skip


def _info(member: Member, home_owner: str, answer: Answer, base: str) -> CalendarInfo:
    owner = member.href_in(OWNER)
    path = path_of(member.href)
    return CalendarInfo(
        href=stored(absolute(answer.url, path if path.endswith("/") else path + "/"), base),
        name=member.text(NAME) or key(member.href).rstrip("/").rpartition("/")[2],
        revision=_revision(member, answer, base),
        owned=not owner or not home_owner or same(owner, home_owner),
        transparent=member.has(COUNTS, f"{CAL}transparent"),
        writable=_writable(member),
        identity=next(
            (f"{name.rpartition('}')[2]} {said}" for name in IDS if (said := member.href_in(name))), ""
        ),
    )


def _writable(member: Member) -> bool:
    """A server that says nothing of rights is believed to allow writing; a refusal will tell."""
    rights = member.props.get(RIGHTS)
    if rights is None:
        return True
    return any(rights.find(f"{DAV}privilege/{DAV}{right}") is not None for right in WRITING)


def _revision(member: Member, answer: Answer, base: str) -> str:
    """The change mark and whose it is, or "" where it can't be trusted to differ after another change.

    Marks made of seconds (SOGo) do not show a second change within the same second, so a fresh one says nothing. An
    account that moves to another server may meet the same mark there by chance.
    """
    mark = member.text(CTAG) or member.text(TOKEN)
    return f"{mark} at {base}" if mark and not _just_now(mark, answer) else ""


def _just_now(mark: str, answer: Answer) -> bool:
    seconds = [int(digits) for digits in UNIX_TIME.findall(mark)]
    try:
        now = parsedate_to_datetime(answer.header("Date")).timestamp() if seconds else 0.0
    except (TypeError, ValueError):
        return bool(seconds)
    return any(abs(now - second) <= SAME_MOMENT.total_seconds() for second in seconds)


def _gate(members: Iterable[Member]) -> str:
    """Which mark all calendars have: the ctag if it is one of them (cheaper where both cost), else the token."""
    calendars = list(members)
    for gate, prop in (("ctag", CTAG), ("token", TOKEN)):
        if calendars and all(member.text(prop) for member in calendars):
            return gate
    return "both"
