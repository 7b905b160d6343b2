"""Who gets to the page, and what does not: hosts, sessions, forged forms, tokens in addresses, other people's text."""

from datetime import timedelta

import pytest
from pages import AT_HOME, HOST, Pages
from stores import sqlite_only
from worlds import World

from store.model import Guest
from syncd.actions import changes
from syncd.actions.look import story
from syncd.actions.sessions import LASTS
from syncd.actions.tokens import create_token, revoke_token

pytestmark = sqlite_only

EVERY_PAGE = (
    "/", "/meeting?id=m1", "/meeting/invite?id=m1", "/meeting/reschedule?id=m1", "/meeting/cancel?id=m1",
    "/meeting/assign?id=m1", "/meeting/assign?id=m1&to=ben", "/people", "/person?id=anna", "/health",
)  # fmt: skip
EVERY_FORM = (
    "/meeting/invite", "/meeting/reschedule", "/meeting/cancel", "/meeting/assign", "/person/block", "/person/unblock",
    "/health/delivery", "/health/drift", "/sign-out",
)  # fmt: skip


# ---------------------------------------------------------------------------------------------------------------------
# Signing in


def test_a_page_leads_to_signing_in_and_back_to_itself(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.visitor()
    asked = visitor.get("/meeting?id=m1")
    assert asked.path == "/sign-in?then=%2Fmeeting%3Fid%3Dm1"
    secret = create_token(pages.world.ctx, "read", by="test").secret
    shown = visitor.send(asked, "/sign-in", {"token": f"  {secret} "})
    assert (shown.status, shown.path) == (200, "/meeting?id=m1")
    assert "Mortgage talk" in shown.words


def test_nobody_sees_a_page_without_signing_in(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.visitor()
    for path in EVERY_PAGE:
        shown = visitor.get(path)
        assert shown.path.startswith("/sign-in")
        assert "Mortgage talk" not in shown.text


def test_nobody_sends_a_form_without_signing_in(pages: Pages) -> None:
    visitor = pages.visitor()
    for path in EVERY_FORM:
        answer = visitor.client.post(path, data={"id": "m1", "mark": "x"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_token_that_lets_nobody_in_is_told_so_and_is_not_repeated(pages: Pages) -> None:
    visitor = pages.visitor()
    revoked = create_token(pages.world.ctx, "read", by="test")
    revoke_token(pages.world.ctx, revoked.token.id, by="test")
    for secret in ("", "nonsense", revoked.secret):
        shown = visitor.send(visitor.get("/sign-in"), "/sign-in", {"token": secret})
        assert (shown.status, "lets nobody in" in shown.words) == (401, True)
        assert not secret or secret not in shown.text


def test_signing_out_ends_the_session_on_the_server_too(pages: Pages) -> None:
    visitor = pages.signed_in()
    held = dict(visitor.client.cookies)
    shown = visitor.send(visitor.get("/"), "/sign-out")
    assert shown.path == "/sign-in"
    again = pages.visitor()
    again.client.cookies.update(held)
    assert again.get("/").path == "/sign-in"


def test_a_session_ends_after_a_working_day_and_with_its_token(pages: Pages) -> None:
    visitor = pages.signed_in()
    pages.world.now += LASTS - timedelta(seconds=1)
    assert visitor.get("/people").status == 200
    pages.world.now += timedelta(seconds=1)
    assert visitor.get("/people").path.startswith("/sign-in")
    other = pages.signed_in()
    revoke_token(pages.world.ctx, 2, by="test")
    assert other.get("/people").path.startswith("/sign-in")


def test_the_session_is_for_this_site_and_no_script(pages: Pages) -> None:
    secret = create_token(pages.world.ctx, "read", by="test").secret
    visitor = pages.visitor()
    form = visitor.get("/sign-in").form("/sign-in")
    answer = visitor.client.post("/sign-in", data={**form, "token": secret})
    cookie = answer.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", "Path=/"))
    assert "Secure" not in cookie
    assert secret not in str(answer.headers)


def test_where_the_page_is_public_over_https_the_session_never_goes_without(world: World) -> None:
    text = (world.folder / "config.toml").read_text()
    world.configure(text.replace("[sync]", '[http]\npublic_url = "https://syncd.example.com"\n[sync]', 1))
    visitor = Pages(world).visitor(host="https://syncd.example.com")
    asked = visitor.client.get("/sign-in")
    assert asked.headers["strict-transport-security"].startswith("max-age=")
    cookie = asked.headers["set-cookie"]
    assert cookie.startswith("__Host-syncd-sign-in=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/;"))


def test_signing_in_leads_to_no_other_site(pages: Pages) -> None:
    secret = create_token(pages.world.ctx, "read", by="test").secret
    visitor = pages.visitor()
    form = visitor.get("/sign-in").form("/sign-in")
    for then in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "evil",
        "/a\nb",
        "javascript:1",
    ]:
        answer = visitor.client.post("/sign-in", data={**form, "token": secret, "then": then})
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_nobody_is_signed_in_by_a_form_from_elsewhere(pages: Pages) -> None:
    secret = create_token(pages.world.ctx, "read", by="test").secret
    visitor = pages.visitor()
    answer = visitor.client.post("/sign-in", data={"token": secret, "mark": "x", "then": "/"})
    assert answer.status_code == 401
    other = pages.visitor().get("/sign-in").form("/sign-in")
    visitor.get("/sign-in")
    assert visitor.client.post("/sign-in", data={**other, "token": secret}).status_code == 401


# ---------------------------------------------------------------------------------------------------------------------
# The demo's visitors


def test_a_visitor_of_the_demo_on_this_machine_is_let_in(pages: Pages) -> None:
    token = create_token(pages.world.ctx, "write", by="demo").token
    visitor = pages.visitor(visitor=token.id, client=AT_HOME)
    shown = visitor.get("/")
    assert (shown.status, shown.path) == (200, "/")
    assert visitor.get("/").status == 200
    pages.world.plan()
    assert (
        visitor.send(
            visitor.get("/meeting/invite?id=m1"), "/meeting/invite", {"email": "eva@example.org"}
        ).status
        == 200
    )


def test_nobody_else_is_let_in_by_the_demo(pages: Pages) -> None:
    token = create_token(pages.world.ctx, "write", by="demo").token
    assert pages.visitor(visitor=token.id).get("/").path == "/sign-in"
    behind = pages.visitor(visitor=token.id, client=AT_HOME)
    for header in ["x-forwarded-for", "forwarded", "x-real-ip", "via"]:
        assert behind.client.get("/", headers={header: "192.0.2.7"}).status_code == 303
        assert pages.visitor(client=AT_HOME).get("/").path == "/sign-in"


# ---------------------------------------------------------------------------------------------------------------------
# Behind a proxy that signs people in

PROXY, BESIDE_IT = ("10.0.0.5", 50000), ("10.0.0.6", 50000)
SIGNS_IN = (
    '[http]\nproxies = ["10.0.0.5"]\nperson_header = "X-Remote-User"\noperators = ["Jan@example.com"]\n[sync]'
)


def behind_proxy(pages: Pages) -> Pages:
    """The page where a proxy says who somebody is."""
    text = (pages.world.folder / "config.toml").read_text()
    pages.world.configure(text.replace("[sync]", SIGNS_IN, 1))
    pages.world.plan()
    pages.world.plan("m2", "ben", title="Of another")
    return pages


def test_who_is_named_by_a_trusted_proxy_is_signed_in(pages: Pages) -> None:
    visitor = behind_proxy(pages).visitor(client=PROXY)
    jan = visitor.get("/", **{"X-Remote-User": "jan@EXAMPLE.com"})
    assert all(title in jan.words for title in ("Mortgage talk", "Of another"))
    assert "Sign out" not in jan.text
    for name in ("anna", "Anna@Example.com"):
        shown = pages.visitor(client=PROXY).get("/", **{"X-Remote-User": name})
        assert ("Mortgage talk" in shown.words, "Of another" in shown.words) == (True, False)


def test_nobody_else_is_believed(pages: Pages) -> None:
    named = {"X-Remote-User": "jan@example.com"}
    behind_proxy(pages)
    assert pages.visitor(client=BESIDE_IT).get("/", **named).path == "/sign-in"
    assert pages.visitor(client=("strange", 1)).get("/", **named).path == "/sign-in"
    assert pages.visitor(client=PROXY).get("/").path == "/sign-in"
    assert pages.visitor(client=PROXY).get("/", **{"X-Forwarded-User": "anna"}).path == "/sign-in"
    shown = pages.visitor(client=PROXY).get("/", **{"X-Remote-User": "mallory"})
    assert (shown.status, "neither an operator nor an agent" in shown.words) == (403, True)
    assert "mallory" not in shown.text


def test_a_form_behind_a_proxy_carries_a_mark_for_its_person_alone(pages: Pages) -> None:
    visitor = behind_proxy(pages).visitor(client=PROXY)
    jan, anna = {"X-Remote-User": "jan@example.com"}, {"X-Remote-User": "anna"}
    form = visitor.get("/meeting/cancel?id=m1", **jan).form("/meeting/cancel")
    for fields, headers in (({**form, "mark": ""}, jan), (form, anna), ({**form, "mark": "a" * 64}, jan)):
        assert visitor.post("/meeting/cancel", {**fields, "reason": "ill"}, **headers).status == 403
    assert (
        visitor.client.post("/meeting/cancel", data={**form, "reason": "ill"}, headers=jan).status_code == 303
    )
    assert story(pages.world.ctx, "m1").changes[-1].by == "jan@example.com"


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
