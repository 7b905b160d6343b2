"""`syncd demo`: the daemon on its embedded default, a local CalDAV server with example agents."""

from typing import Annotated

import typer

from syncd.cli.options import ConfigFile
from syncd.config import HttpConfig
from syncd.demo import once, serve

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    tells_once: Annotated[
        bool, typer.Option("--once", help="Tell the whole story on free ports, verify each step, and end.")
    ] = False,
    listen: Annotated[
        str, typer.Option(metavar="ADDR", help="Where the page and the HTTP interface listen.")
    ] = HttpConfig().listen,
    outlook: Annotated[
        bool, typer.Option("--outlook", help="With half of the agents on a fake Microsoft Graph.")
    ] = False,
    config: ConfigFile = None,
) -> int:
    """The daemon with an embedded store and a local calendar server of example agents, until Ctrl-C.

    The demo makes its own configuration; --config is taken, as everywhere, and not read.
    """
    del config
    return once(outlook=outlook) if tells_once else serve(listen, outlook=outlook)
