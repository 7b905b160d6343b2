"""The list of meetings: by day, in the visitor's zone, found by words and filters, a page at a time, each with its menu."""

from datetime import timedelta

from pages import Pages, Shown
from stores import sqlite_only
from worlds import ELEVEN, TEN, World

from store import meetings
from store.model import Guest, Meeting, MeetingStatus
from syncd.actions import changes

pytestmark = sqlite_only

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def titles(shown: Shown) -> list[str]:
    """The meetings of the list, in its order."""
    return [one.text_content() for one in shown.tree.xpath("//p[@class='what']/a")]


def menu(shown: Shown, title: str) -> dict[str, str]:
    """The lines of a meeting's menu: where each leads, or why it can't be chosen."""
    (found,) = shown.tree.xpath(f"//details[summary[@aria-label='Actions for {title}']]")
    lines = {}
    for one in found.xpath(".//li"):
        (inner,) = one.xpath("a | span")
        label = (inner.text or "").strip()
        lines[label] = inner.get("href") or inner.xpath("small")[0].text
    return lines


def test_nothing_planned_says_what_to_do(pages: Pages) -> None:
    assert "No meetings from today on" in pages.signed_in().get("/").words


def test_a_meeting_is_shown_with_all_that_a_row_has(pages: Pages) -> None:
    pages.world.plan()
    words = pages.signed_in().get("/").words
    assert "Today, Monday 2 March" in words
    for said in ("11:00\u201312:00", "Mortgage talk", "with Gerda Guest", "anna", "Scheduled", "Delivered"):
        assert said in words
    assert "Times are in Europe/Amsterdam" in pages.signed_in().get("/").text


def test_an_agents_times_are_by_the_agents_own_clocks(pages: Pages) -> None:
    text = (pages.world.folder / "config.toml").read_text()
    pages.world.configure(text.replace('id = "anna"\n', 'id = "anna"\ntimezone = "America/New_York"\n'))
    pages.world.plan()
    assert "05:00\u201306:00" in pages.signed_in(agent="anna").get("/").words
    assert "11:00\u201312:00" in pages.signed_in().get("/").words


def test_what_is_owed_is_told_by_the_worst_of_it(pages: Pages) -> None:
    pages.world.accept(changes.plan(meeting_at(TEN), by="test"))
    visitor = pages.signed_in()
    assert "On its way" in visitor.get("/").words
    pages.world.deliver()
    assert "Delivered" in visitor.get("/").words


def meeting_at(start, name: str = "m1", agent: str = "anna", title: str = "Mortgage talk", **more) -> Meeting:
    return Meeting(name, 1, MeetingStatus.SCHEDULED, agent, start, start + HOUR, title, **more)


def keep(world: World, *wanted: Meeting) -> None:
    """Put meetings into the store as they are."""
    with world.store.writing() as tx:
        for one in wanted:
            meetings.insert(tx, one)


def test_filters_narrow_by_words_status_day_and_agent(pages: Pages) -> None:
    keep(
        pages.world,
        meeting_at(TEN, "a", title="First advice", guests=(Guest("Eva Jansen", "eva@example.org"),)),
        meeting_at(TEN + DAY, "b", "ben", title="Second advice"),
        Meeting("c", 1, MeetingStatus.CANCELLED, "anna", TEN + DAY, ELEVEN + DAY, "Third talk"),
        meeting_at(TEN - 2 * DAY, "d", title="Long over"),
    )
    visitor = pages.signed_in()
    assert titles(visitor.get("/")) == ["First advice", "Second advice", "Third talk"]
    assert titles(visitor.get("/?view=all")) == ["Long over", "First advice", "Second advice", "Third talk"]
    assert titles(visitor.get("/?q=ADVICE")) == ["First advice", "Second advice"]
    assert titles(visitor.get("/?q=jansen+first")) == ["First advice"]
    assert titles(visitor.get("/?q=eva@example")) == ["First advice"]
    assert titles(visitor.get("/?q=ben")) == ["Second advice"]
    assert titles(visitor.get("/?status=cancelled")) == ["Third talk"]
    assert titles(visitor.get("/?day=2026-03-03")) == ["Second advice", "Third talk"]
    assert titles(visitor.get("/?day=2026-02-28")) == ["Long over"]
    only = visitor.get("/?agent=ben")
    assert titles(only) == ["Second advice"]
    assert "Meetings of ben" in only.words
    assert "No meeting is like that" in visitor.get("/?q=nothing").words
    assert titles(visitor.get("/?status=nonsense&day=nonsense&view=nonsense")) == titles(visitor.get("/"))


