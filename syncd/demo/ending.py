"""How the demo is stopped: SIGINT, SIGTERM and SIGHUP unwind it, so that everything it put up is taken down in order.

signal(7). A second signal can't disturb the tidying: from the first on, further ones are ignored.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stopped(BaseException):
    """Somebody asked the demo to stop; no `except Exception` may swallow it. `number`: by which signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.number = number


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it, the first signal raises `Stopped`; afterwards signals mean what they meant before."""

    def stop(number: int, _frame: FrameType | None) -> None:
        ignore_signals()
        raise Stopped(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    try:
        for number in SIGNALS:
            if number != signal.SIGHUP or before[number] is not signal.SIG_IGN:  # `nohup` asked for that
                signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Tidying has begun and is not to be cut off; it is short."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
