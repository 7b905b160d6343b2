"""How the store fails: few errors, named by what they mean for the one who must act.

Messages name the store and what went wrong, hints what to do. Neither holds a password, a guest's address or a row's
content; errors of the database drivers are turned into these once, in `store.failures`.
"""


class StoreError(Exception):
    """The store can't do what was asked. `message` says what is wrong where, `hint` what the operator can do."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class StoreUnavailable(StoreError):
    """Locked, gone, full or not reachable: nothing was saved, and a later try may succeed."""


class StoreNotPermitted(StoreError):
    """Run as another user than the owner of the SQLite file. The hint is the command line that works."""


class NotMigrated(StoreError):
    """The tables are missing or older than this version of syncd needs."""


class NewerSchema(StoreError):
    """A newer version of syncd made these tables; this one would misread them and refuses."""


class Fenced(StoreError):
    """Somebody else took this work over (or it is no longer wanted): what was done here is not saved."""
