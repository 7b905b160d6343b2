"""The PostgreSQL side of the way in: how connections are set up, for reading a snapshot and for writing.

A node that is paused (a frozen virtual machine) in the middle of a transaction must not hold up the others: PostgreSQL ends
its session after a while, and nobody waits for a lock without end (manual, "Client Connection Defaults").
"""

from sqlalchemy import URL, Connection, Engine, RootTransaction, create_engine

WAITS = "-c lock_timeout=5s -c idle_in_transaction_session_timeout=10s"

CONNECTION = {
    "application_name": "syncd",
    "connect_timeout": "10",
    "tcp_user_timeout": "10000",
    "options": WAITS,
}

READERS = 8
"""How many who only read are best let in at once: most of them wait for the server. For so many the connections are kept."""


def engines(url: URL) -> tuple[Engine, Engine]:
    """The reading and the writing engine, over one pool. What the URL itself sets goes before `CONNECTION`."""
    wanted = {name: value for name, value in CONNECTION.items() if name not in url.query}
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"), connect_args=wanted, hide_parameters=True, pool_pre_ping=True,
        pool_size=READERS, max_overflow=24, pool_timeout=30,
    )  # fmt: skip
    reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    writer = engine.execution_options(isolation_level="READ COMMITTED")
    return reader, writer


def begin(connection: Connection, *, durable: bool) -> RootTransaction:  # noqa: ARG001 - as on SQLite
    """Begin a transaction, always a durable one: other nodes outlive the server's machine, and one that has seen what the server
    then forgets (synchronous_commit=off) would go on from there: a sync token without what had come before it.
    """
    return connection.begin()
