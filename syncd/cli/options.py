"""The options and arguments that several commands have, each with the same name, meaning and help everywhere."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer


def _from_root(context: typer.Context, value: Path | None) -> Path | None:
    """`syncd --config FILE busy` means the same as `syncd busy --config FILE`; the nearest one counts."""
    above = context.parent
    while value is None and above is not None:
        value, above = above.params.get("config"), above.parent
    return value


def _json_above(context: typer.Context, value: bool) -> bool:
    """Likewise `syncd deliveries --json list`."""
    return value or (context.parent is not None and context.parent.params.get("as_json") is True)


ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", callback=_from_root,
        help="The configuration. Default: $SYNCD_CONFIG, /etc/syncd/config.toml, ./config.toml.",
    ),
]  # fmt: skip
AsJson: TypeAlias = Annotated[
    bool, typer.Option("--json", callback=_json_above, help="Print JSON, with times in UTC.")
]
AgentId: TypeAlias = Annotated[str, typer.Argument(metavar="AGENT", help="An agent's id.")]
MeetingId: TypeAlias = Annotated[str, typer.Argument(metavar="ID", help="The meeting's id.")]
Limit: TypeAlias = Annotated[int, typer.Option(min=1, max=1000, help="How many lines at most.")]
