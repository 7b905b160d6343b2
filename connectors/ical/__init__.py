"""iCalendar text and what it means: from bytes to busy intervals, and from our own appointments to bytes. Pure.

RFC 5545 (iCalendar), RFC 7529 (RSCALE: only the Gregorian calendar), RFC 7986 (CONFERENCE), [MS-OXCICAL] (Microsoft's
properties). A text is scanned once (`wellformed`, or `text` where it is out of the ordinary) into components (`component`).
Its zones are found by a ladder (`zones`, `observed`), its events become entries (`events`, `moments`, `meaning`), and entries are
expanded within a window (`expand`, over `series`, `alike`, `recurrence`, `rules`, `walk`, and `stride` for the common rules, `days` for all). `reduce` keeps what
later expansion needs, `write` and `own` are the way there and back of our own events, `titles` what events of an operator's own file are called,
`freebusy` what a server answers who is asked for busy time.
"""

from connectors.ical.freebusy import read_free_busy
from connectors.ical.limits import Limits
from connectors.ical.reader import read, read_object
from connectors.ical.recurrence import occurrences
from connectors.ical.titles import titles
from connectors.ical.write import write_event

READER_VERSION = "5"
"""Changes whenever objects would be read differently, so that what is stored can be read anew."""

__all__ = [
    "READER_VERSION",
    "Limits",
    "occurrences",
    "read",
    "read_free_busy",
    "read_object",
    "titles",
    "write_event",
]
