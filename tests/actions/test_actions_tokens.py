"""Who comes in with a token, how long, and as whom; what nobody gets in with."""

from dataclasses import replace
from datetime import timedelta
from sqlite3 import connect

import pytest
from sqlalchemy import text
from stores import counted, sqlite_only
from worlds import AGENT, HEAD, World

from store.database import open_store
from syncd.actions.tokens import Caller, create_token, revoke_token, token_list, who
from syncd.errors import Refused, TokenRefused, Unknown

MINUTE = timedelta(minutes=1)


def test_who_comes_with_a_token_is_named_by_it(world: World) -> None:
    platform = create_token(world.ctx, "write", by="jan", name=" the\tplatform ")
    agents = create_token(world.ctx, "read", by="jan", agent="anna")
    assert who(world.ctx, platform.secret) == Caller("the platform", "write", None)
    assert who(world.ctx, agents.secret) == Caller(f"token {agents.token.id}", "read", "anna")
    assert platform.secret != agents.secret
    assert len(platform.secret.split("_", 2)[2]) == 43, "256 bits in base64"


def test_the_secret_is_nowhere_in_the_store(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan")
    with world.store.reading() as tx:
        rows = [str(tuple(row)) for row in tx.execute(text("SELECT * FROM tokens"))]
    assert len(rows) == 1
    assert made.secret not in rows[0]
    assert made.secret.split("_", 2)[2] not in rows[0]


@sqlite_only
@pytest.mark.parametrize(
    "change",
    [
        lambda secret: "",
        lambda secret: secret[:-1],
        lambda secret: secret[:-1] + ("A" if secret[-1] != "A" else "B"),
        lambda secret: secret.upper(),
        lambda secret: secret + "\n",
        lambda secret: secret.replace("syncd_1_", "syncd_2_"),
        lambda secret: secret.replace("syncd_1_", "syncd_01_"),
        lambda secret: secret.replace("syncd_1_", "syncd_\u0661_"),
        lambda secret: "syncd_" + "9" * 30 + "_" + "a" * 43,
        lambda secret: "\ud800\x00" + secret,
    ],
)
def test_anything_else_is_not_known(world: World, change) -> None:
    made = create_token(world.ctx, "write", by="jan")
    create_token(world.ctx, "admin", by="jan")
    with pytest.raises(TokenRefused, match="not known"):
        who(world.ctx, change(made.secret))
    assert who(world.ctx, made.secret).scope == "write"


@sqlite_only
def test_a_token_without_a_digest_lets_nobody_in(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan")
    with world.store.writing() as tx:
        tx.execute(text("UPDATE tokens SET digest = ''"))
    with pytest.raises(TokenRefused):
        who(world.ctx, made.secret)


def test_a_revoked_token_lets_nobody_in(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan")
    over = revoke_token(world.ctx, made.token.id, by="jan")
    assert over.revoked_at == world.now
    assert revoke_token(world.ctx, made.token.id, by="jan") == over
    with pytest.raises(TokenRefused, match="revoked"):
        who(world.ctx, made.secret)
    with pytest.raises(Unknown):
        revoke_token(world.ctx, 77, by="jan")


def test_a_token_is_good_until_the_moment_it_expires(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan", lasts=timedelta(days=90))
    world.now += timedelta(days=90) - timedelta(seconds=1)
    assert who(world.ctx, made.secret).scope == "read"
    world.now += timedelta(seconds=1)
    with pytest.raises(TokenRefused, match="expired"):
        who(world.ctx, made.secret)


def test_the_token_of_an_agent_who_is_gone_lets_nobody_in(world: World) -> None:
    made = create_token(world.ctx, "write", by="jan", agent="anna")
    world.configure(HEAD + AGENT.format(id="ben"))
    with pytest.raises(TokenRefused, match="no longer configured"):
        who(world.ctx, made.secret)
    with pytest.raises(Unknown):
        create_token(world.ctx, "write", by="jan", agent="anna")


def test_the_last_use_is_kept_once_a_minute(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan")
    before = world.store.commits
    for _ in range(3):
        who(world.ctx, made.secret)
    assert world.store.commits == before + 1
    world.now += MINUTE
    who(world.ctx, made.secret)
    assert world.store.commits == before + 2
    assert [one.last_used_at for one in token_list(world.ctx)] == [world.now]


@sqlite_only
def test_who_comes_is_one_look_at_the_store(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan")
    who(world.ctx, made.secret)
    with counted(world.store) as asked:
        who(world.ctx, made.secret)
    assert [one.split()[0] for one in asked] == ["BEGIN", "SELECT"]


@sqlite_only
def test_a_store_that_can_only_be_read_turns_nobody_away(world: World) -> None:
    made = create_token(world.ctx, "read", by="jan")
    other = open_store(world.store.url)
    ctx = replace(world.ctx, store=other)
    path = other.url.removeprefix("sqlite:///")
    lock = connect(path, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        assert who(ctx, made.secret).scope == "read"
    finally:
        lock.rollback()
        lock.close()
        other.dispose()
    assert [one.last_used_at for one in token_list(world.ctx)] == [None]


@sqlite_only
@pytest.mark.parametrize("name", ["", " ", "token 7", "Token 12", "x" * 65])
def test_a_name_that_could_be_another_ones_is_refused(world: World, name: str) -> None:
    with pytest.raises(Refused, match="name"):
        create_token(world.ctx, "read", by="jan", name=name)
    assert token_list(world.ctx) == []


def test_no_two_tokens_have_the_same_name(world: World) -> None:
    create_token(world.ctx, "read", by="jan", name="platform")
    with pytest.raises(Refused, match="platform"):
        create_token(world.ctx, "read", by="jan", name="platform")


@sqlite_only
def test_what_makes_no_sense_is_refused(world: World) -> None:
    with pytest.raises(Refused, match="bound to an agent"):
        create_token(world.ctx, "admin", by="jan", agent="anna")
    with pytest.raises(Refused, match="at once"):
        create_token(world.ctx, "read", by="jan", lasts=timedelta(0))
    assert token_list(world.ctx) == []


def test_each_scope_includes_those_before_it() -> None:
    assert [Caller("x", "write").may(scope) for scope in ("read", "write", "admin")] == [True, True, False]
    assert [Caller("x", "read").may(scope) for scope in ("read", "write", "admin")] == [True, False, False]
    assert all(Caller("x", "admin").may(scope) for scope in ("read", "write", "admin"))