def test_a_form_of_filters_keeps_what_was_asked_for(pages: Pages) -> None:
    pages.world.plan()
    form = pages.signed_in().get("/?view=all&agent=anna&q=talk&status=scheduled&day=2026-03-02").form("/")
    assert form == {"view": "all", "agent": "anna", "q": "talk", "status": "scheduled", "day": "2026-03-02"}


def test_an_agent_sees_the_agents_own_meetings_alone(pages: Pages) -> None:
    keep(pages.world, meeting_at(TEN, "a", title="Mine"), meeting_at(TEN, "b", "ben", title="Not mine"))
    visitor = pages.signed_in(agent="anna")
    for path in ("/", "/?agent=ben", "/?q=mine", "/?view=all&agent=ben"):
        assert titles(visitor.get(path)) == ["Mine"]
    for path in ("/meeting?id=b", "/meeting/cancel?id=b", "/meeting/assign?id=b"):
        shown = visitor.get(path)
        assert (shown.status, "there is no meeting 'b'" in shown.words) == (404, True)


def test_thousands_of_meetings_come_a_page_at_a_time(pages: Pages) -> None:
    many = [
        meeting_at(TEN + number * timedelta(minutes=7), f"m{number:04}", title=f"Talk {number:04}")
        for number in range(1200)
    ]
    keep(pages.world, *many)
    visitor = pages.signed_in()
    shown, seen = visitor.get("/"), 0
    while True:
        seen += len(titles(shown))
        (later,) = shown.tree.xpath("//nav[@class='paging']/a[contains(., 'Later')]/@href") or [None]
        if later is None:
            break
        shown = visitor.get(later)
    assert seen == 1200
    assert len(titles(visitor.get("/"))) == 50
    assert titles(visitor.get("/?q=1199")) == ["Talk 1199"]
    assert (
        titles(visitor.get("/?after=nonsense"))
        == titles(visitor.get("/?after=%7C"))
        == titles(visitor.get("/"))
    )


# ---------------------------------------------------------------------------------------------------------------------
# The menu


def test_the_menu_of_a_coming_meeting_leads_to_its_four_changes(pages: Pages) -> None:
    pages.world.plan()
    assert menu(pages.signed_in().get("/"), "Mortgage talk") == {
        "Invite new guest": "/meeting/invite?id=m1", "Reschedule": "/meeting/reschedule?id=m1",
        "Cancel": "/meeting/cancel?id=m1", "Assign to someone else": "/meeting/assign?id=m1",
    }  # fmt: skip


def test_a_live_meeting_can_only_be_cancelled_and_says_why(pages: Pages) -> None:
    pages.world.plan()
    pages.world.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    shown = menu(pages.signed_in().get("/"), "Mortgage talk")
    why = "The agent is in the conversation"
    assert shown == {
        "Invite new guest": why,
        "Reschedule": why,
        "Cancel": "/meeting/cancel?id=m1",
        "Assign to someone else": why,
    }


def test_nothing_can_be_done_to_what_is_over(pages: Pages) -> None:
    pages.world.plan()
    pages.world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    assert set(menu(pages.signed_in().get("/"), "Mortgage talk").values()) == {"It is over"}


