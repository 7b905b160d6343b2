"""What a calendar's revisions tell by themselves (CalDAV: ctag, sync token; opaque, but many of them count)."""

import re

COUNTER = re.compile(r"(?P<before>.*?)(?P<number>\d{1,18})(?P<after>[^0-9a-zA-Z]*(?: at \S*)?)")


def runs_back(before: str, after: str) -> bool:
    """Do both revisions count, and has the count gone down? Then the server was restored from a backup, or the calendar was made
    anew at its old address, and what it calls the changes since then would leave out others."""
    old, new = COUNTER.fullmatch(before), COUNTER.fullmatch(after)
    if old is None or new is None or old["before"] != new["before"] or old["after"] != new["after"]:
        return False
    return int(new["number"]) < int(old["number"])
