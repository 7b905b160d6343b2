"""Busy slots: what overlaps is found whole and once, by the indexes, however it is stored."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from store_things import HOUR, MICROSECOND, NOW, SECOND, add_calendar, settle, thing
from stores import postgresql_only

from store import calendars, schema, slots
from store.database import Store, open_store
from store.errors import Fenced, StoreUnavailable
from store.lengths import CLASSES
from store.model import Calendar, Slot, StoredObject
from store.pieces import STATUSES, pieces_of

DAY = timedelta(days=1)
FAR_PAST, FAR_FUTURE = datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def work(store: Store) -> Calendar:
    """Anna's calendar."""
    (login,) = settle(store, "anna")
    return add_calendar(store, login)


def save(store: Store, row: Calendar, *things: StoredObject, gone: tuple[str, ...] = ()) -> None:
    with store.writing() as tx:
        slots.save_objects(tx, row.id, row.agent, things, gone)


def asked(store: Store, start: datetime, end: datetime, agents: list[str] | None = None) -> list[Slot]:
    """The answer, which must be the same whichever way it is looked up."""
    with store.reading() as tx:
        found = slots.overlapping(tx, start, end, agents)
        if agents is None:
            everybody = list(tx.execute(select(schema.agents.c.id)).scalars())
            assert slots.overlapping(tx, start, end, everybody) == found
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Saving


def test_an_object_comes_back_as_slots(store: Store, work: Calendar) -> None:
    save(
        store,
        work,
        thing("/1.ics", (NOW, NOW + HOUR, "busy", False), (NOW + DAY, NOW + 2 * DAY, "tentative", True)),
    )
    assert asked(store, NOW, NOW + 3 * DAY) == [
        Slot("anna", work.id, "/1.ics", NOW, NOW + HOUR, "busy", False),
        Slot("anna", work.id, "/1.ics", NOW + DAY, NOW + 2 * DAY, "tentative", True),
    ]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("all_day", [False, True])
def test_every_kind_comes_back_as_it_was(store: Store, work: Calendar, status: str, all_day: bool) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW + HOUR, status, all_day)))
    (slot,) = asked(store, NOW, NOW + HOUR)
    assert (slot.status, slot.all_day) == (status, all_day)


@pytest.mark.parametrize("status", ["free", "cancelled", "declined", ""])
def test_what_can_never_block_is_never_stored(store: Store, work: Calendar, status: str) -> None:
    with pytest.raises(ValueError, match="never stored"):
        save(store, work, thing("/1.ics", (NOW, NOW + HOUR, status, False)))


def test_an_interval_without_length_is_not_stored(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW, "busy", False), (NOW + HOUR, NOW, "busy", False)))
    assert asked(store, FAR_PAST, FAR_FUTURE) == []


def test_parts_of_seconds_are_rounded_so_that_nobody_becomes_free(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (NOW + MICROSECOND, NOW + 2 * MICROSECOND, "busy", False)))
    (slot,) = asked(store, NOW, NOW + SECOND)
    assert (slot.start, slot.end) == (NOW, NOW + SECOND)


def test_an_object_saved_again_replaces_its_slots_and_no_others(store: Store, work: Calendar) -> None:
    save(
        store,
        work,
        thing("/1.ics", (NOW, NOW + HOUR, "busy", False)),
        thing("/2.ics", (NOW, NOW + HOUR, "busy", False)),
    )
    save(store, work, thing("/1.ics", (NOW + DAY, NOW + DAY + HOUR, "busy", False), etag='"2"'))
    assert [(slot.href, slot.start) for slot in asked(store, NOW, NOW + 2 * DAY)] == [
        ("/2.ics", NOW),
        ("/1.ics", NOW + DAY),
    ]
    with store.reading() as tx:
        assert calendars.known(tx, work.id) == {"/1.ics": '"2"', "/2.ics": '"1"'}


def test_a_gone_object_leaves_nothing(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW + HOUR, "busy", False)))
    save(store, work, gone=("/1.ics", "/never-known.ics"))
    assert asked(store, FAR_PAST, FAR_FUTURE) == []
    with store.reading() as tx:
        assert calendars.known(tx, work.id) == {}


def test_an_object_that_is_gone_and_there_is_there(store: Store, work: Calendar) -> None:
    """A server may report a removal and a new object at the same address in one answer."""
    save(store, work, thing("/1.ics", (NOW, NOW + HOUR, "busy", False)), gone=("/1.ics",))
    assert len(asked(store, NOW, NOW + HOUR)) == 1


def test_the_last_of_two_objects_at_one_address_counts(store: Store, work: Calendar) -> None:
    save(
        store, work, thing("/1.ics", (NOW, NOW + HOUR, "busy", False)), thing("/1.ics", (NOW + DAY, NOW + 2 * DAY, "busy", False))
    )  # fmt: skip
    assert [slot.start for slot in asked(store, FAR_PAST, FAR_FUTURE)] == [NOW + DAY]


def test_the_same_interval_twice_in_an_object_is_one_slot(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW + HOUR, "busy", False), (NOW, NOW + HOUR, "busy", False)))
    assert len(asked(store, NOW, NOW + HOUR)) == 1


