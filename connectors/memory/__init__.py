"""A calendar server in memory, for the tests of everything above the connectors.

It keeps real iCalendar text, gives etags and sync tokens (RFC 6578) and can lose them, and fails where a test wants it
to, before or after the effect. Its connector keeps the same contract as every other and passes the same suite.
"""

from connectors.memory.connector import MemoryConnector, Operation
from connectors.memory.server import Call, MemoryServer

__all__ = ["Call", "MemoryConnector", "MemoryServer", "Operation"]
