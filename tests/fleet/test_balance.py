"""Which deployments of a group take a request: always some of those given, and all of them where nothing is known."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.fleet.balance import candidates
from signalbox.schema.fleet import DeploymentState, FleetSnapshot

NAMES = ["a", "b", "c"]
READY = DeploymentState("ready", running=0, waiting=0)


def fleet(**states: DeploymentState) -> FleetSnapshot:
    return FleetSnapshot(states)


def test_without_any_live_figure_all_are_left_to_litellm() -> None:
    assert candidates(NAMES, FleetSnapshot(), {"a": 9}, "talk") == NAMES


@pytest.mark.parametrize(
    "worse",
    [
        DeploymentState("down"),
        DeploymentState("loading"),
        DeploymentState(resting=True),
        DeploymentState("ready", running=1, waiting=6),
        DeploymentState("ready", running=1, cache_used=0.9),
        DeploymentState("ready", cold=True),
    ],
)
def test_those_that_are_worse_off_are_left_out_while_another_is_there(worse: DeploymentState) -> None:
    assert candidates(["a", "b"], fleet(a=worse), {}, "talk") == ["b"]
    assert candidates(["a"], fleet(a=worse), {}, "talk") == ["a"]


def test_a_server_that_must_load_the_model_is_spared_until_the_others_are_busy() -> None:
    mixed = fleet(a=DeploymentState("ready"), b=DeploymentState("ready", cold=True))

    assert candidates(["a", "b"], mixed, {"a": 3}, "talk") == ["a"]
    assert candidates(["a", "b"], mixed, {"a": 4}, "talk") == ["a", "b"]


def test_a_server_that_tells_no_load_is_taken_to_be_as_busy_as_the_others() -> None:
    one_tells = fleet(a=DeploymentState("ready", running=8), b=DeploymentState("ready"))

    chosen = Counter(candidates(["a", "b"], one_tells, {}, str(talk))[0] for talk in range(60))

    assert min(chosen["a"], chosen["b"]) > 15


def test_a_conversation_stays_where_its_beginning_is_known() -> None:
    idle = fleet(a=READY, b=READY, c=READY)

    chosen = {
        talk: {candidates(order, idle, {}, talk)[0] for order in (NAMES, NAMES[::-1])} for talk in map(str, range(60))
    }

    assert all(len(places) == 1 for places in chosen.values())
    assert min(Counter(place for places in chosen.values() for place in places).values()) > 8


def test_no_deployment_gets_more_than_its_share_by_one_long_talk() -> None:
    idle, in_flight = fleet(a=READY, b=READY, c=READY), Counter[str]()
    for _ in range(30):
        in_flight[candidates(NAMES, idle, in_flight, "one talk")[0]] += 1

    assert max(in_flight.values()) <= 13  # 1.25 x 30 / 3, rounded up
    assert min(in_flight.values()) >= 4


def test_what_others_send_to_a_server_counts_as_load() -> None:
    busy = fleet(a=DeploymentState("ready", running=12, waiting=3), b=READY)

    assert {candidates(["a", "b"], busy, {}, str(talk))[0] for talk in range(40)} == {"b"}


states = st.builds(
    DeploymentState,
    state=st.sampled_from(["ready", "unknown", "down", "loading", "sleeping"]),
    resting=st.booleans(),
    running=st.none() | st.integers(0, 50),
    waiting=st.none() | st.integers(0, 50),
    cache_used=st.none() | st.floats(0, 1),
    cold=st.booleans(),
)


@given(
    st.dictionaries(st.sampled_from("abcde"), states),
    st.lists(st.sampled_from("abcde"), min_size=1, unique=True),
    st.dictionaries(st.sampled_from("abcde"), st.integers(0, 99)),
    st.text(max_size=5),
)
def test_some_of_those_given_are_left_and_always_the_same(
    known: dict[str, DeploymentState], ids: list[str], in_flight: dict[str, int], talk: str
) -> None:
    chosen = candidates(ids, FleetSnapshot(known), in_flight, talk)

    assert chosen
    assert set(chosen) <= set(ids)
    assert chosen == candidates(ids, FleetSnapshot(known), in_flight, talk)
