"""The store follows the configuration: agents, logins and calendars are added, changed and removed there, never here."""

from connectors.ical import READER_VERSION
from store import agents
from store.agents import Followed
from syncd import logs
from syncd.actions.context import Context
from syncd.config import to_agents, to_logins


def follow(ctx: Context) -> Followed:
    """Make the store's directory what the configuration says, and tell what that changed."""
    with ctx.store.writing() as tx:
        followed = agents.follow(
            tx, to_agents(ctx.config), to_logins(ctx.config), ctx.clock(), reader=READER_VERSION
        )
        orphaned = agents.orphaned_meetings(tx, ctx.clock())
    for what, names in (
        ("added", followed.added),
        ("changed", followed.changed),
        ("removed", followed.removed),
    ):
        for name in names:
            logs.info(f"agent_{what}", agent=name)
    if followed.removed:
        for meeting in orphaned:
            logs.warning(
                "meeting_orphaned", meeting=meeting, hint="its copy is abandoned; assign it to someone else"
            )
    return followed
