"""What blocks: the documented defaults, and that the most specific setting wins."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.interface import NEVER_STORED, Status
from syncd.rules.policy import Policy, PolicyLayer, blocks, deciding, length, merge_groups, resolve

MINUTE = timedelta(minutes=1)
NAMES = (
    "tentative", "out_of_office", "unknown", "working_elsewhere", "all_day", "buffer_before", "buffer_after",
)  # fmt: skip
flag = st.none() | st.booleans()
buffer = st.none() | st.integers(0, 60).map(lambda minutes: minutes * MINUTE)
layers = st.builds(PolicyLayer, flag, flag, flag, flag, flag, buffer, buffer)


@pytest.mark.parametrize(
    ("status", "does"),
    [
        (Status.FREE, False),
        (Status.BUSY, True),
        (Status.TENTATIVE, True),
        (Status.OUT_OF_OFFICE, True),
        (Status.WORKING_ELSEWHERE, False),
        (Status.UNKNOWN, True),
        (Status.CANCELLED, False),
        (Status.DECLINED, False),
        ("a kind of tomorrow", True),
    ],
)
@pytest.mark.parametrize("all_day", [False, True])
def test_what_blocks_by_default(status: str, does: bool, all_day: bool) -> None:
    assert blocks(resolve(), str(status), all_day) is does


def test_no_buffers_by_default() -> None:
    assert (resolve().buffer_before, resolve().buffer_after) == (timedelta(0), timedelta(0))


@pytest.mark.parametrize("name", ["tentative", "out_of_office", "unknown", "working_elsewhere"])
@pytest.mark.parametrize("value", [False, True])
def test_each_kind_is_switched_by_its_own_setting_alone(name: str, value: bool) -> None:
    policy = resolve(PolicyLayer(**{name: value}))
    for status in Status:
        expected = value if status == name else blocks(Policy(), status, False)
        assert blocks(policy, status, False) is expected


@given(layers)
def test_whatever_is_set_busy_blocks_and_free_never_does(layer: PolicyLayer) -> None:
    policy = resolve(layer)
    assert blocks(policy, Status.BUSY, False)
    assert not any(blocks(policy, status, all_day) for status in NEVER_STORED for all_day in (False, True))


@given(layers, st.sampled_from(Status))
def test_switching_off_all_day_events_switches_off_every_kind_of_them(
    layer: PolicyLayer, status: Status
) -> None:
    policy = resolve(layer, PolicyLayer(all_day=False))
    assert not blocks(policy, status, True)
    assert blocks(policy, status, False) is blocks(resolve(layer), status, False)


@given(st.lists(layers, max_size=5))
def test_the_most_specific_value_that_is_set_wins(given_layers: list[PolicyLayer]) -> None:
    policy = resolve(*given_layers)
    for name in NAMES:
        told = [value for layer in given_layers if (value := getattr(layer, name)) is not None]
        assert getattr(policy, name) == (told[-1] if told else getattr(Policy(), name))


@given(layers, st.lists(layers, max_size=3))
def test_layers_that_set_nothing_change_nothing(empty_between: PolicyLayer, rest: list[PolicyLayer]) -> None:
    spread = [part for layer in [empty_between, *rest] for part in (PolicyLayer(), layer, PolicyLayer())]
    assert resolve(*spread) == resolve(empty_between, *rest)


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ({"tentative": False}, {"tentative": True}, {"tentative": True}),
        ({"tentative": False}, {}, {"tentative": False}),
        ({"all_day": True}, {"all_day": False}, {"all_day": True}),
        ({"buffer_before": MINUTE}, {"buffer_before": 5 * MINUTE}, {"buffer_before": 5 * MINUTE}),
        ({"buffer_after": timedelta(0)}, {}, {"buffer_after": timedelta(0)}),
        ({}, {}, {}),
    ],
)
def test_of_two_groups_blocking_wins(
    one: dict[str, Any], other: dict[str, Any], merged: dict[str, Any]
) -> None:
    layers_of_groups = [PolicyLayer(**one), PolicyLayer(**other)]
    assert merge_groups(layers_of_groups) == PolicyLayer(**merged)


@given(st.sampled_from(Status), st.booleans(), st.booleans(), layers)
def test_the_deciding_setting_is_the_one_whose_change_changes_the_answer(
    status: Status, all_day: bool, whole_days: bool, layer: PolicyLayer
) -> None:
    policy = resolve(layer, PolicyLayer(all_day=whole_days))
    name = deciding(policy, status, all_day)
    answer = blocks(policy, status, all_day)
    if name is None:
        changed = [
            resolve(layer, PolicyLayer(all_day=whole_days), PolicyLayer(**{one: value}))
            for one in NAMES[:4]
            for value in (False, True)
        ]
        assert all(blocks(one, status, all_day) is answer for one in changed)
    elif all_day and whole_days and name != "all_day":
        other = resolve(layer, PolicyLayer(all_day=True, **{name: not getattr(policy, name)}))
        assert blocks(other, status, all_day) is not answer
    elif name != "all_day":
        other = resolve(layer, PolicyLayer(**{name: not getattr(policy, name)}))
        assert blocks(other, status, all_day) is not answer
    else:
        every_kind = PolicyLayer(True, True, True, True, all_day=not whole_days)
        assert blocks(resolve(every_kind), status, True) is not whole_days


def test_a_line_says_the_setting_as_decided_and_where() -> None:
    def of(place: str, **settings: Any) -> PolicyLayer:
        return PolicyLayer(**settings, places=dict.fromkeys(settings, place))

    groups = merge_groups(
        [
            of("[groups.a]", tentative=False, buffer_after=MINUTE),
            of("[groups.b]", tentative=True),
            of("[groups.c]", tentative=True),
        ]
    )
    policy = resolve(
        of("default", tentative=True, unknown=True), groups, of("[[agents]] anna", buffer_after=90 * MINUTE)
    )
    assert policy.lines == {
        "tentative": "tentative = true ([groups.b], [groups.c])",
        "unknown": "unknown = true (default)",
        "buffer_after": "buffer_after = 1h30m ([[agents]] anna)",
    }
    silent = PolicyLayer(unknown=False)
    assert "unknown" not in resolve(of("default", unknown=True), silent).lines, (
        "a line never tells what no longer holds"
    )
    assert policy == resolve(PolicyLayer(buffer_after=90 * MINUTE)), (
        "where it was said is no part of what was said"
    )


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "0m"),
        (59, "59s"),
        (90, "1m30s"),
        (600, "10m"),
        (9000, "2h30m"),
        (86400, "1d"),
        (90061, "1d1h1m1s"),
    ],
)
def test_a_length_is_written_as_the_configuration_has_it(seconds: int, written: str) -> None:
    assert length(timedelta(seconds=seconds)) == written


@given(
    st.lists(layers, max_size=4), st.randoms(use_true_random=False), st.sampled_from(Status), st.booleans()
)
def test_the_order_of_groups_never_matters_and_a_further_group_never_frees(
    groups: list[PolicyLayer], dice: Any, status: Status, all_day: bool
) -> None:
    shuffled = list(groups)
    dice.shuffle(shuffled)
    assert merge_groups(shuffled) == merge_groups(groups)
    block_all = PolicyLayer(True, True, True, True, True, MINUTE, MINUTE)
    wider = resolve(merge_groups([*groups, block_all]))
    assert not blocks(resolve(merge_groups(groups)), status, all_day) or blocks(wider, status, all_day)
