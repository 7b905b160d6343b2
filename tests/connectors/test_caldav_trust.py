"""The trust rules: a CalDAV server may be wrong in each of the ways real ones were measured to be; no event is lost.

Each test fails without its rule. The servers meant are named at the switches of `hostile.HostileDav`.
"""

import pytest
from hostile import CALENDAR, HostileDav
from hypothesis import given
from hypothesis import strategies as st
from labs import Lab, lab_at, listed, text
from scripted import ScriptedServer, multistatus, reply

from connectors.account import Connections
from connectors.caldav.fetch import MANY
from connectors.interface import (
    CalendarGone,
    Garbled,
    Unreachable,
)

INNER_404 = multistatus(
    f"<d:response><d:href>{CALENDAR}</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>"
)
"""What Xandikos answers to a PROPFIND of a calendar that is gone: that all is well, but for the calendar."""


class TestTokens:
    @pytest.mark.parametrize("tombstones", [False, True])
    @pytest.mark.parametrize("unknown", ["403", "412", "full", "echo"])
    def test_a_server_that_lost_its_history_loses_us_nothing(
        self, lab: Lab, unknown: str, tombstones: bool
    ) -> None:
        lab.fill("a", "b", "c", "d", "e", "f", "g")
        lab.sync()
        lab.dav.unknown, lab.dav.tombstones_first = unknown, tombstones
        lab.dav.delete("a.ics")
        lab.fill("new")
        lab.dav.history = [name for name in lab.dav.history if name != "a.ics"][
            -3:
        ]  # restored: positions run back
        changes = lab.sync()
        assert changes.complete
        assert set(lab.known) == lab.true
        assert len(changes.upserts) <= 2  # what is unchanged was not fetched again

    @given(
        st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=20),
        st.integers(1, 11) | st.none(),
        st.sampled_from(["403", "412", "full", "echo"]),
    )
    def test_whatever_happened_meanwhile(
        self, story: list[tuple[str, bool]], remembered: int | None, unknown: str
    ) -> None:
        dav, connections = HostileDav(unknown=unknown), Connections()
        with ScriptedServer(dav) as server:
            lab = lab_at(server, dav, connections)
            lab.fill("a", "b", "c", "d", "e", "f", "g", "h", "i", "k", "l", "m")
            lab.sync()
            for name, put in story:
                if put:
                    lab.fill(name)
                elif f"{name}.ics" in dav.objects:
                    dav.delete(f"{name}.ics")
            dav.history = dav.history[-remembered:] if remembered else dav.history
            lab.sync()
            assert set(lab.known) == lab.true
        connections.close()

    def test_a_report_asks_for_what_every_server_answers_rightly(self, lab: Lab) -> None:
        """No limit (Xandikos and Nextcloud then lose members), no data (SOGo's is ill-formed), a level (Xandikos wants one)."""
        lab.fill(*(f"e{number}" for number in range(MANY)))
        lab.sync()
        bodies = {asked.body for asked in lab.server.asked if asked.method == "REPORT"}
        sync = next(body for body in bodies if b"sync-collection" in body)
        query = next(body for body in bodies if b"calendar-query" in body)
        assert b"<d:sync-level>1</d:sync-level>" in sync
        assert not [word for word in (b"limit", b"nresults", b"calendar-data") if word in sync]
        assert b'<c:comp-filter name="VEVENT"/>' in query
        assert not [word for word in (b"time-range", b"expand", b"schedule-tag") if word in query]

    def test_the_token_kept_is_the_one_of_the_report(self, lab: Lab) -> None:
        """The one that a listing shows may be ahead of what was told (SOGo, for a second)."""
        lab.fill("a")
        lab.sync()
        lab.dav.delete("a.ics")
        assert "mark-" in next(iter(listed(lab).values()))
        assert lab.sync().gone == (CALENDAR + "a.ics",)
        assert "t-2" in (lab.state or "")

    def test_what_came_and_went_between_two_looks_is_nothing(self, lab: Lab) -> None:
        lab.fill("a", "b", "c")
        lab.sync()
        lab.fill("x")
        lab.dav.delete("x.ics")
        changes = lab.sync()
        assert (changes.upserts, changes.gone) == ((), ())

    def test_what_is_told_as_deleted_and_as_changed_is_looked_at_and_there(self, lab: Lab) -> None:
        lab.fill("a", "b", "c")
        lab.sync()
        lab.dav.buries_first = True
        lab.dav.put("a.ics", text("a", "Changed"))
        changes = lab.sync()
        assert changes.gone == ()
        assert [one.uid for one in changes.upserts] == ["a"]
        assert set(lab.known) == lab.true

    def test_what_is_told_as_deleted_and_listed_as_it_was_is_looked_at_and_gone(self, lab: Lab) -> None:
        """With the etag that is known: believed, the event would be there until the next audit."""
        lab.fill(*"abcdefghi")
        lab.sync()
        usual, etag = lab.dav, lab.dav.objects["a.ics"][0]
        lab.dav.delete("a.ics")
        listed = (
            f"<d:response><d:href>{CALENDAR}a.ics</d:href><d:propstat><d:prop><d:getetag>{etag}</d:getetag>"
            "</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
        )
        both = multistatus(usual._absent("a.ics"), listed, token="t-10")
        lab.server.script = lambda asked: both if b"sync-collection" in asked.body else usual(asked)
        assert lab.sync().gone == (f"{CALENDAR}a.ics",)
        assert set(lab.known) == lab.true

    def test_a_member_listed_twice_is_one_and_keeps_its_data(self, lab: Lab) -> None:
        lab.dav.lists_twice = True
        lab.fill("a", "b", "c")
        changes = lab.sync()
        assert [one.uid for one in changes.upserts] == ["a", "b", "c"]
        assert set(lab.known) == lab.true
        lab.state = None
        assert lab.sync().upserts == ()
        assert lab.sent("GET") == 0

    def test_our_own_write_coming_back_is_no_reason_to_list_everything(self, lab: Lab) -> None:
        lab.fill("a", "b", "c", "d", "e")
        lab.sync()
        href = lab.dav.put("ours.ics", text("ours"))
        lab.known[href] = lab.dav.objects["ours.ics"][0]  # a delivery noted what it wrote
        changes = lab.sync()
        assert not changes.complete
        assert changes.unchanged == (href,)
        assert not changes.upserts

    def test_pages_are_followed_to_the_end(self, lab: Lab) -> None:
        lab.fill("a")
        lab.sync()
        lab.dav.page = 2
        lab.fill(*"bcdefgh")
        before = lab.sent("sync-collection")
        changes = lab.sync()
        assert set(lab.known) == lab.true
        assert lab.sent("sync-collection") - before == 4
        assert not changes.complete

    def test_pages_that_never_end_are_not_followed_for_ever(self, lab: Lab) -> None:
        lab.fill("a", "b")
        lab.dav.stuck = True
        changes = lab.sync()
        assert changes.complete
        assert set(lab.known) == lab.true
        assert lab.sent("sync-collection") <= 2

    def test_a_report_without_a_token_is_replaced_by_etags(self, lab: Lab) -> None:
        lab.fill("a", "b")
        lab.dav.tokenless = True
        assert lab.sync().complete
        assert lab.sync().complete
        assert set(lab.known) == lab.true
        assert lab.sent("sync-collection") == 1

    def test_tombstones_in_a_first_listing_are_nothing(self, lab: Lab) -> None:
        lab.fill("a", "b")
        lab.dav.delete("a.ics")
        lab.dav.tombstones_first = True
        assert not lab.sync().gone
        assert set(lab.known) == lab.true
        assert not [asked for asked in lab.server.asked if b"a.ics" in asked.body or "a.ics" in asked.path]

    def test_the_calendar_itself_is_no_event(self, lab: Lab) -> None:
        lab.fill("a")
        lab.dav.lists_itself = True
        lab.sync()
        assert set(lab.known) == lab.true
        assert (lab.sent("GET"), lab.sent("calendar-multiget")) == (1, 0)  # nothing else is asked for

    def test_deleted_and_written_again_is_not_gone(self, lab: Lab) -> None:
        lab.fill("a", "b", "c", "d", "e", "f", "g", "h")
        lab.sync()
        lab.dav.delete("a.ics")
        lab.fill("a")
        lab.sync()
        assert set(lab.known) == lab.true


