"""Writing over CalDAV: conditional, read back, and each refusal told apart, however the server words it."""

from datetime import timedelta

import pytest
from hostile import CALENDAR
from labs import START, Lab
from scripted import multistatus, reply

from connectors.interface import (
    CalendarGone,
    Conflict,
    Event,
    Garbled,
    Identity,
    NoAccess,
    OutcomeUnknown,
    Taken,
    Throttled,
    Unsupported,
)


def our_event(hour: int = 9) -> Event:
    start = START + timedelta(hours=hour)
    return Event("ours-1", "marker-1", start, start + timedelta(hours=1), "Europe/Amsterdam", "Conversation")


REFUSALS = [
    (reply(409, b'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:no-uid-conflict/></d:error>'), Taken),
    (reply(412, b'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:no-uid-conflict/></d:error>'), Taken),
    (reply(403, b'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:unique-scheduling-object-resource/></d:error>'), Taken),
    (reply(403, b'<d:error xmlns:d="DAV:"><d:need-privileges/></d:error>'), NoAccess),
    (reply(403, b'<d:error xmlns:d="DAV:"><d:quota-not-exceeded/></d:error>'), NoAccess),
    (reply(403, b'<d:error xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><c:valid-calendar-data/></d:error>'), Unsupported),
    (reply(403), NoAccess),
    (reply(405), NoAccess),
    (reply(507), NoAccess),
    (reply(404), CalendarGone),
    (reply(409), CalendarGone),
    (reply(410), CalendarGone),
    (reply(412), Conflict),
    (reply(423), Conflict),
    (reply(400), Unsupported),
    (reply(500), OutcomeUnknown),
    (reply(502), OutcomeUnknown),
]  # fmt: skip


