"""The meetings the demo plans: a conversation of one agent, and one of a group at a time the company blocks."""

from datetime import datetime

from store.model import Guest, Meeting, MeetingStatus
from syncd.demo.days import Days
from syncd.demo.people import ANNA, OFFICE

VISSER = Guest("M. Visser", "visser@example.net", "nl", OFFICE)
JANSEN = Guest("T. Jansen", "jansen@example.net", "nl", OFFICE)
FIRST, SECOND = "demo-1", "demo-2"


def advice(days: Days) -> Meeting:
    """The meeting of the story: with Anna, at a time that makes most of the others not available."""
    return _meeting(FIRST, "First advice on a mortgage", days.start, days.end)


def review(days: Days) -> Meeting:
    """A meeting of the mortgage group, the next day, that runs into the company's lunch."""
    return _meeting(SECOND, "Yearly review", days.office("11:30", 1), days.office("12:15", 1), "mortgage")


def _meeting(name: str, title: str, start: datetime, end: datetime, group: str | None = None) -> Meeting:
    link = f"https://meet.example.com/{name}"
    return Meeting(
        id=name, version=1, status=MeetingStatus.SCHEDULED, agent=ANNA.id, start=start, end=end, title=title,
        link=f"{link}?guest={{guest}}", agent_link=f"{link}?agent={{agent}}", group=group, guests=(VISSER,),
    )  # fmt: skip
