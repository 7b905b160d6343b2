"""The page in a real browser: a meeting's whole life without any script, its event looked up on a real CalDAV server at each step.

The server is Radicale, and it is asked by an independent client. What is owed is delivered by `syncd sync` between the steps, so
nothing here depends on how fast a daemon is.
"""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsers import PATIENCE, Opened, Reader
from desks import Office, day, hours
from playwright.sync_api import Locator, expect
from servers import SECRET

from store.database import open_store
from syncd.actions.context import Context
from syncd.actions.tokens import create_token
from syncd.config import load
from syncd.web.app import make_app
from syncd.web.server import WebServer

DAY = day()


class Home:
    """The page of an office."""

    def __init__(self, office: Office) -> None:
        self.office = office
        config = load(office.config)
        self.ctx = Context(config, open_store(config.store.url))
        self.web = WebServer(make_app(self.ctx), "127.0.0.1:0")
        self.address = f"http://{self.web.address}"

    def token(self, scope="write", **more) -> str:
        return create_token(self.ctx, scope, by="test", **more).secret

    def ours(self, agent: str) -> list[str]:
        """The starts of syncd's events in the agent's calendar, once everything is delivered."""
        self.deliver()
        texts = [text for text in self.office.events(agent) if "X-SYNCD-MARKER" in text]
        return [re.search(r"BEGIN:VEVENT.*?DTSTART[^:]*:(\S+)", text, re.DOTALL)[1] for text in texts]

    def deliver(self) -> None:
        """Sync until nothing is owed: an old agent's event goes once the new agent's stands."""
        for _ in range(5):
            self.office.ok("sync")
            if not self.office.json("deliveries")["items"]:
                return
        raise AssertionError("something is still owed")

    def close(self) -> None:
        self.web.stop(2)
        self.ctx.close()


@pytest.fixture
def home(office: Office) -> Iterator[Home]:
    """An office with a meeting of anna's, planned and delivered, and its page."""
    office.ok("migrate")
    office.plan("m1", "--guest", "Gerda Guest <gerda@example.org>")
    office.ok("sync")
    made = Home(office)
    yield made
    made.close()


def local(clock: str) -> str:
    """How a start is written in an event: by the agent's own clocks."""
    return f"{DAY:%Y%m%d}T{clock}"


def test_the_whole_life_of_a_meeting_without_a_script(home: Home, reader: Opened) -> None:
    home.office.add_event("bert", f"{DAY:%Y%m%d}T080000Z", f"{DAY:%Y%m%d}T200000Z")
    assert (home.ours("anna"), home.ours("bert")) == ([local("100000")], [])
    one = reader(home.address).go("/")
    assert one.page.url.endswith("/sign-in")
    one.sign_in(home.token(name="jan")).sees(
        "Talk", "with Gerda Guest", "Anna de Vries", "Scheduled", "Delivered", "10:00\u201311:00"
    )

    one.choose("Talk", "Invite new guest")
    one.page.get_by_label("Name").fill("Eva Jansen")
    one.page.get_by_label("Mail address").fill("eva@example.org")
    one.press("Invite").sees("The guest is invited.", "Eva Jansen", "eva@example.org")
    assert home.ours("anna") == [local("100000")]
    assert "Eva Jansen" in home.office.events("anna")[0]

    one.go("/").choose("Talk", "Reschedule")
    one.page.get_by_label("New start").fill(f"{DAY}T15:30")
    one.page.get_by_label("Reason").fill("Anna is at the notary's")
    one.press("Reschedule").sees("The meeting is rescheduled.", "15:30\u201316:30", "Anna is at the notary's")
    assert home.ours("anna") == [local("153000")]

    one.go("/").choose("Talk", "Assign to someone else").sees(
        "Anna de Vries", "has it now", "Bert Smit", "not available"
    )
    one.page.get_by_text("Why").first.click()
    one.sees("busy in the calendar Work")
    one.follow(one.page.get_by_label("Choose Bert Smit")).sees(
        "Hand it over to Bert Smit?",
        "is not available at that time",
        "Into the calendar Work of Bert Smit",
        "Out of the calendar Work of Anna",
    )
    assert home.ours("anna") == [local("153000")]
    one.page.get_by_label("Choose Bert Smit all the same").check()
    one.press("Assign to Bert Smit").sees(
        "The meeting is handed over.", "Chosen although not available", "jan"
    )
    assert (home.ours("anna"), len(home.ours("bert"))) == ([], 1)

    one.go("/").choose("Talk", "Cancel")
    one.page.get_by_label("The guest", exact=True).check()
    one.page.get_by_label("Reason").fill("Found another bank")
    one.press("Cancel the meeting").sees(
        "The meeting is cancelled.", "Cancelled", "the guest", "Found another bank"
    )
    assert (home.ours("anna"), home.ours("bert")) == ([], [])
    one.go("/").page.get_by_label("Actions for Talk").click()
    expect(one.page.locator(".menu .off")).to_have_count(4, timeout=PATIENCE)
    one.press("Sign out")
    assert one.page.url.endswith("/sign-in")
    assert [text for text in one.said if "Content Security Policy" in text] == []


