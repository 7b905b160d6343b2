"""The fake Graph in trouble: batches, limits, faults, and the record of it all (points 34 to 36, 39 and 40)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from graphs import ANNA, BRAM, GraphServer, event, path_of

from syncd.demo.graph import Knobs
from syncd.demo.graph.faults import KINDS

EVENTS = f"/users/{ANNA}/events"


def request(number: int, url: str = f"/users/{ANNA}/calendar", **more: Any) -> dict[str, Any]:
    return {"id": str(number), "method": "GET", "url": url, **more}


def batch(graph: GraphServer, *requests_: dict[str, Any]) -> dict[str, dict[str, Any]]:
    told = graph.post("/$batch", {"requests": list(requests_)})
    assert told.status == 200, told.said
    return {one["id"]: one for one in told.said["responses"]}


# --- batches -----------------------------------------------------------------------------------------------------------


def test_a_batch_answers_each_for_itself(graph: GraphServer) -> None:
    making = request(1, EVENTS, method="POST", body=event(), headers={"Content-Type": "application/json"})
    said = batch(
        graph, making, request(2, f"/users/{BRAM}/calendar"), request(3, "/users/nobody@example.com/calendar")
    )
    assert {key: one["status"] for key, one in said.items()} == {"1": 201, "2": 200, "3": 404}
    assert said["1"]["body"]["subject"] == "Talk"


def test_a_batch_that_depends(graph: GraphServer) -> None:
    first = request(1, path_of("nonsense"))
    said = batch(graph, request(2, dependsOn=["1"]), first, request(3, f"/users/{BRAM}/calendar"))
    assert {key: one["status"] for key, one in said.items()} == {"1": 400, "2": 424, "3": 200}
    assert (
        graph.post("/$batch", {"requests": [request(1, dependsOn=["2"]), request(2, dependsOn=["1"])]}).status
        == 400
    )


def test_over_four_of_a_batch_for_one_mailbox(graph: GraphServer) -> None:
    said = batch(graph, *(request(number) for number in range(1, 7)))
    assert sorted(one["status"] for one in said.values()) == [200] * 4 + [429] * 2
    refused = next(one for one in said.values() if one["status"] == 429)
    assert refused["body"]["error"]["code"] == "ApplicationThrottled"
    assert refused["headers"]["Retry-After"] == "5"
    graph.fake.knobs.batch_over_four = "queued"
    assert {one["status"] for one in batch(graph, *(request(number) for number in range(1, 7))).values()} == {
        200
    }


def test_answers_of_a_batch_in_any_order_or_in_the_one_asked(graph: GraphServer) -> None:
    asked = {
        "requests": [
            request(number, f"/users/{who}/calendar") for number, who in enumerate((ANNA, BRAM) * 3, 1)
        ]
    }
    orders = []
    for shuffled in (True, False):
        graph.fake.knobs.batch_shuffled = shuffled
        orders.append([one["id"] for one in graph.post("/$batch", asked).said["responses"]])
    assert orders[1] == ["1", "2", "3", "4", "5", "6"]
    assert orders[0] != orders[1]


@pytest.mark.parametrize(
    "requests_",
    [
        [request(number) for number in range(1, 22)],
        [request(1), request(1)],
        [request(1, "https://127.0.0.1/v1.0/users")],
        [request(1, "/$batch", method="POST")],
        [request(1, method="POST", body={})],
        [request(1, dependsOn=["9"])],
        ["no"],
    ],
)
def test_a_batch_that_is_none(graph: GraphServer, requests_: list[Any]) -> None:
    assert graph.post("/$batch", {"requests": requests_}).status == 400


# --- limits ------------------------------------------------------------------------------------------------------------


def test_the_fifth_at_once_is_refused(graph: GraphServer) -> None:
    graph.sign_in()

    def ask(_: int) -> int:
        return graph.get(f"/users/{ANNA}/calendar").status

    with ThreadPoolExecutor(5) as pool:
        with graph.fake.holding(ANNA):
            asked = [pool.submit(ask, number) for number in range(5)]
            first = next(one for one in _as_done(asked))
            assert first == 429
            assert graph.get(f"/users/{BRAM}/calendar").status == 200
        assert sorted(one.result(20) for one in asked) == [200] * 4 + [429]
    assert graph.fake.most_at_once(ANNA) == 5
    graph.fake.knobs.most_in_flight = 0
    assert graph.get(f"/users/{ANNA}/calendar").code == "ApplicationThrottled"


def _as_done(asked: list[Any]) -> Any:
    from concurrent.futures import as_completed

    return (one.result() for one in as_completed(asked, 20))


def test_ten_thousand_in_ten_minutes_or_fewer(graph: GraphServer) -> None:
    graph.fake.knobs.most_requests = 3
    graph.fake.knobs.limit_window = timedelta(minutes=1)
    path = f"/users/{ANNA}/calendar"
    assert [graph.get(path).status for _ in range(4)] == [200, 200, 200, 429]
    assert graph.get(f"/users/{BRAM}/calendar").status == 200
    graph.fake.advance(minutes=1)
    assert graph.get(path).status == 200


def test_asking_too_early_makes_it_longer(graph: GraphServer) -> None:
    graph.fake.throttle(ANNA)
    path = f"/users/{ANNA}/calendar"
    graph.fake.advance(seconds=4)
    assert graph.get(path).code == "TooManyRequests"
    graph.fake.advance(seconds=4)
    assert graph.get(path).status == 429
    graph.fake.advance(seconds=5)
    assert graph.get(path).status == 200


@pytest.mark.parametrize("form", ["int", "float", "date", "absent"])
def test_how_a_refused_client_is_told_to_wait(graph: GraphServer, form: Any) -> None:
    graph.fake.knobs.retry_form, graph.fake.knobs.retry_after = form, timedelta(seconds=2, milliseconds=128)
    graph.fake.throttle(ANNA)
    wait = graph.get(f"/users/{ANNA}/calendar").headers.get("Retry-After")
    if form == "date":
        assert parsedate_to_datetime(str(wait)) - graph.fake.now() == timedelta(seconds=2)
    else:
        assert wait == {"int": "3", "float": "2.128", "absent": None}[form]


# --- faults ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind", [name for name, one in KINDS.items() if one.status and not one.html and not one.after]
)
def test_a_fault_with_a_status_strikes_before_anything_is_done(graph: GraphServer, kind: str) -> None:
    fault = graph.fake.fail(kind, method="POST", path="/events")
    refused = graph.post(EVENTS, event())
    assert (refused.status, refused.code, fault.hits) == (KINDS[kind].status, KINDS[kind].code, 1)
    assert graph.fake.events(ANNA) == []
    assert graph.post(EVENTS, event()).status == 201


def test_a_504_comes_after_the_write(graph: GraphServer) -> None:
    graph.fake.fail("504-after", method="POST")
    assert graph.post(EVENTS, event()).status == 504
    assert len(graph.fake.events(ANNA)) == 1


def test_a_fault_stays_until_healed(graph: GraphServer) -> None:
    graph.fake.fail("503", times=-1)
    told = [graph.get(EVENTS) for _ in range(3)]
    assert [one.status for one in told] == [503] * 3
    assert told[0].headers["Retry-After"] == "5"
    graph.fake.heal()
    assert graph.get(EVENTS).status == 200
    with pytest.raises(KeyError):
        graph.fake.fail("nonsense")


@pytest.mark.parametrize(("kind", "written"), [("reset-before", 0), ("reset-after", 1), ("cut", 1)])
def test_connections_end_before_or_after_the_write(graph: GraphServer, kind: str, written: int) -> None:
    graph.sign_in()
    graph.fake.fail(kind, method="POST")
    with pytest.raises(requests.RequestException):
        graph.post(EVENTS, event())
    assert len(graph.fake.events(ANNA)) == written
    assert graph.get(EVENTS).status == 200


@pytest.mark.parametrize(
    ("kind", "status", "written"),
    [("502", 502, 0), ("html", 200, 0), ("html-after", 200, 1), ("truncated", 201, 1)],
)
def test_bodies_that_are_no_json(graph: GraphServer, kind: str, status: int, written: int) -> None:
    graph.sign_in()
    graph.fake.fail(kind, method="POST")
    headers = {"Authorization": f"Bearer {graph.token}", "Content-Type": "application/json"}
    answer = graph.session.post(graph.running.graph_url + EVENTS, json=event(), headers=headers, timeout=20)
    assert answer.status_code == status
    with pytest.raises(ValueError):  # noqa: PT011 - requests' own kind of it
        answer.json()
    assert len(graph.fake.events(ANNA)) == written


def test_a_slow_answer_is_whole(graph: GraphServer) -> None:
    graph.fake.fail("slow", path="calendar$")
    assert graph.get(f"/users/{ANNA}/calendar").said["name"] == "Calendar"


# --- the record --------------------------------------------------------------------------------------------------------


def test_every_exchange_is_recorded_with_what_was_turned(graph: GraphServer, tmp_path: Path) -> None:
    graph.get(EVENTS)
    graph.fake.knobs.endless = True
    graph.fake.fail("500")
    graph.post(EVENTS, event())
    graph.fake.fail("reset-before")
    with pytest.raises(requests.RequestException):
        graph.get(EVENTS)
    plain, faulty, broken = graph.fake.exchanges
    assert (plain["method"], plain["status"], plain["knobs"]) == ("GET", 200, {})
    assert (faulty["status"], faulty["knobs"]) == (500, {"endless": "True", "fault": "500"})
    assert (broken["status"], broken["response_body"]) == (None, None)
    assert plain["url"] == graph.running.graph_url + EVENTS
    assert plain["started"] <= plain["ended"]
    assert graph.token not in str(graph.fake.exchanges)
    assert graph.fake.app.recording.write(tmp_path / "all.jsonl") == 3
    assert graph.fake.app.recording.write(tmp_path / "plain.jsonl", only_plain=True) == 1


def test_each_knob_names_its_source_and_is_turned_by_a_test() -> None:
    tests = "".join(one.read_text() for one in Path(__file__).parent.glob("test_fake_graph_*.py"))
    text = Path(str(Knobs.__module__.replace(".", "/") + ".py"))
    source = (Path(__file__).parents[2] / text).read_text()
    for name in Knobs.__slots__:
        assert f"knobs.{name}" in tests, f"no test turns {name}"
        assert f"    {name}: " in source
