"""A calendar of realistic objects, made up: what the reader is measured with.

About 2 kB each: half with a VTIMEZONE, most with people, alarms and vendors' properties; a third recurs, a quarter of these
with changed instances; five zones (three IANA names, a Windows name, one of the object's own). The same objects every time.
"""

from datetime import UTC, datetime, timedelta
from random import Random

START = datetime(2026, 11, 21, tzinfo=UTC)
END = datetime(2027, 5, 21, tzinfo=UTC)
OWNER = "anna@example.com"

ZONES = ("Europe/Amsterdam", "America/New_York", "Asia/Tokyo", "W. Europe Standard Time", "Office hours")
DEFINITION = """\
BEGIN:VTIMEZONE
TZID:{tzid}
X-LIC-LOCATION:{tzid}
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""
RULES = (
    "FREQ=WEEKLY",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
    "FREQ=DAILY;COUNT=40",
    "FREQ=DAILY;UNTIL=20270301T000000Z",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=MONTHLY",
    "FREQ=YEARLY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
)
VENDOR = """\
X-MOZ-GENERATION:3
X-MOZ-LASTACK:20261120T080000Z
X-APPLE-TRAVEL-ADVISORY-BEHAVIOR:AUTOMATIC
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
X-MICROSOFT-CDO-IMPORTANCE:1
X-MICROSOFT-DISALLOW-COUNTER:FALSE
CREATED:20261101T120000Z
LAST-MODIFIED:20261102T130000Z
CLASS:PUBLIC
PRIORITY:5
"""
ALARM = "BEGIN:VALARM\nACTION:DISPLAY\nTRIGGER:-PT15M\nDESCRIPTION:Reminder\nEND:VALARM\n"


def objects(count: int = 2000, seed: int = 1) -> list[bytes]:
    """So many objects, each a whole iCalendar text."""
    chance = Random(seed)
    return [_object(number, chance) for number in range(count)]


def _object(number: int, chance: Random) -> bytes:
    tzid, single = ZONES[number % 5], number % 3 > 0
    first = START + timedelta(days=chance.randrange(-300, 170), hours=chance.randrange(7, 18))
    rule = "" if single else f"RRULE:{RULES[number // 3 % len(RULES)]}\n"
    body = _event(number, tzid, first, rule, chance)
    if rule and chance.random() < 0.25:
        body += _event(number, tzid, first + timedelta(hours=1), "", chance, first)
    defined = DEFINITION.format(tzid=tzid) if number % 2 or tzid not in ZONES[:3] else ""
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//bench//EN\n{defined}{body}END:VCALENDAR\n"
    return text.replace("\n", "\r\n").encode()


def _event(
    number: int, tzid: str, first: datetime, rule: str, chance: Random, replaces: datetime | None = None
) -> str:
    words = " ".join(chance.choice(("agenda", "minutes", "budget", "caf\u00e9", "review")) for _ in range(90))
    people = "".join(
        f"ATTENDEE;CN=Person {who};ROLE=REQ-PARTICIPANT;PARTSTAT=ACCEPTED;RSVP=TRUE:mailto:{who}@example.org\n"
        for who in range(chance.randrange(5))
    )
    invited = (
        f"ORGANIZER;CN=Head:mailto:head@example.org\n{people}ATTENDEE;PARTSTAT=ACCEPTED:mailto:{OWNER}\n"
    )

    def at(moment: datetime) -> str:
        return f";VALUE=DATE:{moment:%Y%m%d}" if number % 10 == 7 else f";TZID={tzid}:{moment:%Y%m%dT%H%M%S}"

    length = timedelta(days=1) if number % 10 == 7 else timedelta(hours=1)
    times = f"DTSTART{at(first)}\nDTEND{at(first + length)}\n"
    if replaces:
        times += f"RECURRENCE-ID{at(replaces)}\n"
    return (
        f"BEGIN:VEVENT\nUID:{number}-{number * 7919:08x}@bench.example\nDTSTAMP:20261101T120000Z\nSEQUENCE:{number % 4}\n"
        f"SUMMARY:Appointment {number} with a title of usual length\nLOCATION:Room {number % 30}\n"
        f"{times}{rule}{invited if chance.random() < 0.6 else ''}STATUS:CONFIRMED\nTRANSP:OPAQUE\n"
        f"{_folded('DESCRIPTION:' + words)}{VENDOR}{ALARM if chance.random() < 0.7 else ''}END:VEVENT\n"
    )


def _folded(line: str) -> str:
    return "\n ".join(line[at : at + 70] for at in range(0, len(line), 70)) + "\n"
