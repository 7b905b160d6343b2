"""Writes at a server that does not look at their conditions (SOGo, Zimbra, Google), and at one that does: the outcome is the same.

What is read directly before a write and directly after it makes up for the conditions, but for the moment in between.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hostile import CALENDAR, HOME, HostileDav
from labs import text
from scripted import Asked, Said, ScriptedServer
from stores import sqlite_only
from worlds import AGENT, HEAD, NOW, TEN, World

from connectors.account import Account, Connections
from connectors.caldav.connector import CalDavConnector
from connectors.interface import Connector
from syncd.actions import changes
from syncd.actions.deliver import _create
from syncd.actions.drifting import drift_list
from syncd.rules.drift import changed

pytestmark = sqlite_only

FOREIGN = text("foreign", "Somebody else's")


@dataclass
class Scene:
    """An agent whose calendar is on a hostile server."""

    world: World
    dav: HostileDav
    server: ScriptedServer

    @property
    def ours(self) -> list[str]:
        """The names of syncd's events there."""
        return [name for name, (_, said) in self.dav.objects.items() if "X-SYNCD-MARKER" in said]

    @property
    def writes(self) -> list[str]:
        return [asked.method for asked in self.server.asked if asked.method in ("PUT", "DELETE")]

    def before_the_next(self, method: str, do: Callable[[str], None]) -> None:
        """Another client is quicker: it does this to the object right before the request for it is looked at."""
        usual, done = self.server.script, list[str]()

        def script(asked: Asked) -> Said:
            if asked.method == method and not done:
                done.append(asked.path)
                do(asked.path.removeprefix(CALENDAR))
            return usual(asked)

        self.server.script = script


@pytest.fixture(params=[False, True], ids=["conditional", "unconditional"])
def scene(world: World, request: pytest.FixtureRequest) -> Iterator[Scene]:
    dav = HostileDav(unconditional=request.param)
    with ScriptedServer(dav) as server:

        def opener(_account: Account, login: str, secret: str, connections: Connections) -> Connector:
            return CalDavConnector(
                Account("caldav", server.url), login, secret, connections, clock=lambda: NOW
            )

        world._open = opener  # type: ignore[method-assign]  # `configure` opens by it
        world.configure(HEAD + AGENT.format(id="dora").replace("Work", "work"))
        assert world.sync().failed == ()
        yield Scene(world, dav, server)


def test_a_foreign_event_at_our_address_stays_and_ours_takes_another(scene: Scene) -> None:
    """Its address is stored before it is written; by then somebody may have put something there."""
    world, create = scene.world, _create

    def then_taken(ctx, owed, place, generation) -> None:  # type: ignore[no-untyped-def]  # as `_create` has it
        create(ctx, owed, place, generation)
        if generation == 1:
            scene.dav.put(f"{world.copies()['dora', 1].uid}.ics", FOREIGN)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("syncd.actions.deliver._create", then_taken)
        world.plan(agent="dora")
    first, second = (world.copies()["dora", number] for number in (1, 2))
    assert scene.dav.objects[f"{first.uid}.ics"][1] == FOREIGN
    assert scene.ours == [f"{second.uid}.ics"]
    assert not world.owed()


def test_a_foreign_event_that_took_the_place_of_ours_is_not_removed(scene: Scene) -> None:
    scene.world.plan(agent="dora")
    (name,) = scene.ours
    scene.dav.put(name, FOREIGN)
    scene.world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    scene.world.deliver()
    assert scene.dav.objects[name][1] == FOREIGN
    assert not scene.world.owed()


def test_an_event_deleted_in_the_very_moment_it_is_moved_stands_there_once(scene: Scene) -> None:
    scene.world.plan(agent="dora")
    scene.before_the_next("PUT", scene.dav.delete)
    scene.world.accept(changes.reschedule("m1", TEN.replace(hour=14), None, "later", by="test"))
    for _ in range(3):
        scene.world.tick(scene.world.ctx.config.sync.interval)
    assert len(scene.ours) == 1
    assert not scene.world.owed()


def test_an_event_edited_in_the_very_moment_it_is_removed_is_gone(scene: Scene) -> None:
    """Where the condition holds it is looked at again: it is still ours, and its meeting is still cancelled."""
    scene.world.plan(agent="dora")
    scene.before_the_next("DELETE", lambda name: _edit(scene.dav, name))
    scene.world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    for _ in range(3):
        scene.world.tick(scene.world.ctx.config.sync.interval)
    assert scene.ours == []
    assert not scene.world.owed()


def test_what_would_change_nothing_is_not_sent(scene: Scene) -> None:
    """The answer to the first write is lost: looked at again, the event is as it should be."""
    scene.dav.loses_the_answer = True
    scene.world.plan(agent="dora")
    assert scene.world.owed()
    scene.dav.loses_the_answer = False
    scene.world.tick(scene.world.ctx.config.sync.interval)
    assert not scene.world.owed()
    assert scene.writes == ["PUT"]


