"""Who may come in over HTTP: tokens, and how far each reaches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

TokenScope = Literal["read", "write", "admin"]


@dataclass(frozen=True, slots=True)
class Token:
    """What lets a program, or a person at the page, in over HTTP. `agent`: bound to what is this agent's; None: an operator.

    `scope`: each one includes those before it. Its secret is known to its owner alone.
    """

    id: int
    name: str | None
    scope: TokenScope
    agent: str | None
    made_by: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def label(self) -> str:
        """By which the journal names it: its name, or the one it has without."""
        return self.name or f"token {self.id}"


@dataclass(frozen=True, slots=True)
class Session:
    """A person signed in at the page with a token (its number). What their browser holds is known to it alone."""

    token: int
    began_at: datetime
    expires_at: datetime
