"""Availability and health: a person's seven days, blocks by right, calendars with what to do; deliveries and drift by button."""

from datetime import timedelta

from pages import Pages, Shown
from stores import sqlite_only
from worlds import ELEVEN, TEN

from syncd.actions.blocking import add_block, block_list
from syncd.actions.look import story

pytestmark = sqlite_only

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def blocked(pages: Pages) -> list[tuple[str, str]]:
    """(scope, title) of every block."""
    return [(one.block.scope, one.block.title) for one in block_list(pages.world.ctx)]


def days(shown: Shown) -> list[list[str]]:
    """What is drawn on each of the days."""
    pictures = shown.tree.xpath("//*[local-name()='svg' and @role='img']")
    return [[one.text for one in picture.xpath(".//*[local-name()='title']")] for picture in pictures]


# ---------------------------------------------------------------------------------------------------------------------
# A person


def test_seven_days_show_meetings_blocks_and_calendars_by_their_kinds(pages: Pages) -> None:
    pages.world.plan()
    pages.world.enter("anna", "dentist", TEN + DAY, ELEVEN + DAY)
    pages.world.sync("anna")
    add_block(
        pages.world.ctx,
        "company",
        "Lunch",
        TEN + HOUR,
        ELEVEN + HOUR,
        "UTC",
        repeat="daily",
        until=None,
        by="x",
    )
    shown = pages.signed_in().get("/person?id=anna")
    drawn = days(shown)
    assert len(drawn) == 7
    assert drawn[0] == ["11:00\u201312:00 meeting: Mortgage talk", "12:00\u201313:00 blocked: Lunch"]
    assert drawn[1] == ["11:00\u201312:00 busy: Work", "12:00\u201313:00 blocked: Lunch"]
    assert "private matter" not in shown.text
    assert "Work" in shown.words
    assert "Read in time" in shown.words


def test_other_days_are_a_link_away(pages: Pages) -> None:
    visitor = pages.signed_in()
    assert "Seven days from Mon 2 Mar" in visitor.get("/person?id=anna").words
    assert "/person?id=anna&day=2026-03-09" in visitor.get("/person?id=anna").links()
    spring = visitor.get("/person?id=anna&day=2026-03-23")
    assert "Seven days from Mon 23 Mar" in spring.words
    assert len(days(spring)) == 7
    assert visitor.get("/person?id=anna&day=nonsense").status == 200
    assert visitor.get("/person?id=nobody").status == 404


def test_people_are_found_by_name(pages: Pages) -> None:
    visitor = pages.signed_in()
    assert "3 of 3 shown" in visitor.get("/people").words
    found = visitor.get("/people?q=BE")
    assert [link for link in found.links() if link.startswith("/person")] == ["/person?id=ben"]
    assert "Nobody of that name" in visitor.get("/people?q=zz").words


def test_an_agent_has_a_page_of_their_own_and_no_other(pages: Pages) -> None:
    anna = pages.signed_in(agent="anna")
    assert anna.get("/people").path == "/person?id=anna"
    assert anna.get("/person?id=ben").status == 404
    shown = anna.get("/health")
    assert (shown.status, "for operators" in shown.words) == (403, True)
    assert "/health" not in anna.get("/").links()


# ---------------------------------------------------------------------------------------------------------------------
# Blocks


BLOCK = {"title": "Training", "start": "2026-03-04T09:00", "end": "2026-03-04T10:30"}


def test_an_operator_blocks_for_one_for_a_group_and_for_everybody(pages: Pages) -> None:
    visitor = pages.signed_in()
    for scope in ("agent:anna", "group:advice", "company"):
        shown = visitor.send(visitor.get("/person?id=anna"), "/person/block", {**BLOCK, "scope": scope})
        assert "The time is blocked." in shown.words
    assert blocked(pages) == [
        ("agent:anna", "Training"),
        ("group:advice", "Training"),
        ("company", "Training"),
    ]
    assert "09:00\u201310:30 blocked: Training" in days(visitor.get("/person?id=ben&day=2026-03-04"))[0]


