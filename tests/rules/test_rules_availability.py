"""The three answers in their order, against tables and against a naive reference that walks a grid of minutes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import Status
from syncd.rules.availability import Freshness, Mark, Verdict, judge, next_free
from syncd.rules.policy import Policy, blocks
from syncd.rules.walls import BusyPiece, Obstacle, Reason

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NOW = NOON - HOUR
STALE = 10 * MINUTE
FRESH = Freshness("Work", NOW - MINUTE, NOW - DAY, NOW + 180 * DAY, "ok")
PLAIN = Policy()


def at(minute: int) -> datetime:
    return NOON + minute * MINUTE


def busy(
    start: int, end: int, status: str = "busy", *, all_day: bool = False, policy: Policy = PLAIN
) -> BusyPiece:
    return BusyPiece(at(start), at(end), status, all_day, "Work", policy, FRESH.seen_at)


def block(start: int, end: int) -> Obstacle:
    return Obstacle(at(start), at(end), "block", "Lunch", None)


def meeting(start: int, end: int, name: str = "m2") -> Obstacle:
    return Obstacle(at(start), at(end), "meeting", "Pension", name)


def verdict(
    *walls: BusyPiece | Obstacle, start: int = 0, end: int = 60, fresh: tuple[Freshness, ...] = (FRESH,),
    policy: Policy = PLAIN, exclude: str | None = None,
) -> Verdict:  # fmt: skip
    return judge(
        at(start), at(end), busy=[wall for wall in walls if isinstance(wall, BusyPiece)],
        obstacles=[wall for wall in walls if isinstance(wall, Obstacle)], fresh=fresh, policy=policy, now=NOW,
        stale_after=STALE, exclude=exclude,
    )  # fmt: skip


def kinds(found: Verdict) -> list[str]:
    return [reason.kind for reason in found.reasons]


# ---------------------------------------------------------------------------------------------------------------------
# what is in the way


@pytest.mark.parametrize(
    ("start", "end", "hits"),
    [
        (-30, 0, False),
        (-30, 1, True),
        (59, 90, True),
        (60, 90, False),
        (10, 20, True),
        (-30, 90, True),
        (0, 60, True),
        (30, 30, False),
        (0, 0, False),
    ],
)
def test_overlap_is_half_open_and_what_has_no_length_never_blocks(start: int, end: int, hits: bool) -> None:
    for wall in (busy(start, end), block(start, end), meeting(start, end)):
        assert verdict(wall).mark is (Mark.NOT_AVAILABLE if hits else Mark.AVAILABLE)


def test_reasons_carry_what_may_be_told() -> None:
    found = verdict(busy(10, 20, "tentative"), block(-10, 5), meeting(30, 90))
    assert found.reasons == (
        Reason("block", None, at(-10), at(5), title="Lunch"),
        Reason("calendar", "tentative", at(10), at(20), calendar="Work", seen_at=FRESH.seen_at),
        Reason("meeting", None, at(30), at(90), title="Pension", meeting="m2"),
    )


def test_what_begins_and_ends_together_always_reads_in_the_same_order() -> None:
    same = [
        replace(busy(0, 60), calendar=name, status=status)
        for name in ("A", "B")
        for status in ("busy", "tentative")
    ]
    obstacles = [
        replace(meeting(0, 60, name), kind=kind, title=title)
        for kind in ("block", "meeting") for title in ("A", "B") for name in ("m2", "m3")
    ]  # fmt: skip
    found = verdict(*reversed(obstacles), *reversed(same)).reasons
    told = [(one.kind, one.calendar, one.title, one.meeting, one.status) for one in found]
    assert told == sorted(told, key=lambda line: [text or "" for text in line])
    assert len(told) == 12


def test_an_available_agent_has_no_reasons() -> None:
    assert verdict() == Verdict(Mark.AVAILABLE, ())


@pytest.mark.parametrize("status", list(Status))
def test_whether_a_kind_blocks_is_the_policy_of_its_own_calendar(status: Status) -> None:
    for policy in (
        PLAIN,
        Policy(tentative=False, out_of_office=False, unknown=False, working_elsewhere=True),
    ):
        found = verdict(busy(0, 60, status, policy=policy))
        assert (found.mark is Mark.NOT_AVAILABLE) is blocks(policy, status, False)


def test_all_day_events_can_be_switched_off() -> None:
    away = busy(-720, 720, "out_of_office", all_day=True, policy=Policy(all_day=False))
    assert verdict(away).mark is Mark.AVAILABLE
    assert verdict(replace(away, all_day=False)).mark is Mark.NOT_AVAILABLE


@pytest.mark.parametrize(
    ("start", "end", "before", "after", "kind"),
    [
        (70, 90, 10, 0, None),
        (70, 90, 11, 0, "buffer"),
        (-30, -10, 0, 10, None),
        (-30, -10, 0, 11, "buffer"),
        (-30, -10, 60, 0, None),
        (60, 90, 10, 0, "buffer"),
        (-30, 0, 0, 10, "buffer"),
        (50, 90, 60, 60, "own"),
    ],
)
def test_buffers_belong_to_what_blocks(
    start: int, end: int, before: int, after: int, kind: str | None
) -> None:
    policy = Policy(buffer_before=before * MINUTE, buffer_after=after * MINUTE)
    for wall, own in ((busy(start, end, policy=policy), "calendar"), (block(start, end), "block"), (meeting(start, end), "meeting")):  # fmt: skip
        expected = [] if kind is None else [own if kind == "own" else kind]
        found = verdict(wall, policy=policy)
        assert kinds(found) == expected
        assert all((reason.start, reason.end) == (at(start), at(end)) for reason in found.reasons)


def test_a_buffer_keeps_the_name_of_what_it_belongs_to() -> None:
    policy = Policy(buffer_before=HOUR)
    found = verdict(busy(70, 80, policy=policy), meeting(70, 90), policy=policy)
    assert found.reasons == (
        Reason("buffer", "busy", at(70), at(80), calendar="Work", seen_at=FRESH.seen_at),
        Reason("buffer", None, at(70), at(90), title="Pension", meeting="m2"),
    )


def test_a_calendars_buffer_is_its_own_and_obstacles_have_the_agents() -> None:
    wide = Policy(buffer_before=HOUR)
    assert kinds(verdict(busy(70, 80), policy=wide)) == []
    assert kinds(verdict(busy(70, 80, policy=wide))) == ["buffer"]
    assert kinds(verdict(block(70, 80), policy=wide)) == ["buffer"]


def test_a_meeting_never_blocks_itself_nor_does_its_buffer_or_its_copy_elsewhere() -> None:
    walls = (meeting(0, 60, "m1"), meeting(65, 90, "m1"), meeting(10, 20, "m2"))
    policy = Policy(buffer_before=HOUR, buffer_after=HOUR)
    assert [reason.meeting for reason in verdict(*walls, exclude="m1", policy=policy).reasons] == ["m2"]
    assert verdict(*walls[:2], exclude="m1", policy=policy).mark is Mark.AVAILABLE


def test_blocks_are_not_meant_when_no_meeting_is_excluded() -> None:
    assert verdict(block(0, 60), exclude=None).mark is Mark.NOT_AVAILABLE


def test_an_event_that_lasts_for_ever_blocks_buffers_or_not() -> None:
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    policy = Policy(buffer_before=DAY, buffer_after=DAY)
    forever = BusyPiece(first, last, "busy", False, "Work", policy)
    assert kinds(verdict(forever)) == ["calendar"]
    assert next_free(NOON, HOUR, busy=[forever], obstacles=[], policy=policy, until=NOON + DAY) is None


def test_an_end_before_the_start_is_no_question() -> None:
    with pytest.raises(ValueError, match="lies before the start"):
        verdict(start=10, end=5)


# ---------------------------------------------------------------------------------------------------------------------
# what is not known


@pytest.mark.parametrize(
    ("fresh", "expected"),
    [
        (replace(FRESH, seen_at=None), ["never-seen"]),
        (replace(FRESH, seen_at=None, window_start=None, window_end=None), ["never-seen"]),
        (replace(FRESH, seen_at=NOW - STALE), []),
        (replace(FRESH, seen_at=NOW - STALE - timedelta(microseconds=1)), ["stale"]),
        (replace(FRESH, window_end=at(60)), []),
        (replace(FRESH, window_end=at(59)), ["horizon"]),
        (replace(FRESH, window_start=at(0)), []),
        (replace(FRESH, window_start=at(1)), ["horizon"]),
        (replace(FRESH, window_start=None, window_end=None), ["horizon"]),
        (replace(FRESH, state="failing"), []),
        (replace(FRESH, state="held"), []),
    ],
)
def test_silence_never_reads_as_free(fresh: Freshness, expected: list[str]) -> None:
    found = verdict(fresh=(FRESH, fresh))
    assert kinds(found) == expected
    assert found.mark is (Mark.UNKNOWN if expected else Mark.AVAILABLE)


def test_every_doubt_is_named_with_its_calendar() -> None:
    gone = replace(FRESH, calendar="Gone", seen_at=None)
    old = Freshness("Old", NOW - HOUR, NOW - DAY, NOW, "failing")
    found = verdict(fresh=(old, FRESH, gone))
    assert {(reason.kind, reason.calendar, reason.seen_at) for reason in found.reasons} == {
        ("never-seen", "Gone", None), ("stale", "Old", NOW - HOUR), ("horizon", "Old", NOW - HOUR),
    }  # fmt: skip


def test_what_is_in_the_way_is_said_before_what_is_not_known() -> None:
    old = replace(FRESH, seen_at=NOW - 9 * DAY)
    assert kinds(verdict(busy(0, 10), fresh=(old,))) == ["calendar"]


def test_without_calendars_blocks_and_meetings_decide() -> None:
    assert verdict(fresh=()).mark is Mark.AVAILABLE
    assert verdict(block(0, 10), fresh=()).mark is Mark.NOT_AVAILABLE


# ---------------------------------------------------------------------------------------------------------------------
# against a grid of minutes

minutes = st.integers(0, 120)
policies = st.builds(
    Policy, tentative=st.booleans(), all_day=st.booleans(), working_elsewhere=st.booleans(),
    buffer_before=st.integers(0, 15).map(lambda n: n * MINUTE), buffer_after=st.integers(0, 15).map(lambda n: n * MINUTE),
)  # fmt: skip
lengths = st.integers(0, 40)
pieces = st.builds(
    lambda start, length, status, all_day, name, policy: BusyPiece(
        at(start), at(start + length), status, all_day, name, policy
    ),
    minutes, lengths, st.sampled_from([*map(str, Status), "odd"]), st.booleans(), st.sampled_from("XY"), policies,
)  # fmt: skip
walls = st.builds(
    lambda start, length, kind, name: Obstacle(
        at(start), at(start + length), kind, "Title", name if kind == "meeting" else None
    ),
    minutes, lengths, st.sampled_from(["block", "meeting"]), st.sampled_from(["m1", "m2"]),
)  # fmt: skip
fresh_ones = st.builds(
    Freshness, st.sampled_from("XY"), st.none() | st.integers(-30, 0).map(lambda n: NOW + n * MINUTE),
    st.none() | minutes.map(at), st.none() | minutes.map(at), st.just("ok"),
)  # fmt: skip
some_pieces, some_walls = st.lists(pieces, max_size=6), st.lists(walls, max_size=4)


def grid(start: datetime, end: datetime) -> set[int]:
    return set(range((start - NOON) // MINUTE, (end - NOON) // MINUTE))


def taken(piece: BusyPiece | Obstacle, policy: Policy, *, with_buffer: bool) -> set[int]:
    """The minutes one interval takes, by the words of the rule."""
    own = piece.policy if isinstance(piece, BusyPiece) else policy
    itself = grid(piece.start, piece.end)
    if not itself or (isinstance(piece, BusyPiece) and not blocks(own, piece.status, piece.all_day)):
        return set()
    return grid(piece.start - own.buffer_before, piece.end + own.buffer_after) if with_buffer else itself


def runs(
    hits: list[BusyPiece | Obstacle], asked: set[int], policy: Policy
) -> Iterator[tuple[object, datetime, datetime]]:
    """What is in the way, by what may be told of it: the runs of minutes that alike ones take together."""
    alike: dict[object, set[int]] = {}
    for one in hits:
        only_room = not asked & taken(one, policy, with_buffer=False)
        said = (getattr(one, name, None) for name in ("status", "calendar", "meeting", "title"))
        alike.setdefault((only_room, *said), set()).update(grid(one.start, one.end))
    for key, minutes_taken in alike.items():
        first = [minute for minute in sorted(minutes_taken) if minute - 1 not in minutes_taken]
        last = [minute + 1 for minute in sorted(minutes_taken) if minute + 1 not in minutes_taken]
        yield from ((key, at(start), at(end)) for start, end in zip(first, last, strict=True))


@given(
    minutes,
    st.integers(1, 60),
    some_pieces,
    some_walls,
    st.lists(fresh_ones, max_size=3),
    policies,
    st.none() | st.just("m1"),
)
def test_the_verdict_is_that_of_the_grid(
    start: int, length: int, of_calendars: list[BusyPiece], obstacles: list[Obstacle], fresh: list[Freshness],
    policy: Policy, exclude: str | None,
) -> None:  # fmt: skip
    asked = set(range(start, start + length))
    question = (at(start), at(start + length))
    found = judge(
        *question, busy=of_calendars, obstacles=obstacles, fresh=fresh, policy=policy, now=NOW, stale_after=STALE,
        exclude=exclude,
    )  # fmt: skip
    others = [item for item in obstacles if exclude is None or item.meeting != exclude]
    hits = [one for one in (*of_calendars, *others) if asked & taken(one, policy, with_buffer=True)]
    doubts = [
        one for one in fresh
        if one.seen_at is None or NOW - one.seen_at > STALE or not one.window_start or not one.window_end
        or not asked <= grid(one.window_start, one.window_end)
    ]  # fmt: skip
    expected = Mark.NOT_AVAILABLE if hits else Mark.UNKNOWN if doubts else Mark.AVAILABLE
    assert found.mark is expected
    if hits:
        told = [
            ((one.kind == "buffer", one.status, one.calendar, one.meeting, one.title), one.start, one.end)
            for one in found.reasons
        ]
        assert sorted(told, key=str) == sorted(runs(hits, asked, policy), key=str)
    starts = [reason.start for reason in found.reasons if reason.start]
    assert not hits or starts == sorted(starts)


@given(minutes, st.integers(1, 60), some_pieces, some_walls, policies, st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_never_matters(
    start: int,
    length: int,
    of_calendars: list[BusyPiece],
    obstacles: list[Obstacle],
    policy: Policy,
    dice: object,
) -> None:
    def asked(busy: list[BusyPiece], walls: list[Obstacle]) -> Verdict:
        return judge(
            at(start), at(start + length), busy=busy, obstacles=walls, fresh=[FRESH], policy=policy, now=NOW,
            stale_after=STALE, exclude=None,
        )  # fmt: skip

    assert asked(of_calendars, obstacles) == asked(of_calendars[::-1], obstacles[::-1])


@given(minutes, st.integers(1, 60), some_pieces, some_walls, policies)
def test_a_meeting_alone_never_blocks_itself(
    start: int, length: int, of_calendars: list[BusyPiece], obstacles: list[Obstacle], policy: Policy
) -> None:
    own = [replace(item, kind="meeting", meeting="m1") for item in obstacles]
    found = judge(
        at(start), at(start + length), busy=[], obstacles=own, fresh=[], policy=policy, now=NOW, stale_after=STALE,
        exclude="m1",
    )  # fmt: skip
    assert found.mark is Mark.AVAILABLE


@given(minutes, st.integers(0, 60), some_pieces, some_walls, policies, st.integers(0, 240))
def test_the_next_free_time_is_the_first_the_grid_allows(
    start: int,
    length: int,
    of_calendars: list[BusyPiece],
    obstacles: list[Obstacle],
    policy: Policy,
    until: int,
) -> None:
    found = next_free(
        at(start), length * MINUTE, busy=of_calendars, obstacles=obstacles, policy=policy, until=at(until)
    )
    everything = [*of_calendars, *obstacles]

    def free(minute: int) -> bool:
        verdict = judge(
            at(minute), at(minute + length), busy=of_calendars, obstacles=obstacles, fresh=[], policy=policy, now=NOW,
            stale_after=STALE, exclude=None,
        )  # fmt: skip
        return verdict.mark is Mark.AVAILABLE

    first = next((minute for minute in range(start, until - length + 1) if free(minute)), None)
    assert found == (None if first is None else at(first))
    if found is not None and length:
        span = grid(found, found + length * MINUTE)
        assert not any(span & taken(one, policy, with_buffer=True) for one in everything)


def test_the_next_free_time_fits_between_and_ends_by_until() -> None:
    obstacles = [block(0, 30), block(50, 90), block(20, 25)]

    def found(length: int, until: int) -> datetime | None:
        return next_free(at(0), length * MINUTE, busy=[], obstacles=obstacles, policy=PLAIN, until=at(until))

    assert found(20, 600) == at(30)
    assert found(21, 600) == at(90)
    assert found(21, 111) == at(90)
    assert found(21, 110) is None
