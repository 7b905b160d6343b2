"""Histories of an office worth keeping: short ones in which each rule of delivery, mail and drift decides something.

Found by breaking the rules one after the other: chance alone comes to these rarely, and a broken rule must not pass.
"""

from collections.abc import Callable, Iterator
from typing import Any

from officelife import GUESTS

from connectors.interface import Unreachable
from syncd.actions.drifting import restore_drift

Act = tuple[Any, ...]
GONE = Unreachable("gone")
MOVE, CANCEL = ("it_is_moved", "m1", 20), ("it_is_cancelled_or_ends", "m1", "cancel")
TO_BEN, TO_CLEO, TO_ANNA = (("it_is_handed_over", "m1", one) for one in ("ben", "cleo", "anna"))
INVITE, CORRECT = ("a_guest_is_invited", "m1", GUESTS[1]), ("an_address_is_corrected", "m1")
WORK, TICK, LATER = ("deliveries_are_worked_off",), ("time_passes", 11), ("time_passes", 120)


def moved(hours: int) -> Act:
    return ("it_is_moved", "m1", hours)


def cut_off(changes: Callable[[int], tuple[Act, ...]], seams: range) -> Iterator[Act]:
    """Changes, and a worker who dies at the n-th seam of delivering them; for each n."""
    for seam in seams:
        yield from (*changes(seam), ("a_worker_dies", seam), TICK)


def overtaken(
    change: Callable[[int], Act], meanwhile: Callable[[int], tuple[Act, ...]], seams: range
) -> Iterator[Act]:
    """A change, and a worker who delivers it while something else happens at the n-th seam; for each n."""
    for seam in seams:
        yield from (change(seam), ("a_worker_is_overtaken", seam, list(meanwhile(seam))), TICK)


def to(seam: int) -> Act:
    return (TO_BEN, TO_CLEO, TO_ANNA)[seam % 3]


SEAMS = range(1, 31)
"""Claimed, the event written, its agent and one guest mailed: in all so many."""

HISTORIES: dict[str, tuple[str, bool, tuple[Act, ...]]] = {
    "handed over": ("flag", False, (TO_BEN, WORK, ("it_is_handed_over", "m2", "cleo"))),
    "handed on and back": ("flag", False, (TO_BEN, WORK, TO_ANNA, WORK, TO_BEN, TO_CLEO, TO_ANNA, TO_BEN)),
    "back before it was gone": (
        "flag", False, (("a_request_will_fail", "anna", "remove", GONE, False, 2), TO_BEN, WORK, TO_ANNA, WORK),
    ),
    "moved and invited": ("flag", False, (MOVE, WORK, INVITE, WORK, CORRECT, WORK, moved(30))),
    "cancelled": ("flag", False, (MOVE, WORK, CANCEL)),
    "cancelled and kept": ("flag", True, (TO_CLEO, WORK, CANCEL)),
    "drift while another calendar is owed": (
        "restore", False,
        (
            TO_BEN, ("a_request_will_fail", "anna", "remove", GONE, False, 3), WORK,
            ("an_agent_changes_what_is_there", "ben", 0, "move"), LATER, LATER,
        ),
    ),
    "drift while another calendar is owed, and accepted": (
        "accept", False,
        (
            TO_BEN, ("a_request_will_fail", "anna", "remove", GONE, False, 3), WORK,
            ("an_agent_changes_what_is_there", "ben", 0, "move"), LATER, LATER,
        ),
    ),
    "moved again and again by its agent": (
        "restore", False,
        tuple(one for _ in range(5) for one in (("an_agent_changes_what_is_there", "anna", 0, "move"), LATER, LATER)),
    ),
    "what its agent did is left": (
        "flag", False, (("an_agent_changes_what_is_there", "anna", 0, "edit"), LATER, ("tokens_are_lost",), LATER),
    ),
    "put back by a person": (
        "flag", False,
        (("an_agent_changes_what_is_there", "anna", 0, "move"), LATER, ("somebody_settles_drift", 0, restore_drift), WORK),
    ),
}  # fmt: skip

MUCH_LIKE_ANOTHER = {
    "handed over", "back before it was gone", "drift while another calendar is owed, and accepted", "moved again and again by its agent",
}  # fmt: skip

AT_EVERY_SEAM: dict[str, tuple[str, bool, tuple[Act, ...]]] = {
    "workers die while it is moved": ("flag", False, tuple(cut_off(lambda n: (moved(10 + n % 3),), SEAMS))),
    "workers die while it is handed over": ("flag", False, tuple(cut_off(lambda n: (to(n),), SEAMS))),
    "moved while it is told": (
        "flag", False, tuple(overtaken(lambda n: moved(10 + n % 3), lambda n: (moved(20 + n),), SEAMS)),
    ),
    "handed over while it is moved": (
        "flag", False, tuple(overtaken(lambda n: moved(10 + n % 3), lambda n: (to(n),), SEAMS)),
    ),
    "a worker stands still": (
        "flag", False, tuple(overtaken(lambda n: moved(10 + n % 3), lambda n: (moved(20 + n), TICK), SEAMS)),
    ),
    "handed back while a worker stands still": (
        "flag", False,
        tuple(overtaken(lambda n: (TO_BEN, TO_ANNA)[n % 2], lambda n: ((TO_ANNA, TO_BEN)[n % 2], TICK), SEAMS)),
    ),
}  # fmt: skip
"""The same at the first, the second, ... moment of a worker's work."""
