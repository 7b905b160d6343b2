"""`syncd migrate`: make the store, or bring its tables to this version. `run` and `demo` do it themselves."""

import logging

import typer

from store.database import open_store
from syncd import logs
from syncd.cli.common import print_json
from syncd.cli.options import AsJson, ConfigFile
from syncd.cli.tables import say
from syncd.config import find, load

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def migrate(config: ConfigFile = None, as_json: AsJson = False) -> int:
    """Make the store, or bring its tables to this version; safe to repeat.

    JSON: {"store": url without its password, "ready": true}
    """
    logs.set_up(logging.WARNING)
    store = open_store(load(find(config)).store.url)
    try:
        store.migrate()
    finally:
        store.dispose()
    if as_json:
        print_json({"store": store.url, "ready": True})
    else:
        say(f"the store {store.url} is ready for this version")
    return 0
