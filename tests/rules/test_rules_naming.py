"""Which calendar a configured text means."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import CalendarInfo
from syncd.rules import naming

WORK = "/dav/calendars/anna/work/"


@pytest.mark.parametrize(
    ("text", "href", "same"),
    [
        (WORK, WORK, True),
        ("/dav/calendars/anna/work", WORK, True),
        ("https://cloud.example.com/dav/calendars/anna/work", WORK, True),
        (WORK, "https://cloud.example.com/dav/calendars/anna/work/", True),
        ("https://Cloud.Example.com:443/dav/x", "https://cloud.example.com/dav/x/", True),
        ("https://anna@cloud.example.com/dav/x", "https://cloud.example.com/dav/x/", True),
        ("http://cloud.example.com:80/dav/x", "http://cloud.example.com/dav/x/", True),
        ("/dav/anna%40example.com/w%C3%B6rk/", "/dav/anna@example.com/wörk/", True),
        ("https://other.example.com/dav/x", "https://cloud.example.com/dav/x", False),
        ("https://cloud.example.com:8443/dav/x", "https://cloud.example.com/dav/x", False),
        ("http://cloud.example.com/dav/x", "https://cloud.example.com/dav/x", False),
        ("/dav/calendars/anna/Work/", WORK, False),
        ("/dav/calendars/anna/work/more", WORK, False),
        ("/dav/x?a=1", "/dav/x?a=2", False),
        ("work", WORK, False),
        ("AAMkAD=", "AAMkAD=", True),
        ("AAMkAD=", "AAMkAD", False),
        ("http://[broken/dav", WORK, False),
    ],
)
def test_addresses(text: str, href: str, same: bool) -> None:
    assert naming.same_address(text, href) is same
    assert naming.same_address(href, text) is same


@pytest.mark.parametrize(
    ("text", "name", "same"),
    [
        ("Work", "Work", True),
        (" Work", "Work ", True),
        ("B\u00fcro", "Bu\u0308ro", True),
        ("work", "Work", False),
        ("", "", False),
        ("Work", "", False),
    ],
)
def test_names(text: str, name: str, same: bool) -> None:
    assert naming.same_name(text, name) is same


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Work", ["/a/", "/b/"]),
        ("Private", ["/c/"]),
        ("/a", ["/a/"]),
        ("/c/", ["/c/"]),
        ("https://cloud.example.com/b/", ["/b/"]),
        ("/x%2Fy", ["/x%2Fy"]),
        ("/x/y", ["/x/y"]),
        ("Nowhere", []),
        ("", []),
    ],
)
def test_what_a_text_means_among_the_calendars_listed(text: str, meant: list[str]) -> None:
    named = {"/a/": "Work", "/b/": "Work", "/c/": "Private", "/d/": "/a", "/x/y": "One", "/x%2Fy": "Two"}
    listed = [CalendarInfo(href, name, "") for href, name in named.items()]
    assert [info.href for info in naming.meant(text, listed)] == meant


def test_named_is_by_either() -> None:
    assert naming.named("Work", href=None, name="Work")
    assert naming.named(WORK, href=WORK, name="Other")
    assert not naming.named("Work", href=WORK, name="Other")


@pytest.mark.parametrize(
    ("href", "part"), [(WORK, "work"), ("/dav/w%C3%B6rk", "wörk"), ("/", "/"), ("AAMkAD=", "AAMkAD=")]
)
def test_a_name_for_the_nameless(href: str, part: str) -> None:
    assert naming.last_part(href) == part


segments = st.lists(st.text(st.characters(exclude_characters="/", exclude_categories=["Cs"]), min_size=1, max_size=8), min_size=1, max_size=3)  # fmt: skip


@given(segments, st.booleans(), st.booleans())
def test_encoding_server_and_slash_at_the_end_never_matter(path: list[str], full: bool, slash: bool) -> None:
    href = "/" + "/".join(quote(segment, safe="") for segment in path)
    text = "/" + "/".join(quote(segment, safe="@:+,") for segment in path)
    text = ("https://cloud.example.com" if full else "") + text + ("/" if slash else "")
    assert naming.same_address(text, href)
    assert naming.same_address(text, href + "/")
    assert not naming.same_address(text, href + "x")


def test_default_means_the_default_calendar_where_there_is_one_and_else_a_name() -> None:
    named, marked = CalendarInfo("/a/", "default", ""), CalendarInfo("/b/", "Calendar", "", default=True)
    assert naming.meant("default", [named, marked]) == [marked]
    assert naming.meant("default", [named]) == [named]
    assert naming.meant("Calendar", [named, marked]) == [marked]
