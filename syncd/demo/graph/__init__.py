"""A Microsoft Graph that is none: a stateful fake of its calendars (v1.0), for tests and for `syncd demo --outlook`.

Built from Microsoft's pages and what others reported, never held against a live tenant. `FakeGraph` is the tenant, `serve`
puts it on a loopback port with TLS, `Knobs` names what can be turned.
"""

from syncd.demo.graph.fake import FakeGraph, Truth
from syncd.demo.graph.knobs import Knobs
from syncd.demo.graph.refusal import Refused
from syncd.demo.graph.serving import Running, serve

__all__ = ["FakeGraph", "Knobs", "Refused", "Running", "Truth", "serve"]
