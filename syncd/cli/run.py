"""`syncd run`: the daemon. All secrets are fetched before anything starts, so that a missing one is found at once.

sd_notify (systemd's READY=1) is the daemon's; this door only sees to what must be right before it.
"""

import typer

from store.database import open_store
from syncd import daemon, logs
from syncd.actions.context import Context
from syncd.cli.options import ConfigFile
from syncd.cli.secrets import resolve_all
from syncd.config import find, load

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def run(config: ConfigFile = None) -> int:
    """The daemon: keep calendars and meetings in step until it is told to stop (SIGTERM, Ctrl-C).

    It migrates its store itself. Log lines go to stderr.
    """
    logs.set_up()
    settings = load(find(config))
    for note in settings.notes():
        logs.warning("configuration", note=note)
    resolve_all(settings)
    return daemon.run(Context(settings, open_store(settings.store.url)))