def test_who_may_only_look_is_told_so(pages: Pages) -> None:
    pages.world.plan()
    assert set(menu(pages.signed_in("read").get("/"), "Mortgage talk").values()) == {
        "Your token may only look"
    }


# ---------------------------------------------------------------------------------------------------------------------
# One meeting


def test_a_meeting_tells_its_whole_story(pages: Pages) -> None:
    link = "https://meet.example.com/m1"
    pages.world.plan(link=link, agent_link=f"{link}?agent={{agent}}", group="advice")
    pages.world.enter("ben", "dentist", TEN, ELEVEN)
    pages.world.sync("ben")
    pages.world.assign("ben")
    pages.world.accept(changes.reschedule("m1", TEN + DAY, None, "Ben is at the dentist's", by="jan"))
    pages.world.deliver()
    shown = pages.signed_in().get("/meeting?id=m1")
    for said in (
        "Tue 3 Mar 2026, 11:00\u201312:00", "1 h", "Gerda Guest", "gerda@example.org", "version 3", "Ben is at the dentist's",
        "Planned", "agent: anna", "Assigned", "to: ben", "Rescheduled", "jan", "Chosen although not available",
        "busy in the calendar Work", "Calendar of ben: show the meeting", "Calendar of anna: take the meeting out",
        "Written into the calendar Work of ben, Tue 3 Mar, 11:00\u201312:00", "Taken out of the calendar Work of anna",
        "delivered Mon 2 Mar",
    ):  # fmt: skip
        assert said in shown.words, said
    assert link in shown.links()
    assert not any("{agent}" in one for one in shown.links())
    assert "A private matter" not in shown.text


def test_the_story_says_who_was_invited_and_each_calendar_stands_there_once(pages: Pages) -> None:
    pages.world.plan()
    for guest, instead in (
        (Guest("Eva Jansen", "eva@example.org"), None),
        (Guest("", "e.jansen@example.org"), "eva@example.org"),
    ):
        pages.world.accept(changes.invite("m1", guest, by="jan", instead_of=instead))
        pages.world.deliver()
    shown = pages.signed_in().get("/meeting?id=m1")
    assert "guest: Eva Jansen" in shown.words
    assert "guest: e.jansen@example.org" in shown.words
    assert "instead of: eva@example.org" in shown.words
    assert shown.words.count("Calendar of anna: show the meeting") == 1
    assert shown.words.count("Written into the calendar Work of anna") == 3


def test_what_came_in_its_way_is_told_with_who_could_take_it(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    assert "came in its way" not in visitor.get("/meeting?id=m1").words
    pages.world.enter("anna", "dentist", TEN, ELEVEN)
    pages.world.sync("anna")
    shown = visitor.get("/meeting?id=m1")
    for said in (
        "Something came in its way",
        "busy in the calendar Work",
        "Who could take it instead: ben, cleo",
    ):
        assert said in shown.words, said
    assert "/meeting/assign?id=m1&to=ben" in shown.links()
    assert "Something came in their way" in visitor.get("/health").words
    assert "/meeting?id=m1" in visitor.get("/health").links()
    assert "A private matter" not in shown.text


def test_a_meeting_nobody_planned_is_not_there(pages: Pages) -> None:
    for path in ("/meeting", "/meeting?id=nothing", "/meeting/invite?id=", "/meeting/assign?id=%2F..%2F"):
        assert pages.signed_in().get(path).status == 404


def test_an_id_may_be_anything_that_can_be_printed(pages: Pages) -> None:
    name = "a/../b?c&d=e #\u00fc"
    pages.world.plan(name)
    visitor = pages.signed_in()
    (link,) = visitor.get("/").tree.xpath("//p[@class='what']/a/@href")
    shown = visitor.get(link)
    assert "Mortgage talk" in shown.words
    done = visitor.send(
        visitor.get(menu(visitor.get("/"), "Mortgage talk")["Cancel"]), "/meeting/cancel", {"reason": "ill"}
    )
    assert "The meeting is cancelled." in done.words
