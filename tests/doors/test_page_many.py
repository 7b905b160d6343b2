"""The page in a large house: 10,000 agents and 5,000 meetings are found and paged, never listed; no page grows with them."""

from datetime import timedelta

import pytest
from pages import Pages, Shown, Visitor
from stores import sqlite_only
from worlds import NOW, TEN, World

from store import agents, meetings
from store.model import Agent, Guest, LoginPlan, Meeting, MeetingStatus
from syncd.config import to_agents, to_logins

AGENTS, MEETINGS = 10_000, 5_000
LARGEST = 200_000
"""Characters of a page; the largest here has some 60,000."""


@pytest.fixture
def many(world: World) -> Visitor:
    """An operator in a house of thousands, a tenth of whom have a calendar that was never read."""
    people = [
        Agent(f"p{n:05}", f"Person {n:05}", f"p{n}@example.com", "UTC", provisioned_by="platform")
        for n in range(AGENTS)
    ]
    logins = [LoginPlan(one.id, "memory", one.id, "caldav") for one in people[::10]]
    with world.store.writing() as tx:
        config = world.ctx.config
        agents.follow(tx, [*to_agents(config), *people], [*to_logins(config), *logins], NOW)
        for number in range(MEETINGS):
            start = TEN + number * timedelta(minutes=3)
            meetings.insert(tx, Meeting(
                f"m{number:04}", 1, MeetingStatus.SCHEDULED, people[number % AGENTS].id, start, start + timedelta(hours=1),
                f"Talk {number:04}", guests=(Guest(f"Guest {number:04}", f"guest{number}@example.org"),),
            ))  # fmt: skip
    return Pages(world).signed_in()


def looked_at(visitor: Visitor, path: str) -> Shown:
    shown = visitor.get(path)
    assert shown.status == 200
    assert len(shown.text) < LARGEST, f"{path} has {len(shown.text)} characters"
    return shown


@sqlite_only
@pytest.mark.long
def test_a_large_house_is_searched_and_never_listed(many: Visitor) -> None:
    assert "50 of 10003 shown" in looked_at(many, "/people").words
    found = looked_at(many, "/people?q=person+09999")
    assert [one for one in found.links() if one.startswith("/person")] == ["/person?id=p09999"]
    assert "25 of 10003 shown" in looked_at(many, "/meeting/assign?id=m0000").words
    only = looked_at(many, "/meeting/assign?id=m0000&q=person+09999")
    assert "Person 09999" in only.words
    assert "1 of 1 shown" in only.words
    assert "Seven days from" in looked_at(many, "/person?id=p09999").words
    first = looked_at(many, "/")
    assert first.text.count('<li class="row') == 50
    assert "Talk 4999" in looked_at(many, "/?q=talk+4999&view=all").words
    assert "Guest 4321" in looked_at(many, "/?q=guest+4321&view=all").words
    health = looked_at(many, "/health").words
    assert "10003 agents" in health
    assert "Reading for the first time: 3 of 1003 calendars" in health
    assert "100 of 1000 shown" in health
