"""How hard Graph is asked: one read at a time, writes first, silence where it asks for silence."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta

import pytest

from connectors.interface import Throttled
from connectors.outlook.limits import LONGEST_SILENCE, Bucket, MailboxQueue


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Watch:
    """How many requests are under way in a queue, and the most there ever were."""

    def __init__(self, queue: MailboxQueue) -> None:
        self.queue = queue
        self.lock = threading.Lock()
        self.now = {True: 0, False: 0}
        self.most = {True: 0, False: 0, None: 0}

    @contextmanager
    def request(self, *, write: bool) -> Iterator[None]:
        with self.queue.turn(write=write):
            with self.lock:
                self.now[write] += 1
                self.most[write] = max(self.most[write], self.now[write])
                self.most[None] = max(self.most[None], sum(self.now.values()))
            yield
            with self.lock:
                self.now[write] -= 1


@pytest.mark.parametrize("most", [1, 2, 4])
def test_reads_go_one_at_a_time_and_never_more_than_allowed_are_under_way(most: int) -> None:
    watch, barrier = Watch(MailboxQueue(most)), threading.Barrier(12)

    def work(number: int) -> None:
        barrier.wait()
        for turn in range(20):
            with watch.request(write=(number + turn) % 3 == 0):
                pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert watch.most[False] == 1
    assert 1 <= watch.most[None] <= most


def test_a_write_overtakes_a_running_read_and_goes_before_waiting_ones() -> None:
    queue, order = MailboxQueue(2), []
    with ExitStack() as first_read:
        first_read.enter_context(queue.turn(write=False))
        with queue.turn(write=True):
            order.append("write beside the read")
            second_write, waiting_read = threading.Event(), threading.Event()

            def write() -> None:
                second_write.set()
                with queue.turn(write=True):
                    order.append("waiting write")

            def read() -> None:
                waiting_read.set()
                with queue.turn(write=False):
                    order.append("waiting read")

            threads = [threading.Thread(target=write), threading.Thread(target=read)]
            threads[0].start()
            second_write.wait()
            while queue._writes_waiting == 0:
                pass
            threads[1].start()
            waiting_read.wait()
            first_read.close()
    for thread in threads:
        thread.join()
    assert order == ["write beside the read", "waiting write", "waiting read"]


def test_after_a_refusal_nothing_is_sent_until_then() -> None:
    hand = Hand()
    queue = MailboxQueue(2, hand)
    assert queue.refused(timedelta(seconds=30)) == timedelta(seconds=30)
    for write in (False, True):
        with pytest.raises(Throttled) as told, queue.turn(write=write):
            pass
        assert told.value.retry_after == timedelta(seconds=30)
    queue.refused(timedelta(seconds=1))  # an earlier, shorter word does not shorten it
    hand.now += 29
    with pytest.raises(Throttled), queue.turn(write=False):
        pass
    hand.now += 1
    with queue.turn(write=False):
        pass


def test_refusals_that_name_no_time_make_the_silence_grow_until_an_answer_comes() -> None:
    hand = Hand()
    queue = MailboxQueue(2, hand)
    waits = []
    for _ in range(9):
        waits.append(queue.refused(None).total_seconds())
        hand.now += LONGEST_SILENCE
    assert waits[:4] == [5, 10, 20, 40]
    assert waits[-1] == LONGEST_SILENCE
    queue.answered()
    assert queue.refused(None).total_seconds() == 5


def test_who_waits_for_a_turn_is_told_of_a_refusal_at_once() -> None:
    queue, told = MailboxQueue(1), threading.Event()

    def wait() -> None:
        try:
            with queue.turn(write=False):
                pass
        except Throttled:
            told.set()

    with queue.turn(write=False):
        thread = threading.Thread(target=wait)
        thread.start()
        queue.refused(timedelta(seconds=30))
        assert told.wait(30)
    thread.join()


def test_the_tenants_rate_is_kept_on_average() -> None:
    hand, slept = Hand(), []
    bucket = Bucket(rate=10, burst=5, clock=hand)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        hand.now += seconds

    began = hand.now
    for _ in range(105):
        bucket.take(sleep)
    assert slept[:5] != [0] * 5
    assert hand.now - began == pytest.approx(10.0)
