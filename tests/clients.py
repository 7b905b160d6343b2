"""An HTTP client of the connectors, as tests of the HTTP layer use it."""

from scripted import ScriptedServer

from connectors.account import Account, Connections
from connectors.http.client import HttpClient

LOGIN = "anna@example.com"
SECRET = "s3cr3t-wörd"


def client(
    server: ScriptedServer,
    connections: Connections,
    *,
    auth: str = "basic",
    secret: str = SECRET,
    **account: object,
) -> HttpClient:
    """A client for the login of this file at a scripted server; `account`: further fields of it."""
    return HttpClient(Account("caldav", server.url, auth=auth, **account), LOGIN, secret, connections)
