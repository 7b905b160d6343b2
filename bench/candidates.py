"""Who could take a meeting, among 10,000 agents with 2 million busy slots: all marks at once against one query for each agent.

The peer asks for one agent after the other: slots, meetings and blocks, plain text on the same indexes in one transaction, no rule beyond
overlap and nothing of freshness; for a sample of agents, and reckoned for all. Writers are threads of this process that save
a calendar's changed objects as a sync does, as fast as the store lets them. Ratios beside them are of processor time, which a busy machine
changes less than the clock's.

`--growth` measures 100 to 100,000 agents on SQLite, and on PostgreSQL at the URL in SYNCD_BENCH_POSTGRESQL (an empty database).
"""

import gc
import os
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time

from bench import crowd
from bench.figures import Figure
from store import meetings, schema, slots
from store.database import Store, open_store
from store.model import Meeting, StoredObject
from syncd.actions.context import Context
from syncd.actions.directory import Directory
from syncd.actions.marks import Marks, marks
from syncd.actions.suggest import candidates
from syncd.garbage import collect_seldom

AGENTS, FEW = 10_000, 100
ROUNDS, SAMPLE = 200, 300
WRITERS, CHANGED = 4, 3
"""Threads that write, and the objects that each saves in a transaction."""

SIZES = (100, 1_000, 10_000, 100_000)
GROWTH_URL = "SYNCD_BENCH_POSTGRESQL"
HOUR = timedelta(hours=1)


