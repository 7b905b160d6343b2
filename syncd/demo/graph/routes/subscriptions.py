"""Subscriptions: who is told of changes (Graph: resource type subscription; change notifications by webhook)."""

import re
import uuid
from datetime import datetime, timedelta

from syncd.demo.graph.asking import Answer, Call
from syncd.demo.graph.moments import said_instant
from syncd.demo.graph.query import context
from syncd.demo.graph.refusal import Json, Refused, not_read
from syncd.demo.graph.routes.table import route
from syncd.demo.graph.state import Subscription
from syncd.demo.graph.things import Mailbox

RESOURCE = re.compile(r"/?users(?:/([^/]+)|\('([^']+)'\))/(?:calendar/)?events/?\Z", re.IGNORECASE)
LONGEST_STATE = 128
SHORTEST = timedelta(minutes=45)
MOST = 1000
KINDS = {"created", "updated", "deleted"}
FAILURES: dict[str, tuple[int, str, str]] = {
    "policy": (403, "ExtensionError", "Operation: Create; Exception: [Status Code: Forbidden; Reason: Access to OData is disabled.]"),
    "not-enabled": (404, "ExtensionError", "Operation: Create; Exception: [Status Code: NotFound; Reason: The requested user has no mailbox: REST API is not yet supported for this mailbox.]"),
    "backend": (404, "ExtensionError", "Operation: Create; Exception: [Status Code: NotFound; Reason: The mailbox is currently on backend 'Unknown'.]"),
    "resource": (400, "ExtensionError", "Operation: Create; Exception: [Status Code: BadRequest; Reason: 'Resource' is invalid.]"),
    "closed": (400, "InvalidRequest", "The underlying connection was closed: A connection that was expected to be kept alive was closed by the server."),
}  # fmt: skip
"""How a mailbox refuses to be subscribed to (closeio/sync-engine, and threads)."""


@route("POST", "subscriptions")
def create_subscription(call: Call) -> Answer:
    """Checked here; the two handshakes were made before, outside of the lock."""
    said = call.fields()
    mailbox = checked(call, said)
    _room(call, mailbox, said)
    expires_at = _until(call, said)
    made = Subscription(str(uuid.uuid4()), mailbox, said, expires_at, call.prefer.immutable, call.app)
    call.state.subscriptions[made.id] = made
    return Answer(201, _entity(call, made))


@route("GET", "subscriptions")
def list_subscriptions(call: Call) -> Answer:
    """Those of the application that asks."""
    mine = [one for one in _alive(call).values() if one.app == call.app]
    return Answer(200, {"@odata.context": context(call), "value": [_form(one) for one in mine]})


@route("GET", "subscriptions/{subscription}")
def get_subscription(call: Call) -> Answer:
    return Answer(200, _entity(call, _named(call)))


@route("PATCH", "subscriptions/{subscription}")
def renew_subscription(call: Call) -> Answer:
    """A new expiration; also the answer to reauthorizationRequired."""
    found, said = _named(call), call.fields()
    if "expirationDateTime" in said:
        found.expires_at = _until(call, said)
    return Answer(200, _entity(call, found))


@route("POST", "subscriptions/{subscription}/reauthorize")
def reauthorize(call: Call) -> Answer:
    _named(call)
    return Answer(204)


@route("DELETE", "subscriptions/{subscription}")
def delete_subscription(call: Call) -> Answer:
    del call.state.subscriptions[_named(call).id]
    return Answer(204)


def checked(call: Call, said: Json) -> Mailbox:
    """The mailbox asked for. Raises Refused for anything that is not as it must be."""
    for name in ("changeType", "notificationUrl", "resource", "expirationDateTime"):
        if not isinstance(said.get(name), str) or not said[name]:
            raise _invalid(f"The property '{name}' is required")
    if not {kind.strip() for kind in said["changeType"].split(",")} <= KINDS:
        raise _invalid("changeType is created, updated, deleted")
    if len(said.get("clientState") or "") > LONGEST_STATE:
        raise _invalid("clientState is too long")
    urls = [said["notificationUrl"], said.get("lifecycleNotificationUrl") or said["notificationUrl"]]
    if not call.state.knobs.plain_http and any(not url.startswith("https://") for url in urls):
        raise _invalid("Notification url must be https")
    return _mailbox(call, said["resource"])


def _mailbox(call: Call, resource: str) -> Mailbox:
    found = RESOURCE.match(resource)
    mailbox = call.state.found(found[1] or found[2]) if found else None
    if mailbox is None:
        raise Refused(*FAILURES["resource"])
    if mailbox.refuses_subscriptions:
        raise Refused(*FAILURES[mailbox.refuses_subscriptions])
    return mailbox


def _room(call: Call, mailbox: Mailbox, said: Json) -> None:
    there = [one for one in _alive(call).values() if one.mailbox is mailbox]
    if len(there) >= MOST:
        raise Refused(
            403,
            "ExtensionError",
            "Operation: Create; Exception: [Status Code: Forbidden; Reason: too many subscriptions.]",
        )
    alike = ("resource", "changeType", "notificationUrl")
    twice = any(all(one.said[name] == said[name] for name in alike) for one in there)
    if twice and call.state.knobs.duplicate_subscription == "refused":
        raise Refused(409, "Conflict", "A subscription of this kind exists already.")


def _until(call: Call, said: Json) -> datetime:
    now, longest = call.state.clock.now(), call.state.knobs.longest_subscription
    try:
        asked = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", str(said["expirationDateTime"])))
    except ValueError as error:
        raise not_read("Cannot convert the literal to 'Edm.DateTimeOffset'.") from error
    if asked.tzinfo is None:
        raise not_read("Cannot convert the literal to 'Edm.DateTimeOffset'.")
    if asked <= now:
        raise _invalid("Subscription expiration must be in the future")
    if asked > now + longest and call.state.knobs.over_long_subscription == "refused":
        raise _invalid(
            f"Subscription expiration can only be {longest // timedelta(minutes=1)} minutes in the future"
        )
    return min(max(asked, now + SHORTEST), now + longest)


def _alive(call: Call) -> dict[str, Subscription]:
    """Those that have not expired; the others are forgotten."""
    now, held = call.state.clock.now(), call.state.subscriptions
    for key in [key for key, one in held.items() if one.expires_at <= now]:
        del held[key]
    return held


def _named(call: Call) -> Subscription:
    found = _alive(call).get(call.args["subscription"])
    if found is None or found.app != call.app:
        raise Refused(404, "ResourceNotFound", "The object was not found.")
    return found


def _form(one: Subscription) -> Json:
    return {
        "id": one.id, "resource": one.said["resource"], "applicationId": one.app, "changeType": one.said["changeType"],
        "clientState": None, "notificationUrl": one.said["notificationUrl"],
        "lifecycleNotificationUrl": one.said.get("lifecycleNotificationUrl"), "expirationDateTime": said_instant(one.expires_at),
        "creatorId": one.app, "latestSupportedTlsVersion": "v1_2", "includeResourceData": False,
        "encryptionCertificate": None, "encryptionCertificateId": None, "notificationUrlAppId": None,
        "notificationQueryOptions": None,
    }  # fmt: skip


def _entity(call: Call, one: Subscription) -> Json:
    said = {"clientState": one.said.get("clientState")} if call.request.method == "POST" else {}
    return {"@odata.context": f"{context(call)}/$entity", **_form(one), **said}


def _invalid(what: str) -> Refused:
    return Refused(400, "ValidationError", f"Subscription validation request failed. {what}.")
