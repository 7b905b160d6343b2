"""What goes wrong beside the pages is told to people as a page, and to programs as a problem."""

from typing import Any

import pytest
from pages import Pages, Visitor
from starlette.datastructures import Headers
from stores import sqlite_only
from worlds import World

from syncd.web import limits
from syncd.web.pages import guard
from syncd.web.pages.frame import the_frame
from syncd.web.pages.wrong import wants_html
from syncd.web.problems import ONLY_HERE

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
NOWHERE = ("/nothing", "/meetings", "/meeting/", "/static/nothing.css", "/health/all", "/%00")
FOR_PROGRAMS = ("/v1", "/v1/", "/v1/nothing", "/v1/agents", "/metrics", "/push/outlook", "/openapi.json/x")


def asked(visitor: Visitor, path: str, method: str = "GET", accept: str = BROWSER, **more: Any) -> Any:
    ask = visitor.client.get if method == "GET" else visitor.client.post
    return ask(path, headers={"Accept": accept}, **more)


@sqlite_only
def test_an_address_nobody_serves_is_a_page_with_the_way_back(pages: Pages) -> None:
    visitor = pages.signed_in()
    for path in NOWHERE:
        shown = visitor.get(path, Accept=BROWSER)
        assert (shown.status, shown.headers["content-type"]) == (404, "text/html; charset=utf-8"), path
        assert "There is no page at this address" in shown.words
        assert {"/", "/people", "/health"} <= set(shown.links()), "with the navigation"
        assert shown.headers["vary"] == "Accept"
        assert "default-src 'none'" in shown.headers["content-security-policy"]


@sqlite_only
def test_who_is_not_signed_in_learns_nothing_by_it(pages: Pages) -> None:
    shown = pages.visitor().get("/nothing", Accept=BROWSER)
    assert (shown.status, "/people" in shown.links()) == (404, False)
    assert "no page at this address" in shown.words


@sqlite_only
def test_an_agent_has_the_navigation_of_an_agent(pages: Pages) -> None:
    shown = pages.signed_in(agent="anna").get("/nothing", Accept=BROWSER)
    assert "/person?id=anna" in shown.links()
    assert "/health" not in shown.links()


@sqlite_only
def test_programs_keep_their_problems(pages: Pages) -> None:
    visitor = pages.signed_in()
    for path in FOR_PROGRAMS:
        said = asked(visitor, path)
        assert said.status_code in (401, 404, 405), path
        assert said.headers["content-type"] == "application/problem+json", path
    for accept in (
        "*/*",
        "application/json",
        "",
        "text/html;q=0.5, application/json",
        "text/html;q=0",
        "text/html;q=x",
    ):
        assert asked(visitor, "/nothing", accept=accept).headers["content-type"] == "application/problem+json"


@sqlite_only
def test_an_address_that_is_asked_otherwise_says_so_and_how(pages: Pages) -> None:
    visitor = pages.signed_in()
    for method, path, allow in (("GET", "/person/block", "POST"), ("POST", "/people", "GET, HEAD")):
        said = asked(visitor, path, method)
        assert (said.status_code, said.headers["allow"]) == (405, allow)
        assert "does nothing when it is opened by itself" in said.text


@sqlite_only
def test_what_is_too_large_too_slow_or_for_another_name(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = pages.signed_in()
    large = asked(visitor, "/meeting/cancel", "POST", content=b"x" * (limits.LARGEST_BODY + 1))
    assert (large.status_code, "too large" in large.text, large.headers["connection"]) == (413, True, "close")
    other = asked(pages.visitor(host="http://evil.example.com"), "/")
    assert (other.status_code, "does not go by the name" in other.text) == (421, True)
    monkeypatch.setattr(limits, "SECONDS_TO_ANSWER", 0)
    late = asked(visitor, "/")
    assert (late.status_code, late.headers["retry-after"]) == (503, "5")
    assert "Look whether it was done" in late.text


@sqlite_only
def test_a_defect_beside_the_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that not even the doorway catches."""
    visitor = Pages(world).signed_in()
    monkeypatch.setattr(guard, "names_a_token", lambda query: 1 / 0)
    shown = visitor.get("/", Accept=BROWSER)
    assert (shown.status, "in the log" in shown.words) == (500, True)
    assert "division" not in shown.text


@sqlite_only
def test_without_a_store_the_page_is_there_all_the_same(world: World) -> None:
    visitor = Pages(world).signed_in()
    with world.store.writing() as tx:
        tx.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    assert visitor.get("/nothing", Accept=BROWSER).status == 404


def test_there_are_words_for_each_of_them() -> None:
    words = the_frame().words["error"]
    assert [one.name for one in ONLY_HERE if one.name not in words] == []


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("TEXT/HTML", True),
        ("text/html; charset=utf-8; q=0.2, */*", True),
        ("application/xhtml+xml", True),
        ("text/html;q=0.9,application/problem+json", False),
        ("image/avif,*/*", False),
    ],
)
def test_what_browsers_and_programs_would_rather_have(accept: str, html: bool) -> None:

    assert wants_html(Headers({"accept": accept})) is html
