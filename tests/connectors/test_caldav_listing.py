"""The listing of a login's calendars: by which marks and names it tells that one changed, or is another one."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hostile import CALENDAR, HOME
from labs import Lab, listed
from servers import SECRET, CalDavServer

from connectors import open_connector
from connectors.account import Account, Connections
from connectors.caldav.connector import CalDavConnector
from connectors.caldav.listing import Memo
from connectors.interface import CalendarInfo
from syncd.rules.revisions import made_anew


class TestListing:
    @pytest.mark.parametrize(("ctag", "token"), [(True, True), (True, False), (False, True)])
    def test_the_revision_is_whatever_mark_there_is(self, lab: Lab, ctag: bool, token: bool) -> None:
        lab.dav.ctag, lab.dav.token = ctag, token
        before = listed(lab)
        lab.fill("a")
        assert set(before) == {CALENDAR}
        assert "" != before[CALENDAR] != listed(lab)[CALENDAR] != ""

    def test_without_a_mark_it_says_nothing(self, lab: Lab) -> None:
        lab.dav.ctag = lab.dav.token = False
        assert listed(lab) == {CALENDAR: ""}

    def test_only_the_mark_that_is_there_is_asked_for_again(self, lab: Lab) -> None:
        memo = lab.connector.calendars(Memo((lab.server.url.rstrip("/") + HOME,)).text()).memo
        lab.connector.calendars(memo)
        assert [b"sync-token" in asked.body for asked in lab.server.asked] == [True, False]

    @pytest.mark.parametrize(("age", "sure"), [(0, False), (2, False), (60, True)])
    def test_a_mark_made_of_seconds_is_believed_once_it_has_aged(
        self, lab: Lab, age: int, sure: bool
    ) -> None:
        now = datetime(2026, 3, 2, 12, tzinfo=UTC)
        lab.dav.seconds = str(int(now.timestamp()) - age)
        lab.dav.date = format_datetime(now, usegmt=True)
        assert bool(listed(lab)[CALENDAR]) is sure

    @pytest.mark.parametrize("named", ["resource-id", "share-resource-uri"])
    def test_a_calendar_made_anew_is_told_from_the_one_before(self, lab: Lab, named: str) -> None:
        memo = Memo((lab.server.url.rstrip("/") + HOME,)).text()

        def seen(number: int) -> CalendarInfo:
            lab.dav.identity = f"<d:{named}><d:href>/.resources/{number}</d:href></d:{named}>"
            return lab.connector.calendars(memo).calendars[0]

        first, again, other = seen(1), seen(1), seen(2)
        assert first == again
        assert first.revision == other.revision  # the marks tell nothing of it
        assert made_anew(first.identity, other.identity)

    def test_xandikos_names_its_calendars_so(self, xandikos: CalDavServer, connections: Connections) -> None:
        user = xandikos.add_user()
        connector = open_connector(Account("caldav", xandikos.url), user, SECRET, connections)

        def identity() -> str:
            return next(one.identity for one in connector.calendars(None).calendars if one.href == calendar)

        calendar = xandikos.add_calendar(user, "Work")
        before = identity()
        assert before == identity() != ""
        xandikos.remove_calendar(user, calendar)
        assert xandikos.add_calendar(user, "Work") == calendar
        assert made_anew(before, identity())

    def test_an_account_that_moved_to_another_server_is_discovered_and_read_anew(self, lab: Lab) -> None:
        """Neither its home nor its tokens, etags and marks mean anything there, even where they are equal by chance."""
        lab.fill("a", "b")
        first = lab.connector.calendars(None)
        lab.sync()
        elsewhere = Account("caldav", lab.server.url.replace("127.0.0.1", "localhost"))
        lab.connector = CalDavConnector(elsewhere, "anna", "secret", Connections())
        there = lab.connector.calendars(first.memo)
        assert [info.href for info in there.calendars] == [info.href for info in first.calendars]
        assert there.calendars[0].revision != first.calendars[0].revision
        changes = lab.sync()
        assert changes.complete
        assert len(changes.upserts) == 2

    def test_a_home_that_moved_is_found_again(self, lab: Lab) -> None:
        listing = lab.connector.calendars(Memo((lab.server.url + "old/home/",)).text())
        assert [info.href for info in listing.calendars] == [CALENDAR]
        assert HOME in listing.memo
        assert "old" not in listing.memo
