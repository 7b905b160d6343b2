"""What the server in memory does beyond the contract: losing tokens and failing where a test wants it to."""

import pytest
from stages import event_text, known_of, our_event, to_read

from connectors.interface import (
    Conflict,
    Identity,
    NoAccess,
    OutcomeUnknown,
    SignInRefused,
    Throttled,
    Unreachable,
)
from connectors.memory import Call, MemoryServer


@pytest.fixture
def server() -> MemoryServer:
    """A server with one login and one calendar, /anna/work/."""
    made = MemoryServer()
    made.add_login("anna")
    made.add_calendar("anna", "Work")
    return made


WORK = "/anna/work/"


def test_forgotten_tokens_lead_to_full_listings_and_new_revisions(server: MemoryServer) -> None:
    connector = server.connector("anna")
    href = server.store(WORK, "one", event_text("one"))
    first = connector.changes(to_read(WORK), None, {})
    revision = connector.calendars(None).calendars[0].revision
    server.forget_tokens()
    again = connector.changes(to_read(WORK), first.state, known_of(first))
    assert again.complete
    assert again.unchanged == (href,)
    assert connector.calendars(None).calendars[0].revision != revision


def test_a_planned_failure_before_leaves_nothing_behind(server: MemoryServer) -> None:
    server.fail_next("anna", "put", Throttled("wait"))
    connector = server.connector("anna")
    with pytest.raises(Throttled):
        connector.put(WORK, our_event(), None)
    assert server.hrefs(WORK) == []
    assert connector.put(WORK, our_event(), None).event == our_event()


def test_a_planned_failure_after_has_its_effect(server: MemoryServer) -> None:
    server.fail_next("anna", "put", OutcomeUnknown("who knows"), after=True)
    server.fail_next("anna", "remove", OutcomeUnknown("who knows"), after=True)
    connector = server.connector("anna")
    with pytest.raises(OutcomeUnknown):
        connector.put(WORK, our_event(), None)
    found = connector.find(WORK, Identity("syncd-1-a", "0123456789abcdef"))
    assert found is not None
    with pytest.raises(OutcomeUnknown):
        connector.remove(WORK, found)
    assert server.hrefs(WORK) == []


def test_failures_are_planned_for_one_login_and_one_operation(server: MemoryServer) -> None:
    server.add_login("ben")
    server.fail_next("anna", "changes", Unreachable("down"))
    assert server.connector("ben").calendars(None).calendars == ()
    assert len(server.connector("anna").calendars(None).calendars) == 1


def test_calls_are_logged(server: MemoryServer) -> None:
    connector = server.connector("anna")
    connector.calendars(None)
    connector.changes(to_read(WORK), None, {})
    assert server.calls == [Call("anna", "calendars", ""), Call("anna", "changes", WORK)]


def test_a_read_only_calendar_refuses_writes(server: MemoryServer) -> None:
    calendar = server.add_calendar("anna", "Team", owned=False, transparent=True, writable=False)
    connector = server.connector("anna")
    (info,) = (info for info in connector.calendars(None).calendars if info.href == calendar)
    assert (info.owned, info.transparent, info.writable) == (False, True, False)
    with pytest.raises(NoAccess):
        connector.put(calendar, our_event(), None)


def test_down_and_up_again(server: MemoryServer) -> None:
    connector = server.connector("anna")
    server.down = True
    with pytest.raises(Unreachable):
        connector.calendars(None)
    server.down = False
    assert connector.calendars(None).calendars


def test_a_changed_secret_refuses_the_old_one(server: MemoryServer) -> None:
    old = server.connector("anna")
    server.add_login("anna", "another")
    with pytest.raises(SignInRefused):
        old.calendars(None)
    assert server.hrefs(WORK) == []
    assert server.connector("anna").calendars(None).calendars


def test_an_etag_is_never_used_twice(server: MemoryServer) -> None:
    connector = server.connector("anna")
    found = connector.put(WORK, our_event(), None)
    server.forget_tokens()
    server.store(WORK, found.href.rpartition("/")[2], event_text("another"))
    with pytest.raises(Conflict):
        connector.remove(WORK, found)
