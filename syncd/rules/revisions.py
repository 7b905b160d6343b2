"""What a calendar's marks tell by themselves: its revisions (CalDAV: ctag, sync token; opaque, but many of them count), and its
identity."""

import re

COUNTER = re.compile(r"(?P<before>.*?)(?P<number>\d{1,18})(?P<after>[^0-9a-zA-Z]*(?: at \S*)?)")


def runs_back(before: str, after: str) -> bool:
    """Do both revisions count, and has the count gone down? Then the server was restored from a backup, or the calendar was made
    anew at its old address, and what it calls the changes since then would leave out others."""
    old, new = COUNTER.fullmatch(before), COUNTER.fullmatch(after)
    if old is None or new is None or old["before"] != new["before"] or old["after"] != new["after"]:
        return False
    return int(new["number"]) < int(old["number"])


def made_anew(before: str, after: str) -> bool:
    """Do both identities say which calendar this is, in the same way, and not the same? Then the one that was known is gone, and
    whatever marks, tokens and etags are alike are so by chance."""
    (kind, _, one), (other_kind, _, other) = before.partition(" "), after.partition(" ")
    return kind == other_kind and bool(one and other) and one != other


UNSTEADY = "unsteady"
"""The identity of a calendar whose server names it anew again and again."""


def kept_identity(before: str, after: str, *, same: bool) -> str:
    """What to remember once everything was read. `same`: all that was known is still there as it was, so an identity that has
    changed says nothing: it is not listened to any more, or everything would be fetched in each cycle."""
    if before == UNSTEADY or (same and made_anew(before, after)):
        return UNSTEADY
    return after or before
