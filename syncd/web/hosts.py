"""By which names this server may be asked for (RFC 9110 section 7.2).

A page elsewhere can make a browser ask a server on this machine, or in this network, by a name of its own that leads here
(DNS rebinding), and then read the answer. So the name has to be one of ours. An address in numbers can't be made up that way.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from syncd.config import HttpConfig
from syncd.web.listening import UNIX
from syncd.web.problems import OTHER_HOST, problem

HINT = "http.public_url and http.listen in its configuration say by which names it goes"


class OwnHosts:
    """An application that is asked by its own names only. `exempt`: paths that any name may be used for."""

    def __init__(self, app: ASGIApp, http: HttpConfig, exempt: frozenset[str]) -> None:
        self._app, self._names, self._exempt = app, own_names(http), exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fine = scope["type"] != "http" or scope["path"] in self._exempt
        if fine or is_own(Headers(scope=scope).get("host", ""), self._names):
            await self._app(scope, receive, send)
        else:
            await problem(OTHER_HOST, "this server does not go by that name", hint=HINT)(scope, receive, send)


def own_names(http: HttpConfig) -> frozenset[str]:
    """The names that the configuration gives this server, and `localhost`."""
    listening = "" if http.listen.startswith(UNIX) else http.listen.rpartition(":")[0].strip("[]")
    return frozenset(
        name.lower() for name in ("localhost", listening, urlsplit(http.public_url).hostname) if name
    )


def is_own(host: str, names: frozenset[str]) -> bool:
    """Is this Host (name, or address in numbers, with or without a port) one that we go by?"""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    return name in names or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
