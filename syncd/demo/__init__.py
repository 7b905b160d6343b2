"""The embedded default: the real daemon beside a local CalDAV server with six example agents.

`serve` runs until it is told to stop; `once` tells the whole story, checks every step, and ends. people and calendars are
the data, server starts the calendar server, stage puts it all up in a temporary folder, onlooker and mailboxes are the
independent clients, story has the steps. `graph` is a fake Microsoft Graph for half of the agents, on request.
"""

from syncd.demo.serve import serve
from syncd.demo.story import once

__all__ = ["once", "serve"]
