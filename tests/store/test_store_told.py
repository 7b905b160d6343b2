"""What people were told: the newest stays, and who awaits a reminder is found by the meeting's own start."""

from dataclasses import replace

from store_things import HOUR, NOW, SECOND, meeting, plan_meeting

from store import meetings, told
from store.database import Store
from store.model import MeetingStatus, Told

GERDA = Told("m1", "guest", "gerda@example.org", 2, "planned", "anna", NOW + HOUR, NOW + 2 * HOUR, NOW)
ANNA = replace(GERDA, role="agent", who="anna")


def keep(store: Store, *those: Told) -> list[Told]:
    with store.writing() as tx:
        for one in those:
            told.save(tx, one)
        return told.told_of(tx, "m1")


def test_the_newest_stays_whoever_comes_last(store: Store) -> None:
    plan_meeting(store)
    moved = replace(GERDA, version=3, notice="rescheduled", start=NOW + 3 * HOUR)
    assert keep(store, GERDA, ANNA, moved) == [ANNA, moved]
    assert keep(store, GERDA) == [ANNA, moved]


def test_a_reminder_is_awaited_until_it_is_noted(store: Store) -> None:
    plan_meeting(store)
    keep(store, GERDA, ANNA)
    with store.writing() as tx:
        assert told.awaiting_reminder(tx, NOW, NOW + HOUR - SECOND) == []
        assert told.awaiting_reminder(tx, NOW + HOUR, NOW + 2 * HOUR) == []
        assert told.awaiting_reminder(tx, NOW, NOW + HOUR) == [ANNA, GERDA]
        assert told.remind(tx, GERDA)
        assert not told.remind(tx, GERDA)
        assert not told.remind(tx, replace(ANNA, version=1)), "told anew meanwhile"
        assert told.awaiting_reminder(tx, NOW, NOW + HOUR) == [ANNA]


def test_who_was_told_another_start_awaits_no_reminder_and_nobody_does_of_a_meeting_that_is_off(
    store: Store,
) -> None:
    plan_meeting(store)
    keep(store, replace(GERDA, start=NOW + 5 * HOUR), ANNA)
    with store.writing() as tx:
        assert told.awaiting_reminder(tx, NOW, NOW + HOUR) == [ANNA]
        meetings.update(tx, meeting(version=2, status=MeetingStatus.CANCELLED))
        assert told.awaiting_reminder(tx, NOW, NOW + HOUR) == []


def test_a_mail_that_was_begun_is_known_until_it_is_known_what_became_of_it(store: Store) -> None:
    plan_meeting(store)
    later = replace(GERDA, version=3, notice="rescheduled", start=NOW + 3 * HOUR)
    with store.writing() as tx:
        told.begin(tx, GERDA)
        told.begin(tx, ANNA)
        told.begin(tx, later)
        assert told.half_told_of(tx, "m1") == [ANNA, later]
        told.end(tx, GERDA)
        assert told.half_told_of(tx, "m1") == [ANNA, later], "one that was begun after it may still go out"
        told.end(tx, later)
        assert told.half_told_of(tx, "m1") == [ANNA]
        assert told.told_of(tx, "m1") == []
