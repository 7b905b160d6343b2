"""An account (a server and how it is reached), and the connections a process keeps to all of them: the public names."""

from connectors.http.account import Account, Connections

__all__ = ["Account", "Connections"]
