"""Free-busy queries (RFC 4791 section 7.10): what servers answer, refuse and get wrong, and what we make of it."""

from datetime import UTC, datetime, timedelta

import pytest
from scripted import Asked, Said, Serve, multistatus, reply

from connectors.account import Account, Connections
from connectors.caldav.connector import CalDavConnector
from connectors.ical import read_free_busy
from connectors.interface import CalendarGone, FreeBusy, Garbled, NoAccess, Status, Unreachable

START = datetime(2026, 3, 2, tzinfo=UTC)
END = START + timedelta(days=30)
TEXT = {"Content_Type": "text/calendar"}

REPORTS = (
    "<d:response><d:href>/agenda/</d:href><d:propstat><d:prop><d:supported-report-set>{}</d:supported-report-set></d:prop>"
    "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
)
QUERY = "<d:supported-report><d:report><c:{}/></d:report></d:supported-report>"


def answer(*lines: str, start: str = "20260302T000000Z", end: str = "20260401T000000Z") -> bytes:
    head = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//y//", "BEGIN:VFREEBUSY", f"DTSTART:{start}")
    return "\r\n".join((*head, f"DTEND:{end}", *lines, "END:VFREEBUSY", "END:VCALENDAR", "")).encode()


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=UTC)


def asked_of(serve: Serve, connections: Connections, *answers: Said) -> tuple[FreeBusy | None, list[Asked]]:
    """The query to a server that gives these answers, one after the other."""
    left = list(answers)
    server = serve(lambda _: left.pop(0))
    connector = CalDavConnector(Account("caldav", server.url), "anna", "secret", connections)
    return connector.free_busy("/agenda/", START, END), server.asked


class TestAnswers:
    def test_the_query_names_the_time_and_reaches_into_the_calendar(
        self, serve: Serve, connections: Connections
    ) -> None:
        found, (asked,) = asked_of(
            serve, connections, reply(200, answer("FREEBUSY:20260303T100000Z/PT1H"), **TEXT)
        )
        assert found is not None
        assert [(one.start, one.end) for one in found.intervals] == [(at(3, 10), at(3, 11))]
        assert (asked.method, asked.headers["depth"]) == ("REPORT", "1")
        assert b'<c:time-range start="20260302T000000Z" end="20260401T000000Z"/>' in asked.body

    @pytest.mark.parametrize("status", [400, 403, 405, 415, 422, 501])
    def test_a_server_that_has_no_such_report_does_not_offer_it(
        self, serve: Serve, connections: Connections, status: int
    ) -> None:
        assert asked_of(serve, connections, reply(status))[0] is None

    @pytest.mark.parametrize("listed", ["", QUERY.format("calendar-query")])
    def test_one_that_fails_and_does_not_list_it_does_not_offer_it(
        self, serve: Serve, connections: Connections, listed: str
    ) -> None:
        there = reply(500), multistatus(REPORTS.format(listed))
        assert asked_of(serve, connections, *there)[0] is None

    @pytest.mark.parametrize("listing", [REPORTS.format(QUERY.format("free-busy-query")), ""])
    def test_one_that_fails_and_lists_it_or_does_not_say_has_failed(
        self, serve: Serve, connections: Connections, listing: str
    ) -> None:
        with pytest.raises(Unreachable, match="failed"):
            asked_of(serve, connections, reply(500), multistatus(listing))

    def test_a_missing_right_is_said(self, serve: Serve, connections: Connections) -> None:
        refusal = b'<d:error xmlns:d="DAV:"><d:need-privileges/></d:error>'
        with pytest.raises(NoAccess):
            asked_of(serve, connections, reply(403, refusal, Content_Type="application/xml"))

    def test_a_calendar_that_is_not_there_is_gone(self, serve: Serve, connections: Connections) -> None:
        with pytest.raises(CalendarGone):
            asked_of(serve, connections, reply(404))

    @pytest.mark.parametrize(
        "body",
        [
            b"", b"<html></html>", b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
            answer() + answer(), answer("FREEBUSY:20260303T100000Z/yesterday"),
        ],
    )  # fmt: skip
    def test_what_is_no_answer_is_never_taken_for_free_time(
        self, serve: Serve, connections: Connections, body: bytes
    ) -> None:
        with pytest.raises(Garbled):
            asked_of(serve, connections, reply(200, body))


class TestMeaning:
    """What real servers were seen to write."""

    def test_kinds_lengths_and_lists(self) -> None:
        found = read_free_busy(
            answer(
                "FREEBUSY;FBTYPE=BUSY;VALUE=PERIOD:20260303T100000Z/20260303T110000Z,20260304T100000Z/PT30M",
                "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20260305T100000Z/P1D",
                "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20260307T100000Z/PT1H",
                "FREEBUSY;FBTYPE=FREE:20260308T100000Z/PT1H",
                "FREEBUSY:20260309T100000Z/P0D",
            ),
            START, END,
        )  # fmt: skip
        assert [(one.start, one.end, one.status) for one in found.intervals if one.start < one.end] == [
            (at(3, 10), at(3, 11), Status.BUSY),
            (at(4, 10), at(4, 10, 30), Status.BUSY),
            (at(5, 10), at(6, 10), Status.TENTATIVE),
            (at(7, 10), at(7, 11), Status.OUT_OF_OFFICE),
            (at(8, 10), at(8, 11), Status.FREE),
        ]

    def test_an_answer_covers_no_more_than_it_says(self) -> None:
        found = read_free_busy(answer(start="20260305T000000Z", end="20260310T000000Z"), START, END)
        assert (found.start, found.end) == (at(5, 0), at(10, 0))
        wider = read_free_busy(answer(start="20200101T000000Z", end="20300101T000000Z"), START, END)
        assert (wider.start, wider.end) == (START, END)
        elsewhere = read_free_busy(answer(start="20200101T000000Z", end="20200102T000000Z"), START, END)
        assert elsewhere.end <= elsewhere.start

    def test_thousands_of_periods_are_read(self) -> None:
        lines = [f"FREEBUSY:{START + timedelta(minutes=10 * n):%Y%m%dT%H%M%SZ}/PT5M" for n in range(4_000)]
        assert len(read_free_busy(answer(*lines), START, END).intervals) == 4_000
