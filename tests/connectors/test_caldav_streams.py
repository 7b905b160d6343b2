"""A large calendar is read as it comes: its texts are never held together, and whatever goes wrong midway nothing is lost."""

import gzip
import tracemalloc
from collections.abc import Iterable, Iterator
from email.message import Message
from threading import Event

import pytest
from clients import client
from hostile import CALENDAR, HostileDav
from hypothesis import given
from hypothesis import strategies as st
from labs import Lab, lab_at, text
from scripted import Asked, ResetError, Said, ScriptedServer, Serve, reply, then_hang_up

from connectors.account import Connections
from connectors.caldav import multistatus as reading
from connectors.caldav.fetch import HEAVY, MANY
from connectors.caldav.multistatus import Arriving, Member
from connectors.http.bodies import Taker
from connectors.http.wire import Answer
from connectors.interface import Garbled

MIB = 2**20
LARGE = 20_000
"""Bytes of an event's description."""

HEAD = '<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">'
END = "</d:multistatus>"


def member(name: str, text: str) -> str:
    data = f"<d:getetag>&quot;{name}&quot;</d:getetag><c:calendar-data>{text}</c:calendar-data>"
    return (
        f"<d:response><d:href>{CALENDAR}{name}.ics</d:href><d:propstat><d:prop>{data}</d:prop>"
        "<d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"
    )


def told(members: Iterable[Member]) -> list[tuple[str, int | None, dict[str, str]]]:
    return [(one.href, one.status, {name: one.text(name) for name in one.props}) for one in members]


def whole(body: bytes) -> tuple[Member, ...]:
    return reading.parse(Answer(207, Message(), body, "https://example.com/"), "example.com").members


@pytest.fixture
def roomy() -> Iterator[Connections]:
    """Connections with the limits of the product."""
    kept = Connections()
    yield kept
    kept.close()


class TestArriving:
    @given(
        st.lists(st.tuples(st.text("abcé ", max_size=5), st.text("x&<\n😀", max_size=40)), max_size=6),
        st.data(),
    )
    def test_in_whatever_pieces_it_comes_it_says_what_the_whole_says(
        self, things: list[tuple[str, str]], data: st.DataObject
    ) -> None:
        escaped = ((name, text.replace("&", "&amp;").replace("<", "&lt;")) for name, text in things)
        body = (HEAD + "".join(member(name, text) for name, text in escaped) + END).encode()
        cuts = sorted(data.draw(st.lists(st.integers(len(HEAD), len(body)), max_size=8)))
        came: list[tuple[str, int | None, dict[str, str]]] = []
        arriving = Arriving("example.com", lambda one: came.extend(told([one])))
        for first, last in zip([0, *cuts], [*cuts, len(body)], strict=True):
            arriving.feed(body[first:last])
        assert came == told(whole(body))

    def test_what_was_given_is_let_go(self) -> None:
        arriving = Arriving("example.com", lambda one: None)
        arriving.feed(HEAD.encode())
        piece = member("one", "x" * LARGE).encode()
        tracemalloc.start()
        for _ in range(1000):
            arriving.feed(piece)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < MIB  # of 20 MB

    @pytest.mark.parametrize(
        "wrong", ["\x08", "</d:response>", "&#8;", "&nbsp;", "<d:a><d:b></d:a></d:b>"],
        ids=["control", "end", "reference", "entity", "crossed"],
    )  # fmt: skip
    def test_what_came_before_the_fault_counts(self, wrong: str) -> None:
        came: list[Member] = []
        arriving = Arriving("example.com", came.append)
        with pytest.raises(Garbled, match="not well-formed"):
            arriving.feed(
                (HEAD + member("one", "x") + member("two", wrong) + member("three", "x") + END).encode()
            )
        assert [one.href for one in came] == [f"{CALENDAR}one.ics"]

    @pytest.mark.parametrize(
        "start",
        [
            "<!DOCTYPE a [<!ENTITY b 'c'>]>",
            '<?xml version="1.0"?><!DOCTYPE a>',
            "<!-- c --><!DOCTYPE a>",
            "<!",
            "no XML",
            '<?xml version="1.0" encoding="gb2312"?>',
            '<?xml version="1.0" encoding="x-unheard-of"?>',
            '<?xml version="1.0" encoding="iso-8859-1"?>',
        ],
    )
    def test_a_document_with_a_dtd_or_in_another_encoding_is_not_read(self, start: str) -> None:
        with pytest.raises(Garbled, match="not well-formed"):
            Arriving("example.com", lambda one: None).feed((start + HEAD.split("?>")[1]).encode())