@pytest.mark.long
def test_somebody_blocks_a_time_and_the_marks_follow(home: Home, reader: Opened) -> None:
    anna = reader(home.address).sign_in(home.token(agent="anna"))
    anna.follow(anna.page.get_by_role("link", name="My availability")).sees(
        "Anna de Vries", "Seven days from", "Read in time"
    )
    anna.page.get_by_text("Block time").click()
    anna.page.get_by_label("Title").fill("Dentist")
    anna.page.get_by_label("From", exact=True).fill(f"{DAY}T09:30")
    anna.page.get_by_label("To", exact=True).fill(f"{DAY}T10:30")
    anna.press("Block").sees("The time is blocked.", "Dentist")
    operator = reader(home.address).sign_in(home.token())
    operator.go("/meeting/assign?id=m1").page.get_by_text("Why").first.click()
    operator.sees("blocked, Dentist")
    anna.press("Remove the block Dentist").sees("The block is taken away.", "Nothing is blocked.")


def moved(office: Office, start: str, end: str) -> None:
    """Anna moves the event of her meeting, in her own program."""
    login, calendar = office.logins["anna"], office.calendars["anna"]
    (href,) = office.server.hrefs(login, calendar)
    text = re.sub(r"(DTSTART[^:]*:)\S+", rf"\g<1>{start}", office.server.get(login, href) or "")
    text = re.sub(r"(DTEND[^:]*:)\S+", rf"\g<1>{end}", text)
    office.server.put(login, calendar, href.rpartition("/")[2].removesuffix(".ics"), text)
    office.ok("sync")


@pytest.mark.long
def test_what_needs_somebody_is_settled_at_health(home: Home, reader: Opened) -> None:
    office = home.office
    one = reader(home.address).sign_in(home.token(name="jan")).go("/health").sees("Nothing needs you")
    moved(office, local("130000"), local("140000"))
    one.go("/health").sees("Something needs you", "Talk", "moved", "in the calendar:", "13:00\u201314:00")
    one.press("Restore").sees("The event is put back")
    assert home.ours("anna") == [local("100000")]
    moved(office, local("130000"), local("140000"))
    one.go("/health").press("Accept").sees("taken for what is meant")
    assert home.ours("anna") == [local("130000")]
    one.go("/health").sees("Every event stands as it was written.", "Nothing needs you")
    office.secret.write_text("another")
    office.ok("meeting", "cancel", "m1", "--reason", "Found another bank")
    assert office.run("sync").code == 1
    one.go("/health").sees("Failed", "Calendar of Anna de Vries", "No access")
    office.secret.write_text(SECRET)
    one.press("Retry now").sees("It is tried again now.")
    assert home.ours("anna") == []
    one.go("/health").sees("Everything is delivered.", "Nothing needs you")


@pytest.mark.long
def test_a_delivery_is_given_up_and_people_and_meetings_are_found(home: Home, reader: Opened) -> None:
    office = home.office
    office.secret.write_text("another")
    office.ok("meeting", "cancel", "m1", "--reason", "Found another bank")
    assert office.run("sync").code == 1
    one = reader(home.address).sign_in(home.token())
    one.go("/health").press("Give up").sees("It is owed no more.", "Everything is delivered.")
    one.go("/people").page.get_by_label("Search").fill("smit")
    one.press("Find").sees("Bert Smit")
    assert "Anna de Vries" not in one.page.locator("main").inner_text()
    one.follow(one.page.get_by_role("link", name="Bert Smit")).sees("Seven days from")
    one.go("/?view=all").page.get_by_label("Search").fill("gerda")
    one.page.get_by_label("Status").select_option("Cancelled")
    one.press("Find").sees("Talk", "Cancelled", "Given up")
    one.page.get_by_label("Status").select_option("Live")
    one.press("Find").sees("No meeting is like that")
    one.go("/nowhere").sees("Nothing is here", "There is no page at this address")


