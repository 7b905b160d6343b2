"""Sessions at the page: who is signed in and until when; a session never outlives its token."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from worlds import World

from syncd.actions.sessions import LASTS, is_mark_of, let_in, mark_of, sign_in, sign_out, signed_in
from syncd.actions.tokens import Caller, create_token, revoke_token
from syncd.errors import TokenRefused

SECOND = timedelta(seconds=1)


def test_who_signed_in_is_known_until_the_working_day_is_over(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan", name="jan")
    held = sign_in(world.ctx, made.secret)
    found = signed_in(world.ctx, held)
    assert found.caller == Caller("jan", "write")
    assert is_mark_of(held, found.mark)
    world.now += LASTS - SECOND
    assert signed_in(world.ctx, held) == found
    world.now += SECOND
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, held)


def test_a_session_ends_with_its_token(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan")
    held = sign_in(world.ctx, made.secret)
    revoke_token(world.ctx, made.token.id, by="jan")
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, held)
    short = sign_in(world.ctx, create_token(world.ctx, "read", by="jan", lasts=10 * SECOND).secret)
    world.now += 10 * SECOND
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, short)


def test_a_session_ends_when_its_agent_is_no_longer_configured(world: World) -> None:
    held = sign_in(world.ctx, create_token(world.ctx, "read", by="jan", agent="cleo").secret)
    assert signed_in(world.ctx, held).caller.agent == "cleo"
    text = (world.folder / "config.toml").read_text()
    world.configure(text.replace('"cleo', '"dora'))
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, held)


def test_signing_out_ends_this_session_and_no_other(world: World) -> None:
    secret = create_token(world.ctx, "read", by="jan").secret
    one, other = sign_in(world.ctx, secret), sign_in(world.ctx, secret)
    sign_out(world.ctx, one)
    sign_out(world.ctx, one)
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, one)
    assert signed_in(world.ctx, other).caller.scope == "read"


@pytest.mark.parametrize("held", ["", "a", "\ud800", "x" * 43])
def test_nothing_else_is_a_session(world: World, held: str) -> None:
    with pytest.raises(TokenRefused):
        signed_in(world.ctx, held)


def test_a_token_that_lets_nobody_in_begins_no_session(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan")
    for secret in ("", made.secret[:-1] + "~", made.secret.replace("syncd_1_", "syncd_9_")):
        with pytest.raises(TokenRefused):
            sign_in(world.ctx, secret)
    revoke_token(world.ctx, made.token.id, by="jan")
    for number in (made.token.id, 99):
        with pytest.raises(TokenRefused):
            let_in(world.ctx, number)
    with world.store.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM sessions")).scalar() == 0


def test_who_is_let_in_is_whom_the_token_stands_for(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan", agent="anna")
    assert signed_in(world.ctx, let_in(world.ctx, made.token.id)).caller.agent == "anna"


def test_what_the_browser_holds_is_nowhere_in_the_store(world: World) -> None:
    held = sign_in(world.ctx, create_token(world.ctx, "read", by="jan").secret)
    with world.store.reading() as tx:
        (row,) = [str(tuple(row)) for row in tx.execute(text("SELECT * FROM sessions"))]
    assert held not in row
    assert mark_of(held) not in row


def test_the_next_sign_in_forgets_sessions_that_are_over(world: World) -> None:
    secret = create_token(world.ctx, "read", by="jan").secret
    sign_in(world.ctx, secret)
    world.now += LASTS
    sign_in(world.ctx, secret)
    with world.store.reading() as tx:
        assert tx.execute(text("SELECT count(*) FROM sessions")).scalar() == 1


def test_a_mark_belongs_to_one_session() -> None:
    assert mark_of("one") != mark_of("other")
    assert not is_mark_of("one", mark_of("other"))
    assert not is_mark_of("one", "")
    assert not is_mark_of("one", "\ud800")
