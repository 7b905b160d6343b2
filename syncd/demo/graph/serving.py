"""Serves a fake Graph over TLS on loopback, and says how it is reached: as a tenant's administrator would."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from syncd.demo.graph.fake import FakeGraph
from syncd.demo.graph.server import Server
from syncd.demo.graph.tls import Authority

RECORD = "SYNCD_GRAPH_RECORD"


@dataclass(frozen=True)
class Running:
    """A fake Graph that is being served. These are the keys of an account of kind "outlook", by their names there."""

    fake: FakeGraph
    server: Server
    authorities: Authority

    @property
    def graph_url(self) -> str:
        """https://127.0.0.1:PORT/v1.0"""
        return f"https://127.0.0.1:{self.server.port}/v1.0"

    @property
    def authority(self) -> str:
        """https://127.0.0.1:PORT/TENANT"""
        return f"https://127.0.0.1:{self.server.port}/{self.fake.tenant}"

    @property
    def ca_file(self) -> Path:
        return self.authorities.ca_file

    @property
    def tenant(self) -> str:
        return self.fake.tenant

    @property
    def client_id(self) -> str:
        return self.fake.client_id

    @property
    def client_secret(self) -> str:
        return self.fake.secret


@contextmanager
def serve(fake: FakeGraph, *, port: int = 0, bell: bool = True) -> Iterator[Running]:
    """Serve it until the block ends; nothing is left then, running or on disk. `bell`: notifications are sent by themselves.

    If the environment's SYNCD_GRAPH_RECORD names a folder, the record of all exchanges is left there (`recording`).
    """
    with tempfile.TemporaryDirectory(prefix="syncd-graph-") as folder:
        authority = Authority(Path(folder))
        fake.bell.tls = authority.client_side()
        server = Server(fake.app, authority.server_side(), port)
        if bell:
            fake.bell.start()
        try:
            yield Running(fake, server, authority)
        finally:
            server.close()
            if bell:
                fake.bell.stop()
            if kept := os.environ.get(RECORD):
                fake.app.recording.write(Path(kept, f"{uuid.uuid4()}.jsonl"))