@pytest.mark.long
def test_a_keyboard_is_enough(home: Home, reader: Opened) -> None:
    one = reader(home.address).sign_in(home.token()).sees("Talk")
    focused, invite = one.page.locator(":focus"), one.page.get_by_role("link", name="Invite new guest")
    one.page.bring_to_front()
    one.page.keyboard.press("Tab")
    expect(focused).to_have_text("To the content", timeout=PATIENCE)
    one.page.get_by_label("Actions for Talk").focus()
    one.page.keyboard.press("Enter")
    expect(invite).to_be_visible(timeout=PATIENCE)
    one.page.keyboard.press("Tab")
    expect(invite).to_be_focused(timeout=PATIENCE)
    one.page.keyboard.press("Enter")
    one.page.wait_for_url("**/meeting/invite?id=m1")


# ---------------------------------------------------------------------------------------------------------------------
# Everybody can use it, nobody can misuse it

PAGES = (
    "/", "/?q=nothing", "/meeting?id=m1", "/meeting/invite?id=m1", "/meeting/reschedule?id=m1", "/meeting/cancel?id=m1",
    "/meeting/assign?id=m1", "/meeting/assign?id=m1&to=bert", "/people", "/person?id=anna", "/health", "/meeting?id=nothing",
    "/nothing",
)  # fmt: skip
SERIOUS = ("serious", "critical")


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(home: Home, reader: Opened, scheme: str) -> None:
    """axe-core, which needs scripts: it is put in by the browser's driver, past the content policy."""
    home.office.add_event("bert", f"{DAY:%Y%m%d}T080000Z", f"{DAY:%Y%m%d}T200000Z")
    moved(home.office, local("130000"), local("140000"))
    home.office.add_event("anna", f"{DAY:%Y%m%d}T060000Z", f"{DAY:%Y%m%d}T100000Z")
    home.office.ok("sync")
    one = reader(home.address, scripts=True, bypass_csp=True, color_scheme=scheme)
    found = findings(one.go("/sign-in"), "/sign-in")
    one.sign_in(home.token())
    one.go("/meeting?id=m1").sees("Something came in its way")
    for path in PAGES:
        one.go(path)
        for summary in one.page.locator("summary").all():
            summary.evaluate("element => element.parentElement.open = true")
        found += findings(one, path)
    assert found == []


def findings(one: Reader, path: str) -> list[str]:
    """What axe has against the page that is open."""
    report = Axe().run(one.page).response
    assert report["passes"], f"{path}: axe looked at nothing"
    return [
        f"{path}: {each['id']}: {node['html'][:160]}: {node['failureSummary']}"
        for each in report["violations"]
        if each["impact"] in SERIOUS
        for node in each["nodes"]
    ]


@pytest.mark.long
def test_nothing_is_wider_than_a_phone(home: Home, reader: Opened) -> None:
    """Also with names that know no end."""
    home.office.plan("m2", "--guest", f"{'x' * 110} <{'y' * 60}@example.org>", hour=13)
    one = reader(home.address, scripts=True, viewport={"width": 360, "height": 700}).sign_in(home.token())
    for path in (*PAGES, "/meeting?id=m2"):
        one.go(path)
        width = one.page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{path} is {width} wide"


HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)><b onmouseover=alert(3)>\u202egnp"


def lines_of(what: Locator) -> int:
    """How many lines its words take."""
    return what.evaluate(
        "element => { const words = document.createRange(); words.selectNodeContents(element);"
        " return new Set([...words.getClientRects()].map(one => Math.round(one.top))).size; }"
    )