class TestWithoutSync:
    def test_etags_tell_what_changed(self, lab: Lab) -> None:
        lab.dav.sync = False
        lab.fill("a", "b", "c")
        lab.sync()
        lab.dav.delete("a.ics")
        lab.fill("b", "d")
        changes = lab.sync()
        assert changes.complete
        assert set(lab.known) == lab.true
        assert {one.uid for one in changes.upserts} == {"b", "d"}
        assert lab.sent("sync-collection") == 1  # what the server can't do is not asked every time

    @pytest.mark.parametrize("sync", [True, False])
    @pytest.mark.parametrize("said", [reply(404), reply(410), INNER_404], ids=["404", "410", "inner"])
    def test_a_calendar_that_is_gone_is_not_empty(self, lab: Lab, said: bytes, sync: bool) -> None:
        lab.dav.sync = sync
        lab.fill("a")
        lab.sync()
        lab.dav.there, lab.dav.lost_reply = False, said
        with pytest.raises(CalendarGone):
            lab.sync()


class TestFetching:
    def test_members_left_out_are_asked_for_alone(self, lab: Lab) -> None:
        lab.fill("a", "b", "c")
        lab.dav.omits = {"b.ics"}
        assert {one.uid for one in lab.sync().upserts} == {"a", "b", "c"}

    def test_a_member_deleted_between_listing_and_fetching_is_gone(self, lab: Lab) -> None:
        lab.fill("a", "b")
        lab.sync()
        lab.fill("a", "b", "c")
        listing = lab.dav._page

        def then_delete(names: list[str], position: int | None) -> bytes:
            said = listing(names, position)
            if "b.ics" in lab.dav.objects:
                lab.dav.delete("b.ics")
            return said

        lab.dav._page = then_delete
        changes = lab.sync()
        assert changes.gone == (CALENDAR + "b.ics",)
        assert {one.uid for one in changes.upserts} == {"a", "c"}

    def test_a_member_that_is_listed_and_then_not_found_is_not_gone(self, lab: Lab) -> None:
        lab.fill("a", "b", "c")
        lab.sync()
        lab.fill("a", "b")
        lab.dav.hidden = {"b.ics"}
        changes = lab.sync()
        assert changes.gone == ()
        (b,) = [one for one in changes.upserts if one.problems]
        assert (b.href, b.etag) == (CALENDAR + "b.ics", "")

    @pytest.mark.parametrize("names", ["a", "ab"])
    def test_a_calendar_deleted_between_listing_and_fetching_is_not_empty(self, lab: Lab, names: str) -> None:
        lab.fill(*names)
        listing = lab.dav._page

        def then_delete(names: list[str], position: int | None) -> bytes:
            lab.dav.there = False
            return listing(names, position)

        lab.dav._page = then_delete
        with pytest.raises(CalendarGone):
            lab.sync()

    @pytest.mark.parametrize(
        "spoilt",
        [
            reply(500),
            reply(413),
            reply(403),
            reply(207, b"<d:multistatus xmlns:d='DAV:'><d:resp"),
            reply(200, b"<html>"),
        ],
        ids=["500", "413", "403", "cut", "page"],
    )
    def test_one_object_that_spoils_every_batch_does_not_spoil_the_rest(
        self, lab: Lab, connections: Connections, spoilt: bytes
    ) -> None:
        lab.fill(*(f"e{n}" for n in range(30)))
        lab.dav.spoils, lab.dav.broken = {"e7.ics"}, {"e7.ics"}
        lab.dav.spoilt_reply = spoilt
        found = {one.href: one for one in lab.sync().upserts}
        assert len(found) == 30
        bad = found.pop(CALENDAR + "e7.ics")
        assert bad.problems[0].level == "error"
        assert bad.etag == ""  # so that the next full listing tries again
        assert all(one.intervals and not one.problems for one in found.values())
        assert connections.requests < 30

    def test_silence_again_and_again_is_the_servers_not_an_objects(self, impatient: Connections) -> None:
        dav = HostileDav(spoils={"e0.ics"}, spoilt_reply=b"")
        with ScriptedServer(dav) as server:
            lab = lab_at(server, dav, impatient)
            lab.fill(*(f"e{n}" for n in range(30)))
            with pytest.raises(Unreachable):
                lab.sync()
            assert lab.sent("calendar-multiget") == 3

    def test_a_server_that_fails_on_most_objects_fails(self, lab: Lab) -> None:
        lab.fill(*(f"e{n}" for n in range(20)))
        lab.dav.spoils = lab.dav.broken = set(lab.dav.objects)
        with pytest.raises(Garbled, match="most events"):
            lab.sync()

    def test_all_of_many_are_asked_for_at_once(self, lab: Lab) -> None:
        lab.fill(*(f"e{number}" for number in range(MANY)))
        lab.dav.omits = {"e7.ics"}
        assert len(lab.sync().upserts) == MANY
        assert set(lab.known) == lab.true
        assert (lab.sent("calendar-query"), lab.sent("calendar-multiget"), lab.sent("GET")) == (1, 0, 1)
        for number in range(MANY // 2):
            lab.dav.put(f"e{number}.ics", text(f"e{number}", "Changed"))
        assert len(lab.sync().upserts) == MANY // 2
        assert lab.sent("calendar-query") == 1  # half of them are no reason to bring the others too

    def test_an_index_that_is_behind_is_not_believed(self, lab: Lab) -> None:
        lab.fill(*(f"e{number}" for number in range(MANY)))
        lab.dav.behind = True
        changes = lab.sync()
        assert {one.intervals[0].start.hour for one in changes.upserts} == {10}
        assert {one.etag for one in changes.upserts} == {etag for etag, _ in lab.dav.objects.values()}

    def test_an_answer_spoilt_as_a_whole_is_asked_for_in_parts(self, lab: Lab) -> None:
        lab.fill(*(f"e{number}" for number in range(MANY)))
        lab.dav.spoils = {"e7.ics"}
        lab.dav.spoilt_reply = reply(500)
        assert len(lab.sync().upserts) == MANY
        assert lab.sent("calendar-query") == 1

    def test_batches_grow_while_the_server_is_quick(self, lab: Lab) -> None:
        lab.dav.query = False
        lab.fill(*(f"e{n}" for n in range(1600)))
        assert len(lab.sync().upserts) == 1600
        assert lab.sent("calendar-multiget") == 4  # 100, 400, 1000, 100

    def test_another_spelling_is_the_same_object(self, lab: Lab) -> None:
        lab.dav.put("a@b c.ics", text("a"))
        lab.fill("x", "y", "z")
        first = lab.sync()
        lab.dav.spelling = lambda name: name.replace(" ", "%20")  # "@" was %40 before
        lab.dav.put("a@b c.ics", text("a", "Other"))
        second = lab.sync()
        assert {one.href for one in second.upserts} <= {one.href for one in first.upserts}
        assert len(lab.known) == 4


ODD = "Tea \x07\x1b \U0001f375 \ufffe é"


def split_surrogates(said: str) -> str:
    """Characters beyond the first plane as two references to surrogate halves, as SOGo sends them."""
    units = said.encode("utf-16-be")
    points = [int.from_bytes(units[at : at + 2], "big") for at in range(0, len(units), 2)]
    return "".join(f"&#{point};" if point > 0x7F or point < 0x20 else chr(point) for point in points)


class TestIllFormed:
    @pytest.mark.parametrize(
        "raw", [str, split_surrogates, lambda said: f"<![CDATA[{said}]]>"], ids=["raw", "split", "cdata"]
    )
    def test_odd_characters_spoil_nothing(self, lab: Lab, raw: object) -> None:
        lab.dav.raw = raw
        lab.fill("a", "c")
        lab.dav.put("b.ics", text("b", ODD))
        changes = lab.sync()
        assert {one.uid for one in changes.upserts} == {"a", "b", "c"}
        assert all(one.intervals for one in changes.upserts)

    def test_bytes_that_are_not_utf8_spoil_nothing(self, lab: Lab) -> None:
        lab.fill("a", "b")
        whole = lab.dav._multiget
        lab.dav._multiget = lambda hrefs: whole(hrefs).replace(b"Busy", "Bür\u00a0".encode("latin-1")[:4])
        assert {one.uid for one in lab.sync().upserts} == {"a", "b"}
