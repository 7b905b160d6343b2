"""What is owed and what stands where: one thing owed to a calendar at a time, outcomes saved by their worker alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy.exc import IntegrityError
from store_things import ANNAS, HOUR, NOW, SECOND, copy, delivery, plan_meeting
from stores import postgresql_only

from store import copies, deliveries, due, meetings
from store.database import Store, Tx, open_store, serialise
from store.deliveries import Backlog
from store.errors import Fenced, StoreUnavailable
from store.model import Delivery, Place, Target


@pytest.fixture
def meeting(store: Store) -> str:
    return plan_meeting(store).id


def owe(store: Store, *rows: Delivery) -> list[Delivery]:
    with store.writing() as tx:
        return [deliveries.owe(tx, row) for row in rows]


def test_a_delivery_comes_back_as_owed(store: Store, meeting: str) -> None:
    full = delivery(
        target="mail", who="anna", guest="zoe@example.com", calendar=None, kind="invitation", state="failed", attempts=3,
        failures=2, epoch=4, leased_until=NOW + SECOND, error="refused", hint="look",
    )  # fmt: skip
    first, second = owe(store, delivery(), full)
    assert (first, second) == (delivery(id=first.id), replace(full, id=second.id))
    with store.reading() as tx:
        assert deliveries.delivery(tx, second.id) == second
        assert deliveries.deliveries(tx) == [first, second]
        assert deliveries.delivery(tx, 999) is None


def test_a_calendar_is_owed_one_thing_at_a_time(store: Store, meeting: str) -> None:
    owe(
        store,
        delivery(),
        delivery(who="ben"),
        delivery(target="mail"),
        delivery(target="mail"),
        delivery(state="delivered"),
    )
    for state in ("pending", "failed"):
        with pytest.raises(IntegrityError):
            owe(store, delivery(state=state))


def test_superseding_ends_what_was_owed_there_and_only_that(store: Store, meeting: str) -> None:
    rows = owe(
        store,
        delivery(state="delivered"),
        delivery(state="failed"),
        delivery(who="ben"),
        delivery(target="mail"),
    )
    with store.writing() as tx:
        assert deliveries.supersede(tx, ANNAS) == (0, None)
        assert [one.state for one in deliveries.deliveries(tx)] == [
            "delivered",
            "superseded",
            "pending",
            "pending",
        ]
        assert deliveries.supersede(tx, Target("m1", "calendar", "nobody")) == (0, None)
        assert deliveries.delivery(tx, rows[1].id) == replace(rows[1], state="superseded")


def test_a_successor_inherits_from_the_newest_row_in_whatever_state(store: Store, meeting: str) -> None:
    owe(store, delivery(state="superseded", epoch=9), delivery(state="delivered", epoch=5, leased_until=NOW))
    with store.writing() as tx:
        assert deliveries.supersede(tx, ANNAS) == (5, NOW)


def test_deliveries_are_listed_by_meeting_and_state_in_pages(store: Store, meeting: str) -> None:
    plan_meeting(store, "m2")
    rows = owe(
        store,
        delivery(),
        delivery(state="delivered"),
        delivery("m2", state="failed"),
        delivery("m2", "ben"),
        delivery(who="ben"),
    )

    def found(**how: object) -> list[Delivery]:
        with store.reading() as tx:
            return deliveries.deliveries(tx, **how)

    assert found(meeting="m2") == rows[2:4]
    assert found(states=["failed", "delivered"]) == rows[1:3]
    assert found(states=[]) == []
    assert found(limit=2) == rows[:2]
    assert found(after=rows[1].id, limit=2) == rows[2:4]
    assert found(after=rows[0].id, meeting="m1", states=("pending",)) == rows[4:]


# ---------------------------------------------------------------------------------------------------------------------
# What became of it


def test_an_outcome_is_saved_and_the_lease_given_back(store: Store, meeting: str) -> None:
    owe(store, delivery())
    with store.writing() as tx:
        (claimed,) = due.claim_deliveries(tx, NOW)
        outcome = replace(
            claimed,
            state="failed",
            attempts=1,
            failures=1,
            due_at=NOW + HOUR,
            error="down",
            hint="wait",
            kind="x",
            version=9,
        )
        deliveries.save(tx, outcome)
        saved = deliveries.delivery(tx, claimed.id)
    assert saved == replace(outcome, leased_until=None)


def test_only_its_worker_saves_an_outcome(store: Store, meeting: str) -> None:
    owe(store, delivery())
    with store.writing() as tx:
        (zombie,) = due.claim_deliveries(tx, NOW)
        (holder,) = due.claim_deliveries(tx, NOW + due.LEASE)
        with pytest.raises(Fenced):
            deliveries.save(tx, replace(zombie, state="delivered"))
        assert deliveries.delivery(tx, holder.id) == holder


@pytest.mark.parametrize("state", ["superseded", "abandoned"])
def test_what_is_no_longer_wanted_has_no_outcome(store: Store, meeting: str, state: str) -> None:
    (row,) = owe(store, delivery(state=state))
    with store.writing() as tx:
        with pytest.raises(Fenced):
            deliveries.save(tx, replace(row, state="delivered"))
        assert deliveries.delivery(tx, row.id) == row


def test_waking_makes_the_meetings_waiting_deliveries_due(store: Store, meeting: str) -> None:
    plan_meeting(store, "m2")
    later = NOW + HOUR
    rows = owe(
        store, delivery(due_at=later), delivery(who="ben", due_at=NOW - SECOND), delivery(who="cleo", due_at=later, state="failed"),
        delivery(who="dirk", due_at=later, state="delivered"), delivery("m2", due_at=later),
    )  # fmt: skip
    with store.writing() as tx:
        deliveries.wake(tx, "m1", NOW)
        assert deliveries.deliveries(tx) == [replace(rows[0], due_at=NOW), *rows[1:]]


@pytest.mark.parametrize(
    ("state", "again"),
    [("pending", True), ("failed", True), ("abandoned", True), ("delivered", False), ("superseded", False)],
)
def test_what_can_be_tried_again_is_due_now(store: Store, meeting: str, state: str, again: bool) -> None:
    (row,) = owe(store, delivery(state=state, failures=7, due_at=NOW + HOUR, epoch=3))
    with store.writing() as tx:
        assert deliveries.retry(tx, row.id, NOW) is again
        expected = replace(row, state="pending", failures=0, due_at=NOW) if again else row
        assert deliveries.delivery(tx, row.id) == expected
        assert deliveries.retry(tx, 999, NOW) is False


def test_what_was_given_up_is_not_tried_again_once_something_newer_is_owed(
    store: Store, meeting: str
) -> None:
    old, _newer = owe(store, delivery(state="abandoned"), delivery(version=2))
    with store.writing() as tx:
        assert deliveries.retry(tx, old.id, NOW) is False
        assert deliveries.delivery(tx, old.id) == old


@pytest.mark.parametrize(
    ("state", "given_up"),
    [("pending", True), ("failed", True), ("abandoned", False), ("delivered", False), ("superseded", False)],
)
def test_only_what_is_owed_can_be_given_up(store: Store, meeting: str, state: str, given_up: bool) -> None:
    (row,) = owe(store, delivery(state=state))
    with store.writing() as tx:
        assert deliveries.abandon(tx, row.id) is given_up
        assert deliveries.delivery(tx, row.id) == (replace(row, state="abandoned") if given_up else row)
        assert deliveries.abandon(tx, 999) is False


def test_the_backlog_counts_what_is_owed_and_how_long(store: Store, meeting: str) -> None:
    with store.reading() as tx:
        assert deliveries.backlog(tx, NOW) == Backlog(0, 0, None)
    owe(
        store,
        delivery(who="waits", due_at=NOW + HOUR, created_at=NOW - 9 * HOUR),
        delivery(who="fails", due_at=NOW + HOUR, created_at=NOW - 2 * HOUR, failures=1),
        delivery(who="due", due_at=NOW, created_at=NOW - HOUR),
        delivery(who="failed", state="failed", created_at=NOW - 9 * HOUR),
        delivery(who="done", state="delivered", created_at=NOW - 9 * HOUR),
    )
    with store.reading() as tx:
        assert deliveries.backlog(tx, NOW) == Backlog(3, 1, NOW - 2 * HOUR)


@postgresql_only
@pytest.mark.parametrize(
    "touch",
    [
        lambda tx, other: due.hold_delivery(tx, other.id, other.epoch),
        lambda tx, other: deliveries.wake(tx, other.meeting, NOW),
        lambda tx, other: deliveries.supersede(tx, other.whom),
        lambda tx, other: deliveries.retry(tx, other.id, NOW),
        lambda tx, other: meetings.take_turn(tx, other.meeting),
        lambda tx, other: serialise(tx, other.meeting),
    ],
    ids=["hold", "wake", "supersede", "retry", "turn", "change"],
)
def test_whoever_saves_about_a_meeting_does_so_in_its_turn(
    store: Store, impatient: Store, meeting: str, touch: Callable[[Tx, Delivery], object]
) -> None:
    """Two deliveries of a meeting would otherwise each hold a row and want the other's: the turn comes before the first row.

    So another delivery's row, which nobody has touched, is waited for as well; another meeting's is not.
    """
    plan_meeting(store, "m2")
    mine, beside, elsewhere = owe(store, delivery(), delivery(who="ben"), delivery("m2", "ben"))
    with store.writing() as tx:
        due.hold_delivery(tx, mine.id, mine.epoch)
        with impatient.writing() as other:
            touch(other, elsewhere)
        with pytest.raises(StoreUnavailable, match="lock"), impatient.writing() as other:
            touch(other, beside)
    with impatient.writing() as other:
        touch(other, beside)


# ---------------------------------------------------------------------------------------------------------------------
# Copies


def test_a_copy_comes_back_as_saved(store: Store, meeting: str) -> None:
    bare = copy(state="intended", place=Place("cloud", "a@example.com", "Work"))
    with store.writing() as tx:
        saved = copies.save_copy(tx, bare)
        assert saved == replace(bare, id=saved.id)
        full = replace(
            saved, state="present", href="/1.ics", etag='"1"', written="digest", written_start=NOW, written_end=NOW + HOUR,
            found_start=NOW + SECOND, found_end=NOW + HOUR, drift="moved", drift_at=NOW,
        )  # fmt: skip
        assert copies.save_copy(tx, full) == full
        assert copies.copies(tx) == (full,)


def test_a_generation_exists_once(store: Store, meeting: str) -> None:
    with store.writing() as tx:
        copies.save_copy(tx, copy())
        copies.save_copy(tx, copy(generation=2))
        copies.save_copy(tx, copy(who="ben"))
    with pytest.raises(IntegrityError), store.writing() as tx:
        copies.save_copy(tx, copy())


def test_copies_are_found_by_meeting_agent_and_place(store: Store, meeting: str) -> None:
    plan_meeting(store, "m2")
    with store.writing() as tx:
        second = copies.save_copy(tx, copy(generation=2, state="gone"))
        first = copies.save_copy(tx, copy(generation=1, state="leaving"))
        bens = copies.save_copy(tx, copy(who="ben", place=Place("cloud", "anna", "Shared")))
        other = copies.save_copy(tx, copy("m2", state="abandoned"))
        assert copies.copies(tx, meeting="m1") == (first, second, bens)
        assert copies.copies(tx, agent="anna") == (first, second, other)
        assert copies.copies(tx, meeting="m1", agent="anna") == (first, second)
        assert copies.copies(tx) == (first, second, bens, other)
        assert copies.copies_at(tx, "cloud", "anna") == (first, second, bens)
        assert copies.copies_at(tx, "other", "anna") == ()


def test_drift_is_listed_and_counted(store: Store, meeting: str) -> None:
    with store.writing() as tx:
        assert (copies.drifted(tx), copies.count_drift(tx)) == ([], 0)
        copies.save_copy(tx, copy())
        moved = copies.save_copy(tx, copy(who="zoe", drift="moved", drift_at=NOW))
        gone = copies.save_copy(tx, copy(who="ben", drift="deleted", drift_at=NOW))
        assert copies.drifted(tx) == [moved, gone]
        assert copies.count_drift(tx) == 2


# ---------------------------------------------------------------------------------------------------------------------
# Whatever happens in whatever order, no two workers write to one calendar


class OneCalendar(RuleBasedStateMachine):
    """Changes, claims, outcomes, deaths and lateness around one calendar, on a real store.

    A worker is *writing* from its claim until it is out of the way: done, fenced and let go, or its lease over.
    """

    new_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.store = open_store(type(self).new_url())
        plan_meeting(self.store)
        self.now, self.version = NOW, 0
        self.workers: list[Delivery] = []
        self.until: dict[int, object] = {}

    @rule(seconds=st.integers(1, 12))
    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @rule()
    def a_change_is_accepted(self) -> None:
        self.version += 1
        with self.store.writing() as tx:
            epoch, lease = deliveries.supersede(tx, ANNAS)
            new = delivery(version=self.version, epoch=epoch, leased_until=lease, due_at=self.now)
            deliveries.owe(tx, new)

    @rule()
    def somebody_claims(self) -> None:
        with self.store.writing() as tx:
            claimed = due.claim_deliveries(tx, self.now)
        assert len(claimed) <= 1
        for one in claimed:
            assert not self.writing(), "claimed while another worker's lease runs"
            assert one.version == self.version, "what is out of date is never handed out"
            self.workers.append(one)
            self.until[len(self.workers) - 1] = self.now + due.LEASE

    def writing(self) -> list[int]:
        return [number for number, until in self.until.items() if until > self.now]

    @rule(choice=st.randoms(use_true_random=False), ends=st.sampled_from(["delivered", "pending"]))
    def a_worker_saves(self, choice: object, ends: str) -> None:
        if not self.until:
            return
        number = sorted(self.until)[choice.randrange(len(self.until))]
        mine = self.workers[number]
        try:
            with self.store.writing() as tx:
                due.hold_delivery(tx, mine.id, mine.epoch)
                deliveries.save(tx, replace(mine, state=ends, due_at=self.now))
        except Fenced:
            with self.store.writing() as tx:
                due.release_target(tx, ANNAS, mine.epoch)
        else:
            assert number == max(self.until), "only the last one to claim can save"
        del self.until[number]

    @rule()
    def workers_renew(self) -> None:
        alive = self.writing()
        with self.store.writing() as tx:
            targets = [(ANNAS, self.workers[number].epoch) for number in alive]
            due.renew(tx, self.now, deliveries=targets)
        for number in alive:
            self.until[number] = self.now + due.LEASE

    @invariant()
    def one_thing_is_owed(self) -> None:
        with self.store.reading() as tx:
            owed = deliveries.deliveries(tx, states=deliveries.OPEN)
        assert len(owed) <= 1
        assert len(self.writing()) <= 1

    def teardown(self) -> None:
        self.store.dispose()


def test_no_two_workers_ever_write_to_one_calendar(new_store_url: Callable[[], str]) -> None:
    machine = type("OneCalendarHere", (OneCalendar,), {"new_url": staticmethod(new_store_url)})
    few = settings(max_examples=12, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=few)
