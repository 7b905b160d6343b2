"""Calendar servers behind one interface: `open_connector` gives the connector for an account's kind.

The contract is `connectors.interface`; how to add a server is told in docs/adding-a-connector.md.
"""

from connectors.account import Account, Connections
from connectors.interface import Connector, Unsupported

__all__ = ["Account", "Connections", "open_connector"]


def open_connector(account: Account, login: str, secret: str, connections: Connections) -> Connector:
    """A connector for one login. Nothing is sent yet. Raises Unsupported for a kind this version can't speak to."""
    if account.kind == "caldav":
        # Imported here because XML and iCalendar cost start-up time that most commands need not spend.
        from connectors.caldav.connector import CalDavConnector

        return CalDavConnector(account, login, secret, connections)
    if account.kind == "outlook":
        # Imported here for the same reason, and because msal is large.
        from connectors.outlook.connector import OutlookConnector

        return OutlookConnector(account, login, secret, connections)
    raise Unsupported(f"accounts of kind {account.kind!r} are not known", "caldav and outlook are")