def test_a_block_repeats_until_its_last_day_by_the_agents_clocks(pages: Pages) -> None:
    visitor = pages.signed_in()
    filled = {**BLOCK, "scope": "agent:anna", "repeat": "weekly", "until": "2026-03-18"}
    visitor.send(visitor.get("/person?id=anna"), "/person/block", filled)
    (one,) = block_list(pages.world.ctx)
    assert (one.block.timezone, one.block.repeat, one.by) == ("Europe/Amsterdam", "weekly", "token 1")
    for day, there in (
        ("2026-03-04", True),
        ("2026-03-11", True),
        ("2026-03-18", True),
        ("2026-03-25", False),
    ):
        assert bool(days(visitor.get(f"/person?id=anna&day={day}"))[0]) is there


def test_an_agent_blocks_their_own_time_alone(pages: Pages) -> None:
    anna = pages.signed_in(agent="anna")
    page = anna.get("/person?id=anna")
    assert page.tree.xpath("//select[@name='scope']/option/@value") == ["agent:anna"]
    assert anna.send(page, "/person/block", {**BLOCK, "scope": "agent:anna"}).status == 200
    for scope in ("company", "group:advice", "agent:ben", "", "nonsense"):
        assert anna.send(page, "/person/block", {**BLOCK, "scope": scope}).status in (403, 404)
    form = page.form("/person/block")
    assert anna.post("/person/block", {**form, **BLOCK, "id": "ben", "scope": "agent:ben"}).status == 404
    assert blocked(pages) == [("agent:anna", "Training")]


def test_blocks_go_by_the_same_rights(pages: Pages) -> None:
    ctx = pages.world.ctx
    for scope in ("company", "agent:anna", "agent:ben"):
        add_block(ctx, scope, "Off", TEN, ELEVEN, "UTC", repeat=None, until=None, by="x")
    anna = pages.signed_in(agent="anna")
    page = anna.get("/person?id=anna")
    assert [form.get("action") for form in page.tree.forms].count("/person/unblock") == 1
    own = page.form("/person/unblock")
    for number in ("1", "3", "99", "x"):
        assert anna.post("/person/unblock", {**own, "block": number}).status == 404
    assert "The block is taken away." in anna.send(page, "/person/unblock").words
    assert blocked(pages) == [("company", "Off"), ("agent:ben", "Off")]
    visitor = pages.signed_in()
    visitor.send(visitor.get("/person?id=ben"), "/person/unblock", block="1")
    assert blocked(pages) == [("agent:ben", "Off")]


def test_what_is_wrong_with_a_block_is_told_and_stays_filled_in(pages: Pages) -> None:
    visitor = pages.signed_in()
    page = visitor.get("/person?id=anna")
    for change in ({"end": "2026-03-04T08:00"}, {"start": "x"}, {"until": "x"}, {"repeat": "sometimes"}):
        shown = visitor.send(page, "/person/block", {**BLOCK, "scope": "company", **change})
        assert shown.status in (409, 422), change
        assert shown.tree.xpath("//*[@role='alert']")
        assert shown.form("/person/block")["title"] == "Training"
    assert blocked(pages) == []


def test_blocks_of_the_configuration_are_shown_and_stay(pages: Pages) -> None:
    text = (pages.world.folder / "config.toml").read_text()
    block = '[[blocks]]\nscope = "company"\ntitle = "Night"\nstart = "2026-01-01T20:00"\nend = "2026-01-02T07:00"\nrepeat = "daily"\n'
    pages.world.configure(text + block)
    visitor = pages.signed_in()
    shown = visitor.get("/person?id=anna")
    assert "Night" in shown.words
    assert "configuration" in shown.words
    assert not [form for form in shown.tree.forms if form.get("action") == "/person/unblock"]
    mark = shown.form("/person/block")["mark"]
    assert visitor.post("/person/unblock", {"mark": mark, "id": "anna", "block": "config-0"}).status in (
        404,
        409,
    )


# ---------------------------------------------------------------------------------------------------------------------
# Health


def test_health_is_fine_when_nothing_needs_anybody(pages: Pages) -> None:
    shown = pages.signed_in().get("/health")
    for said in (
        "Nothing needs you",
        "Every calendar is read in time.",
        "Everything is delivered.",
        "Every event stands as it was written.",
    ):
        assert said in shown.words