def test_more_objects_than_a_batch_are_saved_and_removed(store: Store, work: Calendar) -> None:
    many = [thing(f"/{n}.ics", (NOW, NOW + HOUR, "busy", False)) for n in range(slots.BATCH + 10)]
    save(store, work, *many)
    assert len(asked(store, NOW, NOW + HOUR)) == slots.BATCH + 10
    save(store, work, gone=tuple(one.href for one in many[1:]))
    assert [slot.href for slot in asked(store, NOW, NOW + HOUR)] == ["/0.ics"]


def test_a_strangers_odd_text_does_not_stop_a_calendar(store: Store, work: Calendar) -> None:
    odd = thing("/a\0b\ud800.ics", (NOW, NOW + HOUR, "busy", False), uid="\udfffx\0", problem="line 3: \0")
    save(store, work, odd)
    save(store, work, odd)
    (slot,) = asked(store, NOW, NOW + HOUR)
    assert slot.href == "/a\ufffdb\ufffd.ics"
    save(store, work, gone=(odd.href,))
    assert asked(store, NOW, NOW + HOUR) == []


def test_saving_into_a_calendar_that_is_gone_is_fenced(store: Store, work: Calendar) -> None:
    with pytest.raises(Fenced), store.writing() as tx:
        slots.save_objects(tx, work.id, "ben", [thing()], ())
    with store.writing() as tx:
        calendars.drop_calendar(tx, work.id)
    with pytest.raises(Fenced):
        save(store, work, thing())


@postgresql_only
def test_a_calendar_stays_until_what_is_saved_into_it_is_kept(
    store: Store, impatient: Store, work: Calendar
) -> None:
    with store.writing() as tx:
        slots.save_objects(tx, work.id, "anna", [], ())
        with pytest.raises(StoreUnavailable, match="lock"), impatient.writing() as other:
            calendars.drop_calendar(other, work.id)
        slots.save_objects(tx, work.id, "anna", [thing()], ())


def test_dropping_the_past_keeps_what_reaches_beyond_it(store: Store, work: Calendar) -> None:
    save(
        store, work,
        thing("/over.ics", (NOW - HOUR, NOW, "busy", False)),
        thing("/still.ics", (NOW - HOUR, NOW + SECOND, "busy", False)),
        thing("/long.ics", (NOW - 9 * DAY, NOW + HOUR, "busy", True)),
        thing("/longer.ics", (NOW - 90 * DAY, NOW - 2 * DAY, "busy", True)),
    )  # fmt: skip
    (login,) = settle(store, "anna")
    other = add_calendar(store, login, href="/other/")
    save(store, other, thing("/other.ics", (NOW - HOUR, NOW, "busy", False)))
    with store.writing() as tx:
        slots.drop_before(tx, work.id, NOW)
    assert sorted(slot.href for slot in asked(store, FAR_PAST, FAR_FUTURE)) == [
        "/long.ics",
        "/other.ics",
        "/still.ics",
    ]
    assert [slot.start for slot in asked(store, NOW - 9 * DAY, NOW - 8 * DAY)] == [NOW - 9 * DAY], (
        "still whole"
    )
    with store.reading() as tx:
        assert len(calendars.known(tx, work.id)) == 4, "the objects stay known"


# ---------------------------------------------------------------------------------------------------------------------
# Asking


@pytest.mark.parametrize(
    ("start", "end", "hit"),
    [
        (-HOUR, timedelta(0), False),
        (HOUR, 2 * HOUR, False),
        (-HOUR, SECOND, True),
        (HOUR - SECOND, 2 * HOUR, True),
        (HOUR - MICROSECOND, 2 * HOUR, True),
        (HOUR / 4, HOUR / 2, True),
        (-DAY, DAY, True),
    ],
)
def test_overlap_is_half_open(
    store: Store, work: Calendar, start: timedelta, end: timedelta, hit: bool
) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW + HOUR, "busy", False)))
    assert bool(asked(store, NOW + start, NOW + end)) is hit


@pytest.mark.parametrize("length", [HOUR, 4 * HOUR, DAY, 32 * DAY])
@pytest.mark.parametrize("more", [timedelta(0), SECOND])
def test_a_slot_is_found_at_its_ends_at_every_limit_of_a_class(
    store: Store, work: Calendar, length: timedelta, more: timedelta
) -> None:
    start, end = NOW, NOW + length + more
    save(store, work, thing("/1.ics", (start, end, "busy", False)))
    expected = [Slot("anna", work.id, "/1.ics", start, end, "busy", False)]
    assert asked(store, start, start + SECOND) == expected
    assert asked(store, end - SECOND, end) == expected
    assert asked(store, start - HOUR, start) == asked(store, end, end + HOUR) == []


def test_a_long_slot_comes_whole_and_once(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (NOW, NOW + 10 * DAY + HOUR, "out_of_office", True)))
    for start, end in (
        (NOW, NOW + 12 * DAY),
        (NOW + 5 * DAY, NOW + 5 * DAY + HOUR),
        (NOW + 10 * DAY, NOW + 11 * DAY),
    ):
        (slot,) = asked(store, start, end)
        assert (slot.start, slot.end) == (NOW, NOW + 10 * DAY + HOUR)