class TestBodies:
    def test_a_taker_has_the_body_piece_by_piece(self, serve: Serve, connections: Connections) -> None:
        body = b"0123456789abcdef" * 60_000
        server = serve(lambda asked: reply(200, gzip.compress(body), Content_Encoding="gzip"))
        came: list[bytes] = []
        answer = client(server, connections).send("GET", server.url, into=lambda: came.append)
        assert (answer.status, answer.body, b"".join(came)) == (200, b"", body)
        assert max(map(len, came)) <= 64 * 1024

    def test_a_refusal_is_not_for_the_taker(self, serve: Serve, connections: Connections) -> None:
        server = serve(lambda asked: reply(403, b"why"))
        came: list[bytes] = []
        answer = client(server, connections).send("GET", server.url, expect=(403,), into=lambda: came.append)
        assert (answer.body, came) == (b"why", [])

    def test_of_a_body_cut_short_the_taker_has_what_came(
        self, serve: Serve, connections: Connections
    ) -> None:
        server = serve(lambda asked: then_hang_up(reply(200, b"half", Content_Length="100")))
        came: list[bytes] = []
        with pytest.raises(Garbled, match="cut short"):
            client(server, connections).send("GET", server.url, into=lambda: came.append)
        assert came == [b"half"]

    def test_under_a_kept_connection_that_is_reset_another_taker_begins_anew(
        self, serve: Serve, connections: Connections
    ) -> None:
        takers, has_come = list[list[bytes]](), Event()

        def half() -> Iterator[bytes]:
            yield reply(200, b"half", Content_Length="70000")
            has_come.wait(60)
            raise ResetError

        def script(asked: Asked) -> Said:
            return half() if asked.connection == 1 and asked.path == "/two" else reply(200, b"whole")

        def into() -> Taker:
            takers.append([])
            has_come.set()
            return takers[-1].append

        server = serve(script)
        asking = client(server, connections)
        asking.send("GET", server.url + "one")
        asking.send("GET", server.url + "two", into=into)
        assert [asked.connection for asked in server.asked] == [1, 1, 2]
        assert (len(takers), takers[-1]) == (2, [b"whole"])


class TestCalendars:
    def test_the_texts_of_a_large_calendar_are_never_held_together(self, roomy: Connections) -> None:
        names = [f"e{number}" for number in range(2 * MANY)]
        long = text("UID").replace("SUMMARY:", f"DESCRIPTION:{'x' * LARGE}\r\nSUMMARY:")

        def query() -> Iterator[bytes]:
            yield b"HTTP/1.1 207 Multi-Status\r\nConnection: close\r\n\r\n" + HEAD.encode()
            for name in names:
                yield member(name, long.replace("UID:UID", f"UID:{name}")).encode()
            yield END.encode()

        dav = HostileDav()

        def script(asked: Asked) -> Said:
            return then_close(query()) if b"calendar-query" in asked.body else dav(asked)

        for name in names:
            dav.objects[f"{name}.ics"] = (f'"{name}"', "")
        with ScriptedServer(script) as server:
            lab = lab_at(server, dav, roomy)
            tracemalloc.start()
            changes = lab.sync()
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert {one.uid for one in changes.upserts if one.intervals} == set(names)
        assert lab.sent("calendar-multiget") == lab.sent("GET") == 0
        assert peak < 3 * MIB  # of 8 MB

    def test_what_came_before_a_fault_is_not_asked_for_again(self, lab: Lab) -> None:
        lab.fill(*(f"e{number}" for number in range(MANY)))
        odd = f"e{MANY // 2}.ics"
        lab.dav.objects[odd] = (lab.dav.objects[odd][0], text("odd", "\x08"))
        changes = lab.sync()
        assert set(lab.known) == lab.true
        assert len(changes.upserts) == MANY
        asked = [one.body for one in lab.server.asked if b"calendar-multiget" in one.body]
        assert b"e3.ics" not in b"".join(asked)
        assert b"".join(asked).count(b"<d:href>") == MANY - MANY // 2

    def test_what_is_beyond_the_limit_for_an_answer_comes_in_parts(self, lab: Lab) -> None:
        """The limit of these connections is 1 MB."""
        lab.fill(*(f"e{number}" for number in range(MANY)))
        describe(lab.dav, 5_000)
        changes = lab.sync()
        assert len([one for one in changes.upserts if one.intervals]) == MANY
        asked = b"".join(one.body for one in lab.server.asked if b"calendar-multiget" in one.body)
        assert (lab.sent("calendar-query"), lab.sent("GET")) == (1, 0)
        assert 0 < asked.count(b"<d:href>") <= 40  # of 200

    def test_heavy_objects_come_in_small_batches(self, roomy: Connections) -> None:
        dav = HostileDav(query=False)
        with ScriptedServer(dav) as server:
            lab = lab_at(server, dav, roomy)
            lab.fill(*(f"e{number}" for number in range(MANY)))
            describe(dav, HEAVY // 50)
            changes = lab.sync()
        assert len([one for one in changes.upserts if one.intervals]) == MANY
        sizes = [one.body.count(b"<d:href>") for one in server.asked if b"calendar-multiget" in one.body]
        assert sizes == [100, 49, 49, 2]


def describe(dav: HostileDav, length: int) -> None:
    """Give each object a text of that length."""
    for name, (etag, said) in dav.objects.items():
        dav.objects[name] = etag, said.replace("SUMMARY:", f"DESCRIPTION:{'x' * length}\r\nSUMMARY:")


def then_close(said: Iterator[bytes]) -> Iterator[bytes]:
    """An answer whose end is the end of the connection."""
    yield from said
    raise ConnectionAbortedError
