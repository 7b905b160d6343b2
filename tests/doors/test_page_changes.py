"""Inviting, rescheduling, cancelling and handing over by forms: the same changes as by command, with the same refusals."""

from datetime import timedelta

from pages import Pages, Shown, Visitor
from stores import sqlite_only
from worlds import ELEVEN, TEN

from store.model import Meeting, MeetingStatus
from syncd.actions import changes
from syncd.actions.blocking import add_block
from syncd.actions.look import story

pytestmark = sqlite_only

DAY = timedelta(days=1)


def now(pages: Pages) -> Meeting:
    """The meeting as it stands."""
    return story(pages.world.ctx, "m1").meeting


def change(visitor: Visitor, what: str, **filled: str) -> Shown:
    """Open the form of a change and send it, filled in."""
    path = f"/meeting/{what}"
    return visitor.send(visitor.get(f"{path}?id=m1"), path, filled)


# ---------------------------------------------------------------------------------------------------------------------
# Invite, reschedule, cancel


def test_a_guest_is_invited_once_and_the_journal_says_by_whom(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    shown = change(visitor, "invite", name="Eva Jansen", email="eva@example.org", language="nl")
    assert "The guest is invited." in shown.words
    assert shown.path == "/meeting?id=m1&done=invite"
    (eva,) = [one for one in now(pages).guests if one.email == "eva@example.org"]
    assert (eva.name, eva.language) == ("Eva Jansen", "nl")
    assert story(pages.world.ctx, "m1").changes[-1].by == "token 1"
    again = change(visitor, "invite", name="Eva Jansen", email="EVA@example.org")
    assert "Nothing changed" in again.words
    assert len(now(pages).guests) == 2


def test_a_wrong_address_is_told_and_everything_stays_filled_in(pages: Pages) -> None:
    pages.world.plan()
    shown = change(pages.signed_in(), "invite", name="Eva <x> Jansen", email="not an address")
    assert shown.status == 422
    assert "not a mail address" in shown.words
    form = shown.form("/meeting/invite")
    assert (form["name"], form["email"]) == ("Eva <x> Jansen", "not an address")
    assert shown.tree.xpath("//*[@role='alert']")
    assert len(now(pages).guests) == 1


def test_rescheduling_is_by_the_visitors_clocks_and_keeps_the_length(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    form = visitor.get("/meeting/reschedule?id=m1").form("/meeting/reschedule")
    assert (form["start"], form["end"]) == ("2026-03-02T11:00", "")
    shown = change(visitor, "reschedule", start="2026-03-03T14:30", reason="Anna is ill")
    assert "Tue 3 Mar 2026, 14:30\u201315:30" in shown.words
    assert now(pages).start == TEN + DAY + timedelta(hours=3, minutes=30)
    longer = change(
        visitor, "reschedule", start="2026-03-03T14:30", end="2026-03-03T16:00", reason="More to say"
    )
    assert "14:30\u201316:00" in longer.words


def test_a_reason_is_needed_and_a_time_that_exists(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    for filled, said in (
        ({"start": "2026-03-03T14:30", "reason": " "}, "a reason is needed"),
        ({"start": "", "reason": "x"}, "is not a time"),
        ({"start": "nonsense", "reason": "x"}, "is not a time"),
        ({"start": "2026-03-29T02:30", "reason": "x"}, "the clocks are set forward over it"),
        ({"start": "2026-03-03T14:30", "end": "2026-03-03T14:00", "reason": "x"}, "the end is not after the start"),
        ({"start": "2026-02-03T14:30", "reason": "x"}, "has already passed"),
        ({"start": "2026-03-03T14:30", "reason": "x" * 1001}, "longer than 1000"),
        ({"start": "2026-03-03T14:30", "reason": "x" * 4001}, "longer than 4000"),
    ):  # fmt: skip
        shown = change(visitor, "reschedule", **filled)
        assert shown.status in (409, 422), filled
        assert said in shown.words
    assert now(pages).version == 1


def test_a_meeting_is_called_off_by_the_guest_or_the_agent(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    assert change(visitor, "cancel", by="nobody", reason="x").status == 422
    shown = change(visitor, "cancel", by="guest", reason="Found another bank")
    assert "The meeting is cancelled." in shown.words
    assert "the guest" in shown.words
    assert (now(pages).status, now(pages).cancelled_by) == (MeetingStatus.CANCELLED, "guest")
    pages.world.deliver()
    assert pages.world.ours("anna") == []


def test_who_was_slower_changes_nothing_and_is_told(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    forms = {what: visitor.get(f"/meeting/{what}?id=m1") for what in ("invite", "reschedule", "cancel")}
    preview = visitor.get("/meeting/assign?id=m1&to=ben")
    pages.world.accept(changes.reschedule("m1", TEN + DAY, None, "faster", by="other"))
    filled = {"email": "e@example.org", "start": "2026-03-04T10:00", "reason": "slower"}
    for what, form in forms.items():
        shown = visitor.send(
            form,
            f"/meeting/{what}",
            {name: filled[name] for name in form.form(f"/meeting/{what}") if name in filled},
        )
        assert (shown.status, "someone was faster" in shown.words) == (412, True)
    assert visitor.send(preview, "/meeting/assign").status == 412
    assert (now(pages).version, now(pages).reason) == (2, "faster")


def test_a_form_without_its_version_is_refused(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    for version in ("", "0", "x", "-1", "1e3"):
        assert change(visitor, "cancel", reason="x", version=version).status in (412, 422)
    assert now(pages).version == 1


def test_the_form_of_what_can_not_be_done_says_why(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    form = visitor.get("/meeting/reschedule?id=m1")
    pages.world.accept(changes.set_status("m1", MeetingStatus.LIVE, by="test"))
    for what in ("invite", "reschedule", "assign"):
        shown = visitor.get(f"/meeting/{what}?id=m1")
        assert "The agent is in the conversation." in shown.words
        assert not [one for one in shown.tree.forms if one.get("action") == f"/meeting/{what}"]
    late = visitor.send(form, "/meeting/reschedule", {"start": "2026-03-03T10:00", "reason": "x"})
    assert late.status in (409, 412)


def test_who_may_only_look_changes_nothing(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in("read")
    mark = visitor.get("/").form("/sign-out")["mark"]
    for path in (
        "/meeting/invite",
        "/meeting/cancel",
        "/meeting/assign",
        "/person/block",
        "/health/delivery",
    ):
        shown = visitor.post(
            path, {"mark": mark, "id": "m1", "version": "1", "reason": "x", "by": "agent", "to": "ben"}
        )
        assert (shown.status, "this needs write" in shown.words) == (403, True)
    assert now(pages).version == 1


# ---------------------------------------------------------------------------------------------------------------------
# Assign


def people(shown: Shown) -> dict[str, str]:
    """Who could take it: the badge behind each name, in the order of the list."""
    rows = shown.tree.xpath("//li[contains(@class, 'candidate')]")
    return {
        row.xpath(".//strong")[0].text_content(): row.xpath(".//span[contains(@class, 'mark')]")[
            0
        ].text_content()
        for row in rows
    }


def test_everybody_is_shown_with_mark_reasons_load_and_day(pages: Pages) -> None:
    pages.world.plan()
    pages.world.enter("ben", "dentist", TEN, ELEVEN)
    pages.world.sync("ben")
    shown = pages.signed_in().get("/meeting/assign?id=m1")
    assert people(shown) == {"anna": "available", "cleo": "available", "ben": "not available"}
    assert "busy in the calendar Work" in shown.words
    assert "has it now" in shown.words
    assert "1 meeting that day" in shown.words
    assert "private matter" not in shown.text
    pictures = shown.tree.xpath("//*[local-name()='svg' and @role='img']")
    assert [one.get("aria-label") for one in pictures] == [
        "The day of anna: free",
        "The day of cleo: free",
        "The day of ben: 11:00\u201312:00 busy: Work",
    ]
    assert "/meeting/assign?id=m1&to=ben" in shown.links()
    assert "/meeting/assign?id=m1&to=anna" not in shown.links()


def test_what_is_not_known_says_since_when(pages: Pages) -> None:
    pages.world.plan(start=TEN + DAY, end=ELEVEN + DAY)
    pages.world.now += timedelta(hours=2)
    marks = people(pages.signed_in().get("/meeting/assign?id=m1"))
    assert marks["ben"] == "unknown since Mon 2 Mar, 09:00"


def test_people_are_found_by_name_and_shown_a_few_at_a_time(pages: Pages) -> None:
    one = '\n[[agents]]\nid = "a{n:03}"\nname = "Agent Number {n}"\nemail = "a{n}@example.com"\n'
    text = (pages.world.folder / "config.toml").read_text()
    pages.world.configure(text + "".join(one.format(n=number) for number in range(300)))
    pages.world.plan()
    visitor = pages.signed_in()
    shown = visitor.get("/meeting/assign?id=m1")
    assert len(people(shown)) == 25
    assert "25 of 303 shown" in shown.words
    assert len(people(visitor.get("/meeting/assign?id=m1&limit=50"))) == 50
    assert len(people(visitor.get("/meeting/assign?id=m1&limit=99999"))) == 200
    assert list(people(visitor.get("/meeting/assign?id=m1&q=number+299"))) == ["Agent Number 299"]
    assert "Nobody of that name" in visitor.get("/meeting/assign?id=m1&q=nobody").words


def test_the_preview_says_what_will_follow_and_does_nothing(pages: Pages) -> None:
    pages.world.plan()
    shown = pages.signed_in().get("/meeting/assign?id=m1&to=ben")
    for said in (
        "Hand it over to ben?",
        "Into the calendar Work of ben: the meeting",
        "Out of the calendar Work of anna",
    ):
        assert said in shown.words
    assert "not available" not in shown.words
    assert now(pages).agent == "anna"
    same = pages.signed_in().get("/meeting/assign?id=m1&to=anna")
    assert "anna has it already" in same.words


def test_handing_over_is_confirmed_and_moves_the_event(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    shown = visitor.send(visitor.get("/meeting/assign?id=m1&to=ben"), "/meeting/assign")
    assert "The meeting is handed over." in shown.words
    assert now(pages).agent == "ben"
    pages.world.deliver()
    assert (len(pages.world.ours("ben")), pages.world.ours("anna")) == (1, [])
    assert now(pages).overrides == ()


def test_who_is_not_available_is_chosen_only_when_it_is_meant_and_that_is_kept(pages: Pages) -> None:
    pages.world.plan()
    pages.world.enter("ben", "dentist", TEN, ELEVEN)
    pages.world.sync("ben")
    visitor = pages.signed_in()
    preview = visitor.get("/meeting/assign?id=m1&to=ben")
    assert "ben is not available at that time" in preview.words
    refused = visitor.post(
        "/meeting/assign",
        {name: value for name, value in preview.form("/meeting/assign").items() if name != "anyway"},
    )
    assert (refused.status, now(pages).agent) == (409, "anna")
    assert "ben is not available at that time" in refused.words
    visitor.send(refused, "/meeting/assign", {"anyway": "yes"})
    (override,) = now(pages).overrides
    assert (now(pages).agent, override.agent, override.by) == ("ben", "ben", "token 1")
    assert override.reasons[0]["kind"] == "calendar"


def test_a_mark_that_came_up_meanwhile_is_asked_about_too(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    preview = visitor.get("/meeting/assign?id=m1&to=ben")
    add_block(pages.world.ctx, "agent:ben", "Dentist", TEN, ELEVEN, "UTC", repeat=None, until=None, by="ben")
    shown = visitor.send(preview, "/meeting/assign")
    assert (shown.status, now(pages).agent) == (409, "anna")
    assert "blocked, Dentist" in shown.words


def test_nobody_is_chosen_who_is_not_there_or_not_active(pages: Pages) -> None:
    text = (pages.world.folder / "config.toml").read_text()
    pages.world.configure(text.replace('id = "cleo"\n', 'id = "cleo"\nactive = false\n'))
    pages.world.plan()
    visitor = pages.signed_in()
    assert visitor.get("/meeting/assign?id=m1&to=nobody").status == 404
    assert "not active" in visitor.get("/meeting/assign?id=m1&to=cleo").words
    form = visitor.get("/meeting/assign?id=m1&to=ben").form("/meeting/assign")
    assert visitor.post("/meeting/assign", {**form, "to": "nobody"}).status == 404
    assert visitor.post("/meeting/assign", {**form, "to": "cleo"}).status == 409
    assert now(pages).agent == "anna"


def test_an_agent_hands_over_what_is_theirs_and_learns_no_more_than_times(pages: Pages) -> None:
    pages.world.plan()
    pages.world.plan("m2", "ben", title="Divorce of the Visser family")
    pages.world.enter("ben", "dentist", TEN, ELEVEN)
    pages.world.sync("ben")
    anna = pages.signed_in(agent="anna")
    shown = anna.get("/meeting/assign?id=m1")
    assert people(shown)["ben"] == "not available"
    preview = anna.get("/meeting/assign?id=m1&to=ben")
    for page in (shown, preview):
        assert "another meeting" in page.words
        assert not any(word in page.words for word in ("Divorce", "m2", "in the calendar Work"))
    done = anna.send(preview, "/meeting/assign", {"anyway": "yes"})
    assert (done.status, done.path) == (200, "/?done=assign")
    assert now(pages).agent == "ben"
    assert anna.get("/meeting?id=m1").status == 404


def test_a_meeting_across_midnight_is_drawn_over_both_days(pages: Pages) -> None:
    late = TEN.replace(hour=22, minute=30)
    pages.world.plan(start=late, end=late + timedelta(hours=1))
    shown = pages.signed_in().get("/meeting/assign?id=m1")
    (slot, *_) = shown.tree.xpath("//*[local-name()='svg' and @role='img']//*[@class='slot']")
    assert (slot.get("x"), slot.get("width")) == ("48.958%", "2.083%")


def test_the_agents_own_event_of_the_meeting_is_not_in_its_way(pages: Pages) -> None:
    pages.world.plan()
    pages.world.sync("anna")
    assert people(pages.signed_in().get("/meeting/assign?id=m1"))["anna"] == "available"


def test_the_menu_of_somebody_elses_old_page_meets_the_rules(pages: Pages) -> None:
    pages.world.plan()
    visitor = pages.signed_in()
    preview = visitor.get("/meeting/assign?id=m1&to=ben")
    pages.world.accept(changes.cancel("m1", "ill", "agent", by="test"))
    shown = visitor.send(preview, "/meeting/assign")
    assert shown.status == 412
    assert now(pages).status is MeetingStatus.CANCELLED
