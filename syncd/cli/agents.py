"""`syncd agents`: everybody the store knows of. JSON: a list of agents as configured or provisioned."""

import typer

from syncd.actions.look import all_agents, logins_of
from syncd.cli.common import opened, print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import table
from syncd.shapes import agent_json, items

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def agents(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """All agents, with their groups and zones."""
    with opened(config) as ctx:
        found = all_agents(ctx)
        logins = logins_of(ctx, [one.id for one in found])
    if as_json:
        print_json(items(agent_json(one, logins[one.id]) for one in found))
        return 0
    rows = [
        (
            one.id, one.name, one.email, one.timezone, ", ".join(one.groups), "yes" if one.active else "no",
            one.provisioned_by or "the configuration",
        )
        for one in found
    ]  # fmt: skip
    table(("agent", "name", "mail", "timezone", "groups", "active", "by"), rows, empty="there are no agents")
    return 0
