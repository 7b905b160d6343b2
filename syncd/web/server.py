"""Listening: uvicorn in a thread of the daemon, on an address that is taken before the daemon says that it is ready.

Meant to stand behind a reverse proxy that speaks TLS (docs/operations.md). It says nothing of itself, keeps no log of
requests, nor of what is none, and has room for so many at once and no more.
"""

import logging
import threading

import uvicorn
from starlette.types import ASGIApp

from syncd.web.listening import forget, listening, named

MOST_AT_ONCE = 128
IDLE_SECONDS = 5


class WebServer:
    """An application that is served from its creation until `stop`. Raises `CantListen`.

    `listen` is host and port (with port 0 a free one is taken, and `address` says which), or `unix:/path`.
    """

    def __init__(self, app: ASGIApp, listen: str) -> None:
        self._socket = listening(listen)
        self.address: str = named(self._socket)
        settings = uvicorn.Config(
            app, log_config=None, access_log=False, log_level=logging.ERROR, server_header=False,
            proxy_headers=False, lifespan="off", loop="asyncio", http="h11", ws="none",
            limit_concurrency=MOST_AT_ONCE, timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])

    def stop(self, seconds: float) -> bool:
        """Take no more requests, and wait a little for those under way; True if all ended."""
        if not self._server.should_exit:
            forget(self.address)
        self._server.should_exit = True
        self._thread.join(seconds)
        self._socket.close()
        return not self._thread.is_alive()
