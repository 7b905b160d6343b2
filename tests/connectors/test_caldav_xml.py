"""Reading WebDAV's XML: tolerant where servers are sloppy, strict where leniency would lose events or be unsafe."""

from email.message import Message
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from connectors.caldav import multistatus, sloppy, xml
from connectors.caldav.addresses import absolute, key, own_href, path_of, same, stored
from connectors.caldav.xml import CAL, DAV
from connectors.http.wire import Answer
from connectors.interface import Garbled

DATA = f"{CAL}calendar-data"
WHOLE = """<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
{}<D:sync-token>http://example.com/sync/5</D:sync-token>
</D:multistatus>
"""


def answer(body: bytes | str, kind: str = "text/xml") -> Answer:
    headers = Message()
    headers["Content-Type"] = kind
    return Answer(207, headers, body.encode() if isinstance(body, str) else body, "http://example.com/h/")


def member(name: str, data: str) -> str:
    props = f'<D:getetag>"{name}"</D:getetag><C:calendar-data>{data}</C:calendar-data>'
    found = f"<D:propstat><D:prop>{props}</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>"
    missing = "<D:propstat><D:prop><D:displayname/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>"
    return f"<D:response><D:href>/h/{name}.ics</D:href>{found}{missing}</D:response>\n"


def read(body: bytes | str) -> multistatus.Multistatus:
    return multistatus.parse(answer(body), "example.com")


class TestReading:
    def test_members_properties_and_token(self) -> None:
        said = read(WHOLE.format(member("a", "x") + member("b", "y")))
        assert said.token == "http://example.com/sync/5"
        assert [(one.href, one.status, one.text(DATA)) for one in said.members] == [
            ("/h/a.ics", None, "x"),
            ("/h/b.ics", None, "y"),
        ]
        assert said.members[0].text(f"{DAV}getetag") == '"a"'
        assert f"{DAV}displayname" not in said.members[0].props

    def test_a_status_instead_of_properties(self) -> None:
        gone = "<D:response><D:href>/h/a.ics</D:href><D:status>HTTP/1.1 404 Not Found</D:status></D:response>"
        (found,) = read(WHOLE.format(gone)).members
        assert (found.href, found.status, dict(found.props)) == ("/h/a.ics", 404, {})

    def test_the_default_namespace_will_do(self) -> None:
        body = '<multistatus xmlns="DAV:"><response><href>/h/</href><status>HTTP/1.1 507 X</status></response></multistatus>'
        assert [(one.href, one.status) for one in read(body).members] == [("/h/", 507)]

    @pytest.mark.parametrize(
        "body", ['<multistatus xmlns="DAV:"/>', '<multistatus xmlns="DAV:"></multistatus>\n\n']
    )
    def test_nothing_is_an_answer_too(self, body: str) -> None:
        assert read(body).members == ()


class TestCutShort:
    @given(st.integers(1, 2000))
    def test_a_document_cut_anywhere_never_reads_as_a_shorter_list(self, cut: int) -> None:
        body = WHOLE.format("".join(member(f"e{n}", "x" * 40) for n in range(6))).encode().rstrip()
        short = body[: max(0, len(body) - cut)]
        try:
            said = read(short)
        except Garbled:
            return
        assert len(said.members) == 6

    def test_members_lost_to_ill_formed_xml_are_noticed(self) -> None:
        body = WHOLE.format(
            member("a", "</C:calendar-data></D:prop></D:propstat></D:response><D:oops>") + member("b", "y")
        )
        with pytest.raises(Garbled):
            read(body)


def without_forbidden(text: str) -> str:
    return sloppy.CONTROLS.sub("", text)


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]))


class TestOddCharacters:
    @given(ANY_TEXT)
    @example("\x00\x07\x1b")
    @example("￾ 🍵")
    def test_whatever_a_title_holds_its_neighbours_are_read(self, title: str) -> None:
        said = read(WHOLE.format(member("a", f"|{escape(title)}|") + member("b", "y")))
        assert [one.href for one in said.members] == ["/h/a.ics", "/h/b.ics"]
        assert said.members[0].text(DATA) == f"|{without_forbidden(title)}|".replace("\r\n", "\n").replace(
            "\r", "\n"
        )
        assert said.members[1].text(DATA) == "y"

    @given(ANY_TEXT)
    def test_also_as_references_to_halves_of_characters(self, title: str) -> None:
        units = title.encode("utf-16-be")
        halves = "".join(f"&#{int.from_bytes(units[at : at + 2], 'big')};" for at in range(0, len(units), 2))
        said = read(WHOLE.format(member("a", f"|{halves}|") + member("b", "y")))
        assert said.members[0].text(DATA) == f"|{without_forbidden(title)}|"

    @given(st.binary(max_size=60))
    def test_bytes_that_are_not_utf8_do_not_spoil_the_rest(self, odd: bytes) -> None:
        odd = odd.replace(b"<", b"").replace(b"&", b"").replace(b"]]>", b"")
        body = WHOLE.format(member("a", "|@|") + member("b", "\u00e9")).encode().replace(b"@", odd)
        said = read(body)
        assert [one.href for one in said.members] == ["/h/a.ics", "/h/b.ics"]
        assert said.members[1].text(DATA) == "\u00e9"

    def test_they_are_read_as_latin1_each_by_itself(self) -> None:
        body = WHOLE.format(member("a", "caf@ \u00e9t\u00e9")).encode().replace(b"@", b"\xe9")
        assert read(body).members[0].text(DATA) == "caf\u00e9 \u00e9t\u00e9"

    @pytest.mark.parametrize(("reference", "meant"), [("&#60;b&#62;", "<b>"), ("&#38;amp;", "&amp;"), ("&#x1F375;", "\U0001f375"), ("&#xD83C;&#xDF75;", "\U0001f375"), ("&#xD83C;", "\ufffd"), ("&#0;&#8;x", "x"), ("&#99999999;x", "x")])  # fmt: skip
    def test_references(self, reference: str, meant: str) -> None:
        assert read(WHOLE.format(member("a", reference))).members[0].text(DATA) == meant

    @pytest.mark.parametrize("encoding", ["iso-8859-1", "windows-1252"])
    def test_a_declared_encoding_is_honoured(self, encoding: str) -> None:
        body = WHOLE.replace("utf-8", encoding).format(member("a", "caf\u00e9"))
        assert read(body.encode(encoding)).members[0].text(DATA) == "caf\u00e9"

    def test_an_encoding_nobody_knows_is_read_as_well_as_can_be(self) -> None:
        assert read(WHOLE.replace("utf-8", "klingon").format(member("a", "x"))).members[0].text(DATA) == "x"


