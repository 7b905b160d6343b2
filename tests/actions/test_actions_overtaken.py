"""A worker that stood still right before it wrote, while another one took over: it writes nothing."""

from datetime import timedelta

import pytest
from worlds import TEN, World

from connectors.interface import Found, Identity, OutcomeUnknown
from connectors.memory import MemoryConnector
from store import due
from store.errors import Fenced
from syncd.actions import changes
from syncd.actions.accept import Wish
from syncd.actions.deliver import deliver

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("wish", "operation"),
    [
        (changes.reschedule("m1", TEN + HOUR, None, "later", by="test"), "put"),
        (changes.cancel("m1", "ill", "agent", by="test"), "remove"),
    ],
    ids=["put", "remove"],
)
def test_what_was_taken_over_while_it_was_looked_up_is_not_written(
    world: World, monkeypatch: pytest.MonkeyPatch, wish: Wish, operation: str
) -> None:
    """The machine stands still right before the write, and another one does it meanwhile."""
    world.plan()
    world.accept(wish)
    (held,) = world.claim()
    usual, asked = MemoryConnector.find, list[str]()

    def then_still(connector: MemoryConnector, calendar: str, identity: Identity) -> Found | None:
        found = usual(connector, calendar, identity)
        if not asked:
            asked.append(calendar)
            world.now += due.LEASE
            world.deliver()
            world.server.calls.clear()
        return found

    monkeypatch.setattr(MemoryConnector, "find", then_still)
    with pytest.raises(Fenced):
        deliver(world.ctx, held)
    assert operation not in world.operations("anna")
    assert world.owed() == []


def test_a_copy_that_may_be_gone_is_not_counted_on_when_its_calendar_is_used_again(world: World) -> None:
    """Its removal was sent and not answered. Should the meeting be shown there once more, another event is made."""
    world.plan()
    world.server.add_calendar("anna", "Private")
    world.configure(
        (world.folder / "config.toml").read_text().replace('write = "Work"', 'write = "Private"', 1)
    )
    world.sync()
    world.server.fail_next("anna", "remove", OutcomeUnknown("no answer"), after=True)
    world.accept(changes.reschedule("m1", TEN + HOUR, None, "later", by="test"))
    world.deliver()
    assert {number: copy.state for (_, number), copy in world.copies().items()} == {
        1: "leaving",
        2: "present",
    }
    world.tick(timedelta(minutes=2))
    assert {number: copy.state for (_, number), copy in world.copies().items()} == {1: "gone", 2: "present"}
