"""What does not get through to the page: forged forms, other names, tokens in addresses, and other people's text as more than text."""

from datetime import timedelta

import pytest
from pages import EVERY_FORM, EVERY_PAGE, HOST, Pages
from stores import sqlite_only
from worlds import World

from store.model import Guest
from syncd.actions import changes

pytestmark = sqlite_only

# ---------------------------------------------------------------------------------------------------------------------
# Forged forms


def test_a_form_without_its_mark_does_nothing(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    fields = {
        "id": "m1",
        "version": "1",
        "to": "ben",
        "reason": "x",
        "by": "agent",
        "email": "e@example.org",
        "do": "retry",
    }
    of_another = pages.signed_in().get("/").form("/sign-out")["mark"]
    for path in EVERY_FORM:
        for mark in ({}, {"mark": ""}, {"mark": "a" * 64}, {"mark": of_another}):
            shown = visitor.post(path, {**fields, **mark})
            assert (shown.status, "not made for your session" in shown.words) == (403, True)
    with pages.world.store.reading() as tx:
        assert tx.exec_driver_sql("SELECT version, agent FROM meetings").one() == (1, "anna")


def test_a_form_that_says_it_comes_from_elsewhere_is_refused_with_its_mark(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    form = visitor.get("/meeting/cancel?id=m1").form("/meeting/cancel")
    for headers in [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ]:
        shown = visitor.post("/meeting/cancel", {**form, "reason": "x"}, **headers)
        assert (shown.status, "another site" in shown.words) == (403, True)


def test_a_browsers_own_form_is_taken(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    form = visitor.get("/meeting/cancel?id=m1").form("/meeting/cancel")
    told = {"Origin": f"http://{HOST}", "Sec-Fetch-Site": "same-origin"}
    assert "is cancelled" in visitor.post("/meeting/cancel", {**form, "reason": "ill"}, **told).words


def test_pages_can_not_be_posted_to_nor_forms_got(pages: Pages) -> None:
    visitor = pages.signed_in()
    assert visitor.client.post("/people", data={}).status_code == 405
    assert visitor.client.get("/person/block").status_code == 405


# ---------------------------------------------------------------------------------------------------------------------
# Hosts, addresses, bodies


def test_a_name_that_is_not_ours_gets_nothing(pages: Pages) -> None:
    visitor = pages.visitor()
    for host in ["evil.example", "evil.example:8420", "127.0.0.1.evil.example", "localhost.evil.example", ""]:
        answer = visitor.client.get("/", headers={"Host": host})
        assert answer.status_code == 421


def test_a_token_in_an_address_is_refused_and_not_repeated(pages: Pages) -> None:
    visitor = pages.visitor()
    for path in ["/", "/sign-in", "/meeting"]:
        for query in [
            "token=abc",
            "access_token=abc",
            "x=syncd_1_" + "a" * 43,
            "q=%73yncd_1_" + "a" * 43,
            "Token=1",
        ]:
            answer = visitor.client.get(f"{path}?{query}")
            assert answer.status_code == 400
            assert "does not belong into an address" in answer.text
            assert "a" * 43 not in answer.text


def test_a_form_that_is_too_large_or_no_form_is_refused(pages: Pages) -> None:
    visitor = pages.signed_in()
    assert visitor.client.post("/meeting/cancel", content=b"reason=" + b"x" * 300_000).status_code == 413
    assert visitor.client.post("/meeting/cancel", content=b"\xff\xfe").status_code == 400
    assert (
        visitor.client.post(
            "/meeting/cancel", content="&".join(f"f{n}=1" for n in range(200)).encode()
        ).status_code
        == 400
    )


def test_every_answer_has_the_headers_that_keep_browsers_from_harm(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    for path in [*EVERY_PAGE, "/sign-in", "/static/page.css", "/meeting?id=nothing", "/?token=x"]:
        headers = visitor.get(path).headers
        assert headers["content-security-policy"] == (
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        assert headers["x-frame-options"] == "DENY"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cross-origin-opener-policy"] == "same-origin"
        kept = "immutable" if path.startswith("/static") else "no-store"
        assert kept in headers["cache-control"]


def test_no_page_needs_a_script_or_anything_from_elsewhere(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    for path in [*EVERY_PAGE, "/sign-in"]:
        tree = visitor.get(path).tree
        assert not tree.xpath("//script | //iframe | //object | //embed | //*[@style] | //style")
        assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")]
        sources = [*tree.xpath("//@src"), *tree.xpath("//link/@href"), *tree.xpath("//form/@action")]
        assert sources
        assert all(one.startswith("/") for one in sources)


def test_nothing_but_the_files_of_the_page_is_handed_out(pages: Pages) -> None:
    visitor = pages.visitor()
    for name in ["..%2f..%2fdoorway.py", "words.en.toml", "nothing.css", "page.css.bak"]:
        assert visitor.client.get(f"/static/{name}").status_code == 404


def test_a_store_that_is_gone_is_told_as_such(world: World) -> None:
    visitor = Pages(world).signed_in()
    with world.store.writing() as tx:
        tx.exec_driver_sql("ALTER TABLE sessions RENAME TO gone")
    shown = visitor.get("/")
    assert (shown.status, "try again" in shown.words) == (503, True)
    assert shown.headers["retry-after"]


# ---------------------------------------------------------------------------------------------------------------------
# Other people's text

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


def test_what_others_wrote_is_shown_and_never_run(pages: Pages) -> None:
    guests = (Guest(HOSTILE, "eva@example.org"), Guest("\u0645\u062d\u0645\u062f", "m@example.org"))
    pages.world.plan(title=HOSTILE, link="javascript:alert(1)", guests=guests)
    pages.world.accept(
        changes.reschedule("m1", pages.world.now + timedelta(hours=9), None, HOSTILE, by=HOSTILE)
    )
    visitor = pages.signed_in()
    for path in EVERY_PAGE:
        tree = visitor.get(path).tree
        assert not tree.xpath("//script | //img[@onerror]")
        assert not [link for link in tree.xpath("//@href") if link.lower().startswith("javascript")]


def test_an_address_can_not_put_words_into_the_page(pages: Pages) -> None:
    visitor = pages.signed_in()
    for query in (
        "done=Your+account+is+blocked",
        f"q={HOSTILE}",
        f"agent={HOSTILE}",
        f"status={HOSTILE}",
        f"after={HOSTILE}",
    ):
        shown = visitor.get(f"/?{query}")
        assert shown.status == 200
        assert not shown.tree.xpath("//script | //img[@onerror] | //p[@role='status']")


def test_whatever_stands_in_an_address_or_a_form_is_no_defect(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    for query in (
        "path=x", "self=y", "visit=z", "query=a&done=b", "day=0001-01-01", "day=9999-12-31", "q=%00", "q=%ff%fe", "limit=99999999999",
        "id=%00", "after=9|%00", "after=99999999999999999|x", "after=-9999999999999999|x", "to=%00", "q=" + "x" * 5000, "x" * 5000,
    ):  # fmt: skip
        for path in ("/", "/person?id=anna&", "/meeting/assign?id=m1&", "/people", "/sign-in"):
            shown = visitor.get(f"{path}{'' if path.endswith('&') else '?'}{query}")
            assert shown.status in (200, 404, 422), (path, query)
    for path in (one for one in EVERY_FORM if one != "/sign-out"):
        form = {"mark": visitor.get("/").form("/sign-out")["mark"], "id": "m1"}
        for more in (
            {},
            {"id": "\0"},
            {"id": "anna", "start": "0001-01-01T00:00", "end": "9999-12-31T00:00", "title": "\0"},
        ):
            assert visitor.post(path, {**form, **more}).status in (200, 404, 409, 412, 422), (path, more)


def test_each_name_has_a_direction_of_its_own(pages: Pages) -> None:
    pages.world.plan(
        title="\u05e9\u05dc\u05d5\u05dd", guests=(Guest("\u0645\u062d\u0645\u062f", "m@example.org"),)
    )
    shown = pages.signed_in().get("/")
    isolated = [one.text_content() for one in shown.tree.iter("bdi")]
    assert {"\u05e9\u05dc\u05d5\u05dd", "\u0645\u062d\u0645\u062f", "anna"} <= set(isolated)


def test_a_defect_says_nothing_of_our_insides(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Pages(world).signed_in()
    with world.store.writing() as tx:
        tx.exec_driver_sql("UPDATE agents SET timezone = 'Nowhere/Land'")
    shown = visitor.get("/person?id=anna")
    assert shown.status == 500
    assert "Nowhere" not in shown.text
    assert "Traceback" not in shown.text