@dataclass
class House:
    """A store with a crowd, and the meeting that is asked about at many times."""

    ctx: Context
    agents: int
    asked: Meeting
    turn: int = 0

    @property
    def meeting(self) -> Meeting:
        """Each time at another time of another day, so that no answer is the last one's."""
        self.turn += 1
        start = crowd.ASKED_AT + timedelta(days=self.turn % 40 - 20, hours=self.turn % 7)
        return Meeting(
            **{name: getattr(self.asked, name) for name in Meeting.__slots__}
            | {"start": start, "end": start + HOUR}
        )

    def all_marks(self, places: Sequence[int] | None = None) -> Marks:
        """The mark and the first reason of everybody, or of those at these places."""
        ctx = self.ctx
        with ctx.store.reading() as tx:
            directory = ctx.shelf.directory_in(tx, ctx.config)
            everybody = range(len(directory.people)) if places is None else places
            stale_after = ctx.config.sync.stale_after
            return marks(ctx, tx, directory, everybody, self.meeting, now=crowd.NOW, stale_after=stale_after)

    def page(self) -> None:
        """The page of 50 with all details, in their order: what a person sees."""
        candidates(self.ctx, crowd.ASKED)

    def one_by_one(self, directory: Directory, number: int) -> None:
        """The peer."""
        start, end = (int(moment.timestamp()) for moment in (self.meeting.start, self.meeting.end))
        with self.ctx.store.reading() as tx:
            queries = _peer(tx.dialect.name)
            for place in range(0, len(directory.people), max(1, len(directory.people) // number)):
                name = directory.people[place].id
                for (query, scale), key in zip(
                    queries, (directory.numbers[place], name, f"agent:{name}"), strict=True
                ):
                    times = (start - 86_400) * scale, end * scale, start * scale
                    rows = tx.exec_driver_sql(query, (key, *times)).all()
                    any(first < end * scale and start * scale < last for first, last in rows)


def _peer(dialect: str) -> tuple[tuple[str, int], ...]:
    """Slots, meetings and blocks of one agent, each with its measure of a second."""
    mark = "?" if dialect == "sqlite" else "%s"
    said = f'SELECT start, "end" FROM {{}} WHERE {{}} = {mark} AND start > {mark} AND start < {mark} AND "end" > {mark}'
    return (
        (said.format("pieces", "agent"), 1),
        (said.format("meetings", "agent"), 10**6),
        (said.format("blocks", "scope"), 10**6),
    )


def measure() -> Iterator[Figure]:
    """The gates, on SQLite."""
    yield from _first_load()
    with _crowded(AGENTS) as house:
        yield from _asked_at_once(house)
        yield from _beside_writers(house)


def _asked_at_once(house: House) -> Iterator[Figure]:
    with house.ctx.store.reading() as tx:
        directory = house.ctx.shelf.directory_in(tx, house.ctx.config)
    some = range(0, house.agents, house.agents // FEW)
    everybody = work(house.all_marks, ROUNDS // 2)
    peer = work(lambda: house.one_by_one(directory, SAMPLE), 5) / SAMPLE * house.agents
    page, few = work(house.page, ROUNDS // 4), work(lambda: house.all_marks(some), ROUNDS)
    name = f"marks of {house.agents} agents"
    yield Figure(
        f"{name}: one query for each agent takes so many times as long", peer / everybody, 100, "x",
        f"{1000 * everybody:.1f} ms against {1000 * peer:.0f} ms, reckoned from {SAMPLE}; by the clock {told(times(house.all_marks, ROUNDS))}",
        at_least=True,
    )  # fmt: skip
    yield Figure(
        f"details of a page of 50, against the {name}", (page - everybody) / everybody, 3, "x",
        f"with the marks {1000 * page:.1f} ms; by the clock {told(times(house.page, ROUNDS // 4))}",
    )  # fmt: skip
    yield Figure(
        f"marks of {FEW} of these agents, against all", few / everybody, 0.33, "x",
        f"{1000 * few:.1f} ms; by the clock {told(times(lambda: house.all_marks(some), ROUNDS))}",
    )  # fmt: skip


def _beside_writers(house: House) -> Iterator[Figure]:
    idle = times(house.all_marks, ROUNDS)
    with _writing(house.ctx.store) as written:
        busy = times(house.all_marks, ROUNDS)
    worst, quiet = busy[int(len(busy) * 0.99)], idle[int(len(idle) * 0.99)]
    yield Figure(
        f"marks of {house.agents} agents while {WRITERS} threads save changes, 99th percentile against idle", worst / quiet, 4, "x",
        f"{told(busy)} against {told(idle)}; {written()} saved in a second",
    )  # fmt: skip


def _first_load() -> Iterator[Figure]:
    """As `actions.read` saves what it read, by as many threads as read calendars; and the same rows without syncd."""
    name = f"first load of {AGENTS} agents' {crowd.SLOTS} slots each"
    with _empty(AGENTS) as ctx, _seldom_collected():
        rate = crowd.load_first(ctx, AGENTS)
    with _empty(AGENTS) as ctx:
        bare = crowd.load_bare(ctx, AGENTS)
    yield Figure(f"{name}, agents a second", rate, 200, "agents/s", "SQLite", at_least=True)
    yield Figure(f"{name}: against sqlite3 alone", bare / rate, 2, "x", f"{bare:.0f} agents a second")


def growth() -> Iterator[str]:
    """A line a size and database: how the answers grow with the agents."""
    yield "| agents | database | all marks, best | p50 | p95 | p99 | with the page of 50, best | p50 | marks of 100, best | p50 |"
    yield "|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|"
    for number in SIZES:
        for url in (None, os.environ.get(GROWTH_URL)):
            if url or url is None:
                with _crowded(number, url) as house:
                    yield _line(house, "PostgreSQL" if url else "SQLite")


def _line(house: House, database: str) -> str:
    rounds = max(20, ROUNDS * 1_000 // max(house.agents, 1_000))
    found, pages = times(house.all_marks, rounds), times(house.page, max(10, rounds // 4))
    few = times(lambda: house.all_marks(range(0, house.agents, max(1, house.agents // FEW))), ROUNDS)
    half, most, nearly = (found[int(len(found) * part)] for part in (0.5, 0.95, 0.99))
    figures = (found[0], half, most, nearly, pages[0], pages[len(pages) // 2], few[0], few[len(few) // 2])
    shown = " | ".join(f"{1000 * one:.1f} ms" for one in figures)
    return f"| {house.agents:,} | {database} | {shown} |"


# ---------------------------------------------------------------------------------------------------------------------
# How it is measured


def times(run: Callable[[], object], rounds: int) -> list[float]:
    """Seconds, sorted; after a few rounds that do not count."""
    for _ in range(5):
        run()
    found = []
    for _ in range(rounds):
        began = perf_counter()
        run()
        found.append(perf_counter() - began)
    return sorted(found)


def work(run: Callable[[], object], rounds: int) -> float:
    """The median of the seconds that this thread worked, SQLite included: others on the machine hardly change it."""
    run()
    found = []
    for _ in range(rounds):
        began = thread_time()
        run()
        found.append(thread_time() - began)
    return median(found)


def told(found: Sequence[float]) -> str:
    """Percentiles, in milliseconds."""
    return ", ".join(f"p{part} {1000 * found[int(len(found) * part / 100)]:.1f} ms" for part in (50, 95, 99))


@contextmanager
def _empty(number: int, url: str | None = None) -> Iterator[Context]:
    with tempfile.TemporaryDirectory(prefix="syncd-bench-") as folder:
        store = open_store(url or f"sqlite:///{Path(folder) / 'syncd.db'}")
        store.migrate()
        with Context(crowd.settings(number), store, clock=lambda: crowd.NOW) as ctx:
            yield ctx
            if url:
                crowd.clear(store)


@contextmanager
def _crowded(number: int, url: str | None = None) -> Iterator[House]:
    with _empty(number, url) as ctx:
        crowd.gather(ctx)
        with ctx.store.reading() as tx:
            asked = meetings.meeting(tx, crowd.ASKED)
        if asked is None:
            raise RuntimeError("the meeting that is asked about is not in the store")
        house = House(ctx, number, asked)
        house.all_marks()
        with _seldom_collected():
            yield house


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """As the daemon has it (decision 24)."""
    collect_seldom()
    yield
    gc.unfreeze()


@contextmanager
def _writing(store: Store) -> Iterator[Callable[[], str]]:
    """Threads that save changed objects, each of its own agents, until the block ends; then how many a second."""
    stop, counts = threading.Event(), [0] * WRITERS
    began = perf_counter()

    def write(which: int) -> None:
        calendar = which
        while not stop.is_set():
            calendar = calendar % AGENTS + WRITERS
            _save_changes(store, calendar + 1)
            counts[which] += 1

    threads = [threading.Thread(target=write, args=(which,)) for which in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield lambda: f"{sum(counts) / (perf_counter() - began):.0f} changes"
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _save_changes(store: Store, calendar: int) -> None:
    start = crowd.NOW + timedelta(hours=calendar % 1000)
    things = [
        StoredObject(f"/changed{at}.ics", f'"{calendar}"', f"changed{at}", ((start + at * HOUR, start + (at + 1) * HOUR, "busy", False),))
        for at in range(CHANGED)
    ]  # fmt: skip
    with store.writing() as tx:
        agent = f"agent{calendar - 1}"
        slots.save_objects(tx, calendar, agent, things, ())
        tx.execute(
            schema.calendars.update().where(schema.calendars.c.id == calendar).values(seen_at=crowd.NOW)
        )
