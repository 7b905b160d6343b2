"""Several requests in one (Graph: "Combine multiple HTTP requests using JSON batching")."""

import json
import random
from typing import Protocol

from syncd.demo.graph.asking import VERSION, Answer, Request
from syncd.demo.graph.refusal import Json, Refused, bad_request
from syncd.demo.graph.state import State
from syncd.demo.graph.throttle import refused

MOST = 20
AT_ONCE = 4


class Answering(Protocol):
    """Who answers a request of a batch."""

    state: State

    def answer(self, request: Request, *, inside: bool = False) -> Answer: ...


def answer(app: Answering, request: Request) -> Answer:
    """Every request answered for itself. Raises Refused for a batch that is none."""
    asked = _checked(request)
    done: dict[str, Json] = {}
    flying: dict[str, int] = {}
    for one in _in_order(asked):
        said = _one(app, request, one, done, flying)
        done[str(one["id"])] = {"id": str(one["id"]), **said}
    responses = list(done.values())
    if app.state.knobs.batch_shuffled:
        random.Random(len(responses)).shuffle(responses)  # noqa: S311 - an order, no secret
    return Answer(200, {"responses": responses})


def _one(app: Answering, outer: Request, one: Json, done: dict[str, Json], flying: dict[str, int]) -> Json:
    depends = [str(key) for key in one.get("dependsOn") or ()]
    if any(int(done[key]["status"]) >= 400 for key in depends):
        return _form(Answer(424, {"error": {"code": "FailedDependency", "message": "A dependency failed."}}))
    headers = {str(key).lower(): str(value) for key, value in (one.get("headers") or {}).items()}
    body = b"" if one.get("body") is None else json.dumps(one["body"]).encode()
    target = VERSION + "/" + str(one["url"]).lstrip("/")
    asked = Request(
        str(one["method"]).upper(),
        target,
        {"host": outer.headers.get("host", ""), **headers},
        body,
        inner=True,
    )
    mailbox = "/".join(asked.segments[:2]).lower()
    if not depends:
        flying[mailbox] = flying.get(mailbox, 0) + 1
        knobs = app.state.knobs
        if flying[mailbox] > AT_ONCE and knobs.batch_over_four == "throttled":
            too_many = refused(knobs, app.state.clock.now(), "ApplicationThrottled")
            return _form(Answer(429, too_many.body("", "", "2000-01-01T00:00:00"), too_many.headers))
    return _form(app.answer(asked, inside=True))


def _form(said: Answer) -> Json:
    headers = dict(said.headers) | ({"Content-Type": "application/json"} if said.body is not None else {})
    whole: Json = {"status": said.status, "headers": headers}
    return whole | ({"body": said.body} if said.body is not None else {})


def _checked(request: Request) -> list[Json]:
    said = request.json()
    asked = said.get("requests") if isinstance(said, dict) else None
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise bad_request("Invalid batch payload format.")
    if len(asked) > MOST:
        raise bad_request(f"Number of batch request steps exceeds the maximum value of {MOST}.")
    ids = [str(one.get("id")).lower() for one in asked]
    if len(set(ids)) != len(ids) or any(not one.get("id") for one in asked):
        raise bad_request("Request ids must be there, and be unique.")
    for one in asked:
        _check(one, ids)
    return asked


def _check(one: Json, ids: list[str]) -> None:
    url = one.get("url")
    if not isinstance(url, str) or url.startswith("http") or "$batch" in url or not one.get("method"):
        raise bad_request("Each request has a method and a relative url, and is no batch.")
    names = {str(name).lower() for name in one.get("headers") or {}}
    if one.get("body") is not None and "content-type" not in names:
        raise bad_request("A request with a body has a Content-Type.")
    if any(str(key).lower() not in ids for key in one.get("dependsOn") or ()):
        raise bad_request("dependsOn names no request of the batch.")


def _in_order(asked: list[Json]) -> list[Json]:
    """Each after those it depends on. Raises Refused for a circle."""
    ordered: list[Json] = []
    waiting = list(asked)
    while waiting:
        there = {str(one["id"]) for one in ordered}
        ready = [one for one in waiting if {str(key) for key in one.get("dependsOn") or ()} <= there]
        if not ready:
            raise Refused(400, "BadRequest", "The requests depend on each other in a circle.")
        ordered += ready
        waiting = [one for one in waiting if one not in ready]
    return ordered