class TestWrites:
    @pytest.mark.parametrize(("refusal", "kind"), REFUSALS)
    def test_each_refusal_has_its_error(self, lab: Lab, refusal: bytes, kind: type[Exception]) -> None:
        lab.dav.refusal = refusal
        with pytest.raises(kind):
            lab.connector.put(CALENDAR, our_event(), None)

    def test_a_write_whose_answer_is_lost_is_settled_by_looking(self, lab: Lab) -> None:
        lab.dav.loses_the_answer = True
        with pytest.raises(OutcomeUnknown):
            lab.connector.put(CALENDAR, our_event(), None)
        found = lab.connector.find(CALENDAR, Identity("ours-1", "marker-1"))
        assert found is not None
        assert found.event == our_event()
        with pytest.raises(OutcomeUnknown):
            lab.connector.remove(CALENDAR, found)
        assert lab.connector.find(CALENDAR, Identity("ours-1", "marker-1", found.href)) is None

    def test_what_the_server_made_of_it_is_what_is_returned(self, lab: Lab) -> None:
        stored = lab.dav.put
        lab.dav.put = lambda name, said: stored(
            name, said.replace("SUMMARY:Conversation", "SUMMARY:Rewritten")
        )
        found = lab.connector.put(CALENDAR, our_event(), None)
        assert found.event is not None
        assert found.event.title == "Rewritten"
        assert found.etag == lab.dav.objects["ours-1.ics"][0]

    @pytest.mark.parametrize("status", [401, 403, 429, 500, 503])
    def test_a_write_that_could_not_be_read_back_may_have_happened(self, lab: Lab, status: int) -> None:
        """It is looked at again, and nobody is told that a right is missing for what was written."""
        usual = lab.dav
        lab.server.script = lambda asked: reply(status) if asked.method == "GET" else usual(asked)
        with pytest.raises((OutcomeUnknown, Throttled)) as raised:
            lab.connector.put(CALENDAR, our_event(), None)
        assert isinstance(raised.value, Throttled) == (status == 429)
        assert lab.true

    def test_weak_etags_still_make_conditions(self, lab: Lab) -> None:
        lab.dav.weak_etags = True
        found = lab.connector.put(CALENDAR, our_event(), None)
        assert lab.connector.put(CALENDAR, our_event(11), found).event == our_event(11)

    def test_a_deletion_refused_for_what_is_gone_anyway_is_done(self, lab: Lab) -> None:
        found = lab.connector.put(CALENDAR, our_event(), None)
        lab.dav.delete("ours-1.ics")
        for refusal in map(reply, (404, 409, 410, 412, 418, 423)):
            lab.dav.refusal = refusal
            lab.connector.remove(CALENDAR, found)
        assert not lab.true

    @pytest.mark.parametrize("status", [204, 404, 409, 410, 412, 418, 423])
    def test_a_deletion_after_which_it_is_still_there_is_none(self, lab: Lab, status: int) -> None:
        """Refused because it changed, locked, or said to be done and not done: what counts is what stands there."""
        found = lab.connector.put(CALENDAR, our_event(), None)
        lab.dav.refusal = reply(status)
        with pytest.raises(Conflict):
            lab.connector.remove(CALENDAR, found)
        assert lab.true

    def test_conditions_are_sent(self, lab: Lab) -> None:
        found = lab.connector.put(CALENDAR, our_event(), None)
        lab.connector.put(CALENDAR, our_event(11), found)
        lab.connector.remove(CALENDAR, lab.connector.find(CALENDAR, Identity("ours-1", "marker-1")))
        writes = [asked.headers for asked in lab.server.asked if asked.method in ("PUT", "DELETE")]
        assert [headers.get("if-none-match") for headers in writes] == ["*", None, None]
        assert writes[1]["if-match"] == found.etag
        assert "if-match" in writes[2]
        reads = [asked.headers["accept-encoding"] for asked in lab.server.asked if asked.method == "GET"]
        assert set(reads) == {"identity"}  # compression on the way makes other etags of it

    @pytest.mark.parametrize(
        ("held", "sent"),
        [("0", 1), ("7", 8), (" 7 ", 8), ("2147483647", 2147483647), ("9999999999", 2147483647)],
    )
    def test_what_replaces_an_event_is_a_later_revision_of_it(self, lab: Lab, held: str, sent: int) -> None:
        """Also of one that its agent revised: a client that goes by SEQUENCE would keep the agent's version."""
        lab.connector.put(CALENDAR, our_event(), None)
        text = lab.dav.objects["ours-1.ics"][1]
        assert "SEQUENCE:0\r\n" in text
        lab.dav.put("ours-1.ics", text.replace("SEQUENCE:0", f"SEQUENCE:{held}"))
        found = lab.connector.find(CALENDAR, Identity("ours-1", "marker-1"))
        again = lab.connector.put(CALENDAR, our_event(11), found)
        assert f"SEQUENCE:{sent}\r\n" in lab.dav.objects["ours-1.ics"][1]
        assert again.sequence == sent
        assert again.event == our_event(11)

    def test_an_event_has_neither_organizer_nor_attendee_nor_method(self, lab: Lab) -> None:
        lab.connector.put(CALENDAR, our_event(), None)
        sent = next(asked.body for asked in lab.server.asked if asked.method == "PUT")
        assert not [word for word in (b"ORGANIZER", b"ATTENDEE", b"METHOD") if word in sent]

    def test_a_page_instead_of_an_answer_has_a_hint(self, lab: Lab) -> None:
        page = reply(200, b"<!DOCTYPE html><html><body>Sign in</body></html>", Content_Type="text/html")
        lab.server.script = lambda asked: page
        with pytest.raises(Garbled) as garbled:
            lab.sync()
        assert "web page" in garbled.value.message
        assert "url" in garbled.value.hint

    def test_a_page_at_our_events_address_is_no_foreign_event(self, lab: Lab) -> None:
        page = reply(200, b"<html>Please sign in</html>", Content_Type="text/html; charset=utf-8")
        lab.server.script = lambda asked: page
        with pytest.raises(Garbled):
            lab.connector.find(CALENDAR, Identity("ours-1", "marker-1"))

    def test_half_of_our_event_is_neither_ours_nor_foreign(self, lab: Lab) -> None:
        """Whole by its length, and cut by whoever keeps it: with the mark in the half that is lost it would read as foreign."""
        found = lab.connector.put(CALENDAR, our_event(), None)
        etag, text = lab.dav.objects["ours-1.ics"]
        lab.dav.objects["ours-1.ics"] = (etag, text[: text.index("X-SYNCD-MARKER")])
        with pytest.raises(Garbled):
            lab.connector.find(CALENDAR, Identity("ours-1", "marker-1", found.href))

    def test_an_empty_multistatus_is_no_calendar(self, lab: Lab) -> None:
        lab.dav.sync = False
        lab.server.script = lambda asked: reply(403) if asked.method == "REPORT" else multistatus()
        with pytest.raises(CalendarGone):
            lab.sync()