@pytest.mark.long
@pytest.mark.parametrize("width", [390, 900, 1280])
def test_a_short_word_is_never_broken(home: Home, reader: Opened, width: int) -> None:
    one = reader(home.address, viewport={"width": width, "height": 800}).sign_in(home.token())
    for path, what in (
        ("/meeting/assign?id=m1", ".pick a"),
        ("/person?id=anna", ".weekday:not(.head-of-week) > span"),
    ):
        words = one.go(path).page.locator(what)
        assert words.count() > 0
        # Which fonts a machine has is chance: one that is wide must do, too.
        one.page.locator("html").evaluate("element => element.style.fontFamily = 'DejaVu Sans, Verdana'")
        assert {lines_of(words.nth(number)) for number in range(words.count())} == {1}, path


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_a_menu_can_not_do_is_greyed(home: Home, reader: Opened, scheme: str) -> None:
    home.office.ok("meeting", "status", "m1", "live")
    one = reader(home.address, color_scheme=scheme).sign_in(home.token())
    one.page.get_by_label("Actions for Talk").click()
    can, can_not, grey = (
        one.page.locator(what).first.evaluate("element => getComputedStyle(element).color")
        for what in (".what a", ".menu .off", ".guests")
    )
    assert can_not == grey != can
    frame = one.page.locator(".menu .off").first.evaluate(
        "element => getComputedStyle(element).borderTopWidth"
    )
    assert frame == "0px"


@pytest.mark.long
def test_text_of_strangers_runs_nowhere_in_a_browser_that_runs_scripts(home: Home, reader: Opened) -> None:
    office = home.office
    office.ok(
        "meeting",
        "plan",
        "m2",
        "--agent",
        "anna",
        *hours(13),
        "--title",
        f"\"'>{HOSTILE}",
        "--link",
        "javascript:alert(4)",
    )
    one = reader(home.address, scripts=True).sign_in(home.token())
    one.go("/meeting/invite?id=m2").page.get_by_label("Name").fill(f"\"'>{HOSTILE}")
    one.page.get_by_label("Mail address").fill("eva@example.org")
    one.press("Invite")
    one.go("/meeting/reschedule?id=m2").page.get_by_label("Reason").fill(f"</textarea>{HOSTILE}")
    one.press("Reschedule")
    for path in (
        *(path.replace("m1", "m2") for path in PAGES),
        f"/?q={HOSTILE}&agent={HOSTILE}",
        "/meeting?id=<script>",
    ):
        one.go(path)
    assert [text for text in one.said if "dialog" in text or "Content Security Policy" in text] == []
    one.go("/meeting?id=m2").sees("<script>alert(1)</script>")


ELSEWHERE = "http://elsewhere.example/"


def elsewhere(one: Reader, body: str) -> Reader:
    """Open a page of another site, which is made up in the browser."""
    one.page.route(ELSEWHERE, lambda route: route.fulfill(body=body, content_type="text/html"))
    one.page.goto(ELSEWHERE)
    return one


@pytest.mark.long
def test_no_other_page_can_show_this_one_in_a_frame(home: Home, reader: Opened) -> None:
    one = reader(home.address, scripts=True).sign_in(home.token())
    elsewhere(one, f'<iframe src="{home.address}/sign-in" onload="document.title = \'loaded\'"></iframe>')
    one.page.wait_for_function("document.title === 'loaded'")
    assert "Sign in" not in one.page.frames[-1].content()
    assert one.page.frames[-1].url.startswith("chrome-error:"), one.page.frames[-1].url


@pytest.mark.long
def test_a_page_elsewhere_can_not_send_a_form(home: Home, reader: Opened) -> None:
    """The session is not sent along, and the browser says where the form comes from."""
    one = reader(home.address, scripts=True).sign_in(home.token())
    fields = {"id": "m1", "reason": "x", "by": "agent", "version": "1"}
    inputs = "".join(f'<input name="{name}" value="{value}">' for name, value in fields.items())
    elsewhere(
        one, f'<form method="post" action="{home.address}/meeting/cancel">{inputs}<button>go</button></form>'
    )
    with one.page.expect_response("**/meeting/cancel") as answer:
        one.page.get_by_text("go").click()
    assert answer.value.status == 403
    assert "cookie" not in answer.value.request.headers
    assert home.ours("anna") == [local("100000")]


@pytest.mark.long
def test_who_comes_by_a_link_from_elsewhere_goes_on_signed_in(home: Home, reader: Opened) -> None:
    """The session is not sent with a link from another site; one step later it is."""
    one = reader(home.address).sign_in(home.token())
    elsewhere(one, f'<a href="{home.address}/meeting?id=m1">the meeting</a>')
    one.follow(one.page.get_by_text("the meeting"))
    one.follow(one.page.get_by_role("link", name="go on")).sees("Talk", "Gerda Guest")