def test_an_endless_slot_is_one_row_and_is_found_anywhere_in_it(store: Store, work: Calendar) -> None:
    save(store, work, thing("/1.ics", (FAR_PAST, FAR_FUTURE, "busy", False)))
    with store.reading() as tx:
        assert tx.execute(select(func.count()).select_from(schema.pieces)).scalar() == 1
    (slot,) = asked(store, NOW, NOW + HOUR, ["anna"])
    assert slot.start == FAR_PAST
    assert asked(store, NOW, NOW + HOUR) == [slot]


def test_only_the_agents_asked_for_are_answered_for(store: Store) -> None:
    for login in settle(store, "anna", "ben", "cleo"):
        save(store, add_calendar(store, login), thing("/1.ics", (NOW, NOW + HOUR, "busy", False)))
    assert [slot.agent for slot in asked(store, NOW, NOW + HOUR, ["cleo", "anna", "nobody"])] == [
        "anna",
        "cleo",
    ]
    assert asked(store, NOW, NOW + HOUR, []) == []
    many = ["ben", *(f"agent-{number}" for number in range(slots.FEW_AGENTS))]
    assert [slot.agent for slot in asked(store, NOW, NOW + HOUR, many)] == ["ben"]
    assert [slot.agent for slot in asked(store, NOW, NOW + HOUR)] == ["anna", "ben", "cleo"]


# ---------------------------------------------------------------------------------------------------------------------
# The answer is that of a plain loop

lengths = st.one_of(
    st.integers(0, 4 * 86_400),
    st.sampled_from(
        [3_600, 3_601, 14_400, 14_401, 86_400, 86_401, 32 * 86_400, 32 * 86_400 + 1, 400 * 86_400]
    ),
)
starts = st.integers(-40 * 86_400, 40 * 86_400)


@dataclass(frozen=True)
class Pair:
    """Two agents' calendars in one store."""

    store: Store
    rows: tuple[Calendar, ...]

    def save(self, things: list[list[tuple[int, int, int, bool]]]) -> list[Slot]:
        """Save an object for each list of (start, length, kind, all day), in turns; what should be found."""
        expected: dict[Slot, None] = {}
        for number, intervals in enumerate(things):
            row = self.rows[number % len(self.rows)]
            spans = [
                (NOW + start * SECOND, NOW + (start + length) * SECOND, STATUSES[kind], all_day)
                for start, length, kind, all_day in intervals
            ]
            save(self.store, row, thing(f"/{number}.ics", *spans))
            expected |= {
                Slot(row.agent, row.id, f"/{number}.ics", *span): None for span in spans if span[0] < span[1]
            }
        return list(expected)


@pytest.fixture
def pair(new_store_url: Callable[[], str]) -> Callable[[], Pair]:
    store = open_store(new_store_url())
    rows = tuple(add_calendar(store, login) for login in settle(store, "anna", "ben"))

    def emptied() -> Pair:
        with store.writing() as tx:
            tx.execute(schema.objects.delete())
        return Pair(store, rows)

    return emptied


@given(
    things=st.lists(
        st.lists(st.tuples(starts, lengths, st.integers(0, 4), st.booleans()), max_size=4), max_size=6
    ),
    questions=st.lists(st.tuples(starts, st.integers(-10, 40 * 86_400)), min_size=1, max_size=4),
)
@example(
    things=[[(0, 3 * 86_400, 0, True)], [(0, 3 * 86_400, 0, True)]],
    questions=[(86_400, 0), (86_399, 2), (5, -5)],
)
@example(things=[[(0, 1, 0, False), (0, 1, 0, True)]], questions=[(0, 1)])
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_the_answer_is_that_of_a_plain_loop(
    pair: Callable[[], Pair], things: list[list[tuple[int, int, int, bool]]], questions: list[tuple[int, int]]
) -> None:
    both = pair()
    expected = both.save(things)
    for since, length in questions:
        start, end = NOW + since * SECOND, NOW + (since + length) * SECOND
        found = asked(both.store, start, end)
        naive = [slot for slot in expected if start < end and slot.start < end and start < slot.end]
        assert sorted(found, key=repr) == sorted(naive, key=repr)
        assert found == sorted(found, key=lambda slot: (slot.start, slot.end, slot.agent))
        assert asked(both.store, start, end, ["ben"]) == [slot for slot in found if slot.agent == "ben"]


@given(start=starts, length=lengths)
def test_pieces_cover_their_interval_exactly_and_fit_their_class(start: int, length: int) -> None:
    span = (NOW + start * SECOND, NOW + (start + length) * SECOND, "busy", False)
    pieces = list(pieces_of([span]))
    ends = [piece.end for piece in pieces]
    assert [piece.start for piece in pieces[1:]] == ends[:-1]
    assert sum(piece.end - piece.start for piece in pieces) == length
    for piece in pieces:
        longest = dict(CLASSES).get(piece.length_class)
        assert longest is None or piece.end - piece.start <= longest
    assert len(pieces) <= 33
