"""Who gets to the page: with a token for a working day, from the demo's own machine, or named by a trusted proxy; nobody else."""

from datetime import timedelta

from pages import AT_HOME, EVERY_FORM, EVERY_PAGE, Pages
from stores import sqlite_only
from worlds import World

from syncd.actions.look import story
from syncd.actions.sessions import LASTS
from syncd.actions.tokens import create_token, revoke_token

pytestmark = sqlite_only


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
