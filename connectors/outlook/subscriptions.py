"""Asking Graph to tell us when a mailbox's events change (resource type subscription; change notifications by webhook).

A subscription lives for days at most and is renewed long before. Graph first shakes hands with the address it is to send
to, so creating one proves that it can be reached. Some mailboxes refuse; they are polled. What a notification says is
never believed further than "look again".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from connectors.interface import Conflict, Garbled, Unreachable
from connectors.outlook import errors
from connectors.outlook.client import Graph, Reply
from connectors.outlook.events import Json

LIFE = timedelta(minutes=4200)
"""How long a subscription is asked for: within the shorter of the two limits that Microsoft's pages give (4,230 min)."""

CHANGES = "created,updated,deleted"
MOST_PAGES = 1000
NO_HANDSHAKE = frozenset({"validationerror", "invalidrequest"})
"""Codes for an address that Graph could not reach or that did not answer as agreed; the second one passes by itself."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A subscription as Graph holds it: what of (`resource`), where to (`url`), until when."""

    id: str
    resource: str
    url: str
    expires_at: datetime


def resource_of(mailbox: str) -> str:
    """All events of a mailbox, as Graph names what is subscribed to."""
    return f"users/{quote(mailbox, safe='@')}/events"


def create(graph: Graph, mailbox: str, *, url: str, client_state: str, until: datetime) -> Subscribed:
    """Have changes of a mailbox told to `url`; `client_state` (at most 128 characters) comes with each notification.

    Graph calls `url` twice before it answers. Raises Unreachable if it could not, Conflict if there is such a
    subscription already, and what the client raises: NoAccess, Unsupported or CalendarGone from a mailbox that refuses.
    """
    asked = {
        "changeType": CHANGES,
        "resource": resource_of(mailbox),
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "expirationDateTime": _moment(until),
        "clientState": client_state,
    }
    reply = graph.post("/subscriptions", asked, expect=(400, 409))
    if reply.status == 409:
        raise Conflict("Graph has such a subscription already", "it is looked for and replaced")
    if reply.status == 400 and reply.code in NO_HANDSHAKE:
        hint = "is http.public_url reachable from the internet, and forwarded to http.listen?"
        raise Unreachable("Graph got no answer from our push address", hint)
    return _read(_good(reply))


def renew(graph: Graph, subscription: str, until: datetime) -> Subscribed | None:
    """Let it live until then; None if Graph no longer has it. Also a sign of life where one was asked for."""
    reply = graph.patch(_path(subscription), {"expirationDateTime": _moment(until)}, expect=(404,))
    return None if reply.status == 404 else _read(reply)


def reauthorize(graph: Graph, subscription: str) -> bool:
    """Give the sign of life that Graph asked for; False if it no longer has the subscription."""
    return graph.post(f"{_path(subscription)}/reauthorize", None, expect=(404,)).status != 404


def delete(graph: Graph, subscription: str) -> None:
    """End it; ended already is as good."""
    graph.delete(_path(subscription), expect=(404,))


def listed(graph: Graph) -> Iterator[Subscribed]:
    """All subscriptions of our application, for every mailbox."""
    link = "/subscriptions"
    for _ in range(MOST_PAGES):
        said = graph.get(link).json
        items = said.get("value") if isinstance(said, dict) else None
        if not isinstance(items, list):
            raise Garbled("Graph's answer is no list", "does something else answer at graph_url?")
        yield from (_subscribed(item) for item in items)
        following = said.get("@odata.nextLink")
        if not isinstance(following, str) or following == link:
            return
        link = following


def _path(subscription: str) -> str:
    return f"/subscriptions/{quote(subscription, safe='')}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _good(reply: Reply) -> Reply:
    if reply.status >= 300:
        raise errors.from_reply(reply)
    return reply


def _read(reply: Reply) -> Subscribed:
    return _subscribed(reply.json)


def _subscribed(said: Json) -> Subscribed:
    try:
        expires_at = datetime.fromisoformat(str(said["expirationDateTime"]))
        found = Subscribed(
            str(said["id"]), str(said["resource"]), str(said.get("notificationUrl") or ""), expires_at
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Garbled(
            "Graph's answer is no subscription", "does something else answer at graph_url?"
        ) from error
    return found if expires_at.tzinfo else _in_utc(found)


def _in_utc(found: Subscribed) -> Subscribed:
    return Subscribed(found.id, found.resource, found.url, found.expires_at.replace(tzinfo=UTC))
