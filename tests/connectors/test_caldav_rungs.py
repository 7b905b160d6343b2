"""The ladder: whatever a server lacks, what is known is what is true; and in whichever way it is read, it is the same calendar."""

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from hostile import CALENDAR
from labs import START, Lab, text
from stages import Desk, OverTheWire, known_of

from connectors.account import Connections
from connectors.caldav.rungs import State
from connectors.interface import Event, Garbled, NoAccess

RUNGS = ("sync", "etags", "query", "whole")


def lacking(lab: Lab, rung: str) -> None:
    """Nothing above this rung is offered."""
    for name in RUNGS[: RUNGS.index(rung)]:
        setattr(lab.dav, name, False)


class TestRungs:
    """The ladder: whatever a server lacks, what is known is what is true, and each rung costs what it must."""

    @pytest.mark.parametrize("rung", RUNGS)
    def test_what_is_known_is_what_is_true(self, lab: Lab, rung: str) -> None:
        lacking(lab, rung)
        lab.fill("a", "b", "c")
        assert lab.sync().by == rung
        lab.dav.delete("a.ics")
        lab.fill("d")
        lab.dav.put("b.ics", text("b", "Changed"))
        changes = lab.sync()
        assert set(lab.known) == lab.true
        assert {one.uid for one in changes.upserts} == {"b", "d"}
        assert all(one.intervals for one in changes.upserts)
        assert changes.by == rung

    @pytest.mark.parametrize(
        ("rung", "costs"),
        [("sync", (2, 2, 2)), ("etags", (1, 2, 2)), ("query", (1, 1, 1)), ("whole", (1, 1, 1))],
    )
    def test_what_0_1_and_10_changed_objects_cost(self, lab: Lab, rung: str, costs: tuple[int, ...]) -> None:
        """One object is fetched by a GET, ten by one multiget; two rungs bring the texts along. Nothing new, although the marks
        told of something, is doubted by `sync`; where they tell nothing, none of this is asked (test_caldav_requests)."""
        lacking(lab, rung)
        lab.fill(*(f"e{number}" for number in range(20)))
        lab.sync()
        for changed, cost in zip((0, 1, 10), costs, strict=True):
            for number in range(changed):
                lab.dav.put(f"e{number}.ics", text(f"e{number}", f"Changed with {changed}"))
            before = len(lab.server.asked)
            assert len(lab.sync().upserts) == changed
            assert len(lab.server.asked) - before == cost

    def test_a_query_without_etags_goes_by_what_the_texts_say(self, lab: Lab) -> None:
        lacking(lab, "query")
        lab.dav.query_etags = False
        lab.fill("a", "b")
        lab.sync()
        assert lab.sync().upserts == ()
        lab.dav.put("b.ics", text("b", "Changed"))
        assert [one.uid for one in lab.sync().upserts] == ["b"]

    def test_a_rung_that_is_lost_leads_down_and_then_to_the_top(self, lab: Lab) -> None:
        lacking(lab, "query")
        lab.fill("a", "b")
        assert lab.sync().by == "query"
        lab.dav.query = False
        assert lab.sync().by == "whole"
        lab.dav.whole, lab.dav.etags = False, True
        assert lab.sync().by == "etags"
        assert set(lab.known) == lab.true

    def test_whenever_everything_is_listed_the_ladder_is_tried_from_the_top(self, lab: Lab) -> None:
        lacking(lab, "etags")
        lab.fill("a")
        assert lab.sync().by == "etags"
        lab.dav.sync = True
        assert lab.sync().by == "etags"
        lab.state = None
        assert lab.sync().by == "sync"

    def test_without_any_rung_the_calendar_fails_and_is_not_empty(self, lab: Lab) -> None:
        lab.fill("a")
        lab.sync()
        lacking(lab, "whole")
        lab.dav.whole = False
        with pytest.raises(NoAccess):
            lab.sync()

    @pytest.mark.parametrize("rung", ["etags", "query"])
    def test_a_listing_that_says_it_is_cut_is_no_listing(self, lab: Lab, rung: str) -> None:
        lacking(lab, rung)
        lab.fill("a", "b", "c", "d")
        lab.sync()
        lab.dav.limited = True
        assert lab.sync().by == "whole"
        assert set(lab.known) == lab.true
        lab.dav.whole = False
        with pytest.raises((Garbled, NoAccess)):
            lab.sync()
        assert set(lab.known) == lab.true

    def test_half_a_text_of_the_whole_is_no_calendar(self, lab: Lab) -> None:
        lacking(lab, "whole")
        lab.fill("a", "b")
        lab.sync()
        lab.dav.cut_short = True
        with pytest.raises(NoAccess):
            lab.sync()

    def test_our_own_event_keeps_its_address_also_in_the_whole(self, lab: Lab) -> None:
        lacking(lab, "whole")
        event = Event(f"syncd-{'0f' * 16}", "marker", START, START + timedelta(hours=1), "UTC", "Talk")
        put = lab.connector.put(CALENDAR, event, None)
        (seen,) = lab.sync().upserts
        assert (seen.href, seen.event) == (put.href, event)


@pytest.mark.parametrize("rung", RUNGS)
@pytest.mark.parametrize("kind", ["radicale", "xandikos", pytest.param("cyrus", marks=pytest.mark.long)])
def test_each_rung_tells_the_same_of_a_real_server(
    kind: str, rung: str, connections: Connections, request: pytest.FixtureRequest
) -> None:
    stage = OverTheWire(request.getfixturevalue(kind), connections)
    user = stage.add_user()
    desk = Desk(stage, user, stage.add_calendar(user, "Work"), stage.connector(user))
    one, weekly = desk.put("one"), desk.put("weekly", more="RRULE:FREQ=WEEKLY;COUNT=3")
    first = desk.read()
    state = State(rung, urljoin(stage.server.url, desk.calendar)).text()
    again = desk.read(state if rung != "sync" else None)
    assert again.by == rung
    assert {one, weekly} == {found.href for found in again.upserts}
    assert {found.uid: found.intervals for found in again.upserts} == {
        found.uid: found.intervals for found in first.upserts
    }
    stage.delete(desk.user, one)
    desk.put("weekly", more="RRULE:FREQ=WEEKLY;COUNT=4")
    after = desk.read(again.state, known_of(again))
    assert [(found.uid, len(found.intervals)) for found in after.upserts] == [("weekly", 4)]
    if after.complete:
        assert one not in after.unchanged
    else:
        assert after.gone == (one,)
