"""What somebody could guess bit by bit is compared in constant time: tokens, and the marks of forms.

How long a comparison takes can't be tested on a busy machine; that it is left to `hmac.compare_digest` can.
"""

import hmac

import pytest
from stores import sqlite_only
from worlds import World

from syncd.actions.sessions import is_mark
from syncd.actions.tokens import create_token, who
from syncd.errors import TokenRefused

pytestmark = sqlite_only

Compared = list[tuple[object, object]]


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> Compared:
    """All that was compared that way."""
    seen: Compared = []
    real = hmac.compare_digest

    def spy(one: bytes, another: bytes) -> bool:
        seen.append((one, another))
        return real(one, another)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    return seen


def test_tokens_and_marks(world: World, compared: Compared) -> None:
    secret = create_token(world.ctx, "read", by="test").secret
    assert who(world.ctx, secret).scope == "read"
    assert len(compared) == 1
    with pytest.raises(TokenRefused):
        who(world.ctx, secret[:-1] + ("A" if secret[-1] != "A" else "B"))
    with pytest.raises(TokenRefused):
        who(world.ctx, "syncd_99_" + "x" * 43)
    assert len(compared) == 3, "also where there is no such token"
    assert not is_mark("wanted", "another")
    assert len(compared) == 4