BOMB = (
    "<!DOCTYPE x ["
    + "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "x" * 100}">' for n in range(12))
    + "]>"
)


class TestIllFormed:
    @pytest.mark.parametrize(
        "odd",
        [
            "<x:colour>red</x:colour>",
            "<D:displayname>caf&eacute;</D:displayname>",
            '<D:x a="1" a="2"/>',
            "<!-- -- -->",
        ],
    )
    def test_what_is_not_well_formed_inside_one_member_is_passed_over(self, odd: str) -> None:
        spoilt = member("a", "x").replace("<D:prop>", f"<D:prop>{odd}", 1)
        said = read(WHOLE.format(spoilt + member("b", "y")))
        assert [(one.href, one.text(DATA)) for one in said.members] == [("/h/a.ics", "x"), ("/h/b.ics", "y")]
        assert said.token == "http://example.com/sync/5"

    def test_elements_within_elements_without_end_end_as_an_answer_or_as_garbled(self) -> None:
        for body in ("<a>" * 300_000, WHOLE.format("<a>" * 100_000 + "</a>" * 100_000)):
            try:
                said = read(body)
            except Garbled:
                continue
            assert said.members == ()


class TestUnsafe:
    @pytest.mark.parametrize(
        "before", ["", "<?xml version='1.0'?>\n", "\ufeff<!-- a comment --> <?pi x?>\n", " \n"]
    )
    @pytest.mark.parametrize(
        "dtd", [BOMB, '<!DOCTYPE x SYSTEM "{}">', '<!DOCTYPE x [<!ENTITY e11 SYSTEM "{}">]>', "<!DOCTYPE x>"]
    )
    def test_a_document_type_is_refused(self, tmp_path: Path, before: str, dtd: str) -> None:
        secret = tmp_path / "secret"
        secret.write_text("do not read")
        body = (
            before
            + dtd.format(secret)
            + '<multistatus xmlns="DAV:"><sync-token>&e11;</sync-token></multistatus>'
        )
        with pytest.raises(Garbled) as garbled:
            read(body)
        assert "do not read" not in garbled.value.message

    def test_what_looks_like_one_inside_an_event_is_text(self) -> None:
        said = read(WHOLE.format(member("a", "<![CDATA[<!DOCTYPE x>]]>")))
        assert said.members[0].text(DATA) == "<!DOCTYPE x>"

    @given(st.binary(max_size=200))
    @example(b"<!--")
    @example(b"<?")
    @example(b"<!DOCTYPE")
    @example(b"\xef\xbb\xbf")
    @example(b"\xff\xfe<\x00")
    def test_any_bytes_are_read_or_refused(self, body: bytes) -> None:
        try:
            said = read(body)
        except Garbled:
            return
        assert isinstance(said.members, tuple)

    @given(st.text(max_size=200))
    def test_whatever_goes_into_a_body_comes_out_the_same(self, text: str) -> None:
        cleaned = without_forbidden(text)
        body = xml.multiget([cleaned]).decode()
        root = etree.fromstring(body.encode())
        assert (root.findtext(f"{DAV}href") or "") == cleaned.replace("\r\n", "\n").replace("\r", "\n")


class TestConditions:
    def test_are_named(self) -> None:
        body = '<D:error xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><C:no-uid-conflict/><D:x/></D:error>'
        assert multistatus.preconditions(answer(body)) == {"no-uid-conflict", "x"}

    @pytest.mark.parametrize("body", ["", "Conflict in the request.", "<html/>", BOMB + "<error/>"])
    def test_or_are_not(self, body: str) -> None:
        assert multistatus.preconditions(answer(body)) == frozenset()


class TestAddresses:
    @pytest.mark.parametrize(
        "href", ["/h/a@b%20c.ics", "/h/a%40b%20c.ics", "http://proxy.internal:81/h/a@b%20c.ics"]
    )
    def test_spellings_are_one(self, href: str) -> None:
        assert key(href) == "/h/a@b c.ics"

    def test_a_calendar_is_stored_as_a_path_or_with_its_foreign_host(self) -> None:
        assert stored("https://a.example/h/w/", "https://a.example/dav/") == "/h/w/"
        assert stored("https://b.example/h/w/", "https://a.example/dav/") == "https://b.example/h/w/"
        assert absolute("https://a.example/dav/", "/h/w/") == "https://a.example/h/w/"
        assert absolute("https://a.example/dav/", "https://b.example/h/w/") == "https://b.example/h/w/"

    def test_our_own_address(self) -> None:
        assert own_href("https://b.example/h/w/", "syncd-1") == "/h/w/syncd-1.ics"
        assert path_of("h/x") == "/h/x"
        assert same("/h/w", "/h/w/")
