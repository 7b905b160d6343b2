"""Running the migrations inside a transaction that somebody else opened and will commit: all of them, or nothing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

HERE = Path(__file__).parent


def settings() -> Config:
    """Alembic's settings; there is no alembic.ini, the place of the scripts is all it needs."""
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    return config


def upgrade(tx: Connection, revision: str = "head") -> None:
    """Run the migrations that are missing, up to `revision`, in the given transaction."""
    config = settings()
    config.attributes["tx"] = tx
    command.upgrade(config, revision)


def revisions() -> tuple[str, ...]:
    """All migrations there are, oldest first."""
    scripts = ScriptDirectory.from_config(settings())
    return tuple(reversed([script.revision for script in scripts.walk_revisions()]))