@pytest.mark.parametrize(
    ("wrote", "stores"),
    [
        ("DTSTART;TZID=Europe/Amsterdam:20260302T110000", "DTSTART;TZID=Europe/Amsterdam:20260302T100000"),
        ("DTEND;TZID=Europe/Amsterdam:20260302T120000", "DTEND;TZID=Europe/Amsterdam:20260302T130000"),
        ("TRANSP:OPAQUE", "TRANSP:TRANSPARENT"),
        ("TRANSP:OPAQUE", "TRANSP:OPAQUE\r\nRRULE:FREQ=DAILY;COUNT=3"),
        ("X-SYNCD-MARKER:", "X-SYNCD-MARKER:another-"),
    ],
    ids=["start", "end", "free", "series", "marker"],
)
def test_what_the_server_holds_otherwise_than_it_was_written_is_not_done(
    scene: Scene, wrote: str, stores: str
) -> None:
    """Whatever it answered: what is read back must take the meeting's time, once, and be ours."""
    stored = scene.dav.put
    scene.dav.put = lambda name, said: stored(name, said.replace(wrote, stores))  # type: ignore[method-assign]  # the server is to do so for a while
    scene.world.plan(agent="dora")
    (owed,) = scene.world.owed()
    assert "does not hold the event as it was written" in owed.error
    scene.dav.put = stored  # type: ignore[method-assign]  # the server is to do so for a while
    for _ in range(3):
        scene.world.tick(scene.world.ctx.config.sync.interval)
    assert not scene.world.owed()
    (name,) = [name for name in scene.ours if "another-" not in scene.dav.objects[name][1]]
    assert wrote in scene.dav.objects[name][1]


def test_what_the_server_made_of_it_is_no_edit_by_its_agent(scene: Scene) -> None:
    """Not after everything is fetched anew, either. What the agent then changes is told, and nothing besides."""
    stored = scene.dav.put
    words = (("SUMMARY:Mortgage talk", "SUMMARY:MORTGAGE TALK"), ("CLASS:PRIVATE\r\n", ""))

    def rewritten(name: str, said: str) -> str:
        for wrote, stores in words:
            said = said.replace(wrote, stores)
        return stored(name, said)

    scene.dav.put = rewritten  # type: ignore[method-assign]  # the server is to do so for a while
    scene.world.plan(agent="dora")
    scene.world.sync(full=True)
    assert (scene.world.owed(), drift_list(scene.world.ctx), scene.writes) == ([], [], ["PUT"])
    (name,) = scene.ours
    scene.dav.put(name, scene.dav.objects[name][1].replace("DESCRIPTION:", "DESCRIPTION:Mind "))
    scene.world.sync(full=True)
    (found,) = drift_list(scene.world.ctx)
    assert (found.what, changed(found.copy)) == ("edited", ("text",))


def test_what_we_wrote_ourselves_is_not_fetched_again(scene: Scene) -> None:
    """The next report names it with the etag that was noted when it was written."""
    for number in range(4):
        scene.dav.put(f"{number}.ics", text(str(number)))
    scene.world.tick(2 * scene.world.ctx.config.sync.interval)
    scene.world.plan(agent="dora")
    scene.server.asked.clear()
    scene.world.tick(2 * scene.world.ctx.config.sync.interval)
    asked = [asked.method + " home" * (asked.path == HOME) for asked in scene.server.asked]
    assert asked == ["PROPFIND home", "REPORT"]


COSTS = [
    ({}, ["PROPFIND home"]),  # A: sync-collection, behind a mark
    ({"sync": False}, ["PROPFIND home"]),  # B: etags, behind a mark
    ({"sync": False, "ctag": False, "token": False}, ["PROPFIND home", "PROPFIND"]),  # C: etags, without one
    (
        {"sync": False, "etags": False, "ctag": False, "token": False},
        ["PROPFIND home", "REPORT"],
    ),  # D: the window's texts
    (
        {"sync": False, "etags": False, "query": False, "ctag": False, "token": False},
        ["PROPFIND home", "GET"],
    ),  # E: all
]


@pytest.mark.parametrize("scene", [False], indirect=True)
@pytest.mark.parametrize(("lacks", "costs"), COSTS, ids="ABCDE")
def test_what_a_cycle_without_changes_costs_on_each_rung(
    scene: Scene, lacks: dict[str, bool], costs: list[str]
) -> None:
    for name, offered in lacks.items():
        setattr(scene.dav, name, offered)
    scene.dav.put("a.ics", FOREIGN)
    scene.world.sync(full=True)
    scene.world.tick(2 * scene.world.ctx.config.sync.interval)
    scene.server.asked.clear()
    assert scene.world.tick(2 * scene.world.ctx.config.sync.interval) == 1
    asked = [asked.method + " home" * (asked.path == HOME) for asked in scene.server.asked]
    assert asked == costs


def _edit(dav: HostileDav, name: str) -> None:
    dav.put(name, dav.objects[name][1].replace("SUMMARY:", "SUMMARY:My "))