def test_a_calendar_that_is_not_well_says_what_to_do(pages: Pages) -> None:
    pages.world.now += timedelta(hours=1)
    shown = pages.signed_in().get("/health")
    assert "Something needs you" in shown.words
    assert "Too old" in shown.words
    assert "Not read for longer than stale_after" in shown.words


def test_a_failed_delivery_is_retried_or_given_up(pages: Pages) -> None:
    pages.world.plan()
    with pages.world.store.writing() as tx:
        tx.exec_driver_sql(
            "UPDATE deliveries SET state = 'failed', attempts = 7, error = 'no right to write', hint = 'give it'"
        )
    visitor = pages.signed_in()
    shown = visitor.get("/health")
    for said in ("Something needs you", "Calendar of anna", "7 tries", "no right to write", "give it"):
        assert said in shown.words
    again = visitor.send(shown, "/health/delivery", {"do": "retry"})
    assert "It is tried again now." in again.words
    assert visitor.send(shown, "/health/delivery", {"do": "abandon"}).status == 200
    (delivery,) = story(pages.world.ctx, "m1").deliveries
    assert delivery.state == "abandoned"
    assert visitor.send(shown, "/health/delivery", {"do": "nonsense"}).status == 422
    assert visitor.send(shown, "/health/delivery", {"do": "retry", "delivery": "99"}).status == 404


def moved(pages: Pages) -> None:
    """The agent moves our event by two hours."""
    pages.world.plan()
    (text,), (href,) = pages.world.ours("anna"), pages.world.server.hrefs(pages.world.work("anna"))
    later = text.replace("T120000", "T140000").replace("T110000", "T130000")
    pages.world.server.store(pages.world.work("anna"), href.rpartition("/")[2].removesuffix(".ics"), later)
    pages.world.sync("anna")


def test_drift_is_accepted_or_restored(pages: Pages) -> None:
    moved(pages)
    visitor = pages.signed_in()
    shown = visitor.get("/health")
    for said in (
        "Changed by their agents",
        "Mortgage talk",
        "moved",
        "the meeting: Mon 2 Mar 2026, 11:00\u201312:00",
        "in the calendar: Mon 2 Mar 2026, 13:00\u201314:00",
    ):
        assert said in shown.words
    assert visitor.send(shown, "/health/drift", {"do": "nonsense"}).status == 422
    done = visitor.send(shown, "/health/drift", {"do": "accept"})
    assert "taken for what is meant" in done.words
    meeting = story(pages.world.ctx, "m1").meeting
    assert (meeting.start, meeting.version) == (TEN + 2 * HOUR, 2)
    assert story(pages.world.ctx, "m1").changes[-1].by == "token 1"


def test_drift_is_restored(pages: Pages) -> None:
    moved(pages)
    visitor = pages.signed_in()
    done = visitor.send(visitor.get("/health"), "/health/drift", {"do": "restore"})
    assert "put back as the meeting stands" in done.words
    pages.world.deliver()
    assert "T110000" in pages.world.ours("anna")[0]


def test_meetings_without_an_agent_are_listed_to_be_assigned(pages: Pages) -> None:
    pages.world.plan(agent="cleo")
    text = (pages.world.folder / "config.toml").read_text()
    pages.world.configure(text.partition('\n[[agents]]\nid = "cleo"')[0])
    visitor = pages.signed_in()
    shown = visitor.get("/health")
    assert "Without an agent" in shown.words
    assert "/meeting/assign?id=m1" in shown.links()
    assert "Now with cleo" in visitor.get("/meeting/assign?id=m1").words
    assert visitor.get("/meeting?id=m1").status == 200


def test_the_first_sync_shows_how_far_it_is(pages: Pages) -> None:
    with pages.world.store.writing() as tx:
        tx.exec_driver_sql("UPDATE calendars SET state = 'never-seen', seen_at = NULL")
    shown = pages.signed_in().get("/health")
    assert "Reading for the first time: 0 of 3 calendars" in shown.words
