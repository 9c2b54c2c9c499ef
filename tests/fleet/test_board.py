"""Deployments that failed rest, longer each time; the unknown is never unhealthy."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.fleet.board import Board, Tally
from signalbox.schema.fleet import DeploymentState
from signalbox.schema.plan import Plan
from tests.kit.plans import model, plan


def board(**changes: float) -> Board:
    return Board(plan(), {}, **{"cooldown": 10.0, **changes})  # type: ignore[arg-type]


def keyed() -> Plan:
    cloud = model("cloud", local=False)
    place = cloud.deployments[0].model_copy(update={"key": "CLOUD_KEY"})
    return plan(model("home"), cloud.model_copy(update={"deployments": (place,)}))


def test_what_was_never_seen_is_unknown_and_usable() -> None:
    snapshot = board().snapshot(0)

    assert snapshot.of("small-1") == DeploymentState()
    assert snapshot.usable("small-1")
    assert not snapshot.rests(["small-1"])


def test_a_deployment_that_failed_rests_for_the_cooldown_and_stays_usable() -> None:
    made = board()

    made.failed("small-1", "Timeout 504", now=100)

    assert made.snapshot(109.9).of("small-1") == DeploymentState(resting=True, reason="Timeout 504")
    assert made.snapshot(109.9).usable("small-1")
    assert not made.snapshot(110).of("small-1").resting


def test_each_further_failure_doubles_the_rest_up_to_the_longest() -> None:
    made, now, rests = board(longest=60), 0.0, []
    for _ in range(5):
        made.failed("small-1", "x", now)
        rest = next(seconds for seconds in range(1, 1000) if not made.snapshot(now + seconds).of("small-1").resting)
        rests.append(rest)
        now += rest

    assert rests == [10, 20, 40, 60, 60]


def test_a_hundred_thousand_failures_in_a_row_are_no_overflow() -> None:
    made = board()
    for now in range(100_000):
        made.failed("small-1", "x", now)

    assert made.snapshot(100_000).of("small-1").resting
    assert not made.snapshot(100_300).of("small-1").resting


def test_a_success_ends_the_rest_and_forgets_the_failures() -> None:
    made = board()
    made.failed("small-1", "x", now=0)
    made.failed("small-1", "x", now=1)

    made.served("small-1", now=2)

    assert not made.snapshot(2).of("small-1").resting
    made.failed("small-1", "x", now=3)
    assert not made.snapshot(13).of("small-1").resting


@pytest.mark.parametrize(("retry_after", "until"), [(3.0, 3), (0.0, 0), (900.0, 300)])
def test_a_server_that_says_when_to_come_back_is_believed_within_bounds(retry_after: float, until: float) -> None:
    made = board()

    made.failed("small-1", "RateLimit 429", now=0, retry_after=retry_after)

    assert made.snapshot(max(until - 0.5, 0)).of("small-1").resting == (until > 0)
    assert not made.snapshot(until).of("small-1").resting


def test_one_deployment_at_rest_says_nothing_about_another() -> None:
    made = board()
    made.failed("small-1", "x", now=0)

    assert not made.snapshot(1).of("middle-1").resting
    assert not made.snapshot(1).rests(["small-1", "middle-1"])
    assert made.snapshot(1).rests(["small-1"])


def test_the_snapshot_is_the_same_object_until_something_changes() -> None:
    made = board()
    made.failed("small-1", "x", now=0)

    first = made.snapshot(1)

    assert made.snapshot(2) is first
    assert made.snapshot(11) is not first
    assert first.of("small-1").resting


def test_a_snapshot_cannot_be_changed_by_whoever_holds_it() -> None:
    made = board()
    made.failed("small-1", "x", now=0)

    with pytest.raises(TypeError):
        made.snapshot(1).deployments["small-1"] = DeploymentState("down")  # type: ignore[index]


def test_a_deployment_without_its_key_is_down_and_says_which_one_is_missing() -> None:
    without, with_key = Board(keyed(), {}, cooldown=1), Board(keyed(), {"CLOUD_KEY": "secret"}, cooldown=1)

    assert without.snapshot(0).of("cloud-1") == DeploymentState("down", "CLOUD_KEY is not set")
    assert not without.snapshot(0).usable("cloud-1")
    assert without.snapshot(0).usable("home-1")
    assert with_key.snapshot(0).usable("cloud-1")


def test_an_empty_key_is_no_key_and_no_key_is_ever_shown() -> None:
    made = Board(keyed(), {"CLOUD_KEY": ""}, cooldown=1)

    assert not made.snapshot(0).usable("cloud-1")
    assert "secret" not in repr(Board(keyed(), {"CLOUD_KEY": "secret"}, cooldown=1).snapshot(0))


def test_a_missing_key_stays_the_reason_whatever_fails() -> None:
    made = Board(keyed(), {}, cooldown=10)

    made.failed("cloud-1", "Auth 401", now=0)

    assert made.snapshot(1).of("cloud-1") == DeploymentState("down", "CLOUD_KEY is not set", resting=True)


def test_tallies_count_calls_and_keep_the_last_error() -> None:
    made = board()
    made.served("small-1", 0)
    made.failed("small-1", "one", 1)
    made.failed("small-1", "two", 2)

    assert made.tallies() == {"small-1": Tally(1, 2, "two")}


events = st.lists(
    st.tuples(
        st.sampled_from(("small-1", "middle-1")), st.booleans(), st.floats(0, 400), st.none() | st.floats(0, 3600)
    ),
    max_size=30,
)


@given(events)
def test_whatever_happens_every_deployment_is_awake_again_after_the_longest_rest(
    happened: list[tuple[str, bool, float, float | None]],
) -> None:
    made, now = board(), 0.0
    for name, fine, later, retry_after in happened:
        now += later
        if fine:
            made.served(name, now)
            assert not made.snapshot(now).of(name).resting
        else:
            made.failed(name, "x", now, retry_after=retry_after)

    assert not any(made.snapshot(now + 300).of(name).resting for name in ("small-1", "middle-1"))


def test_a_latency_shows_within_a_second_and_moves_with_what_is_measured() -> None:
    board = Board(plan(), {}, cooldown=10)
    board.served("small-1", 0.0, latency_ms=100)
    first = board.snapshot(1.0).of("small-1").latency_ms
    board.served("small-1", 1.0, latency_ms=1_100)

    assert first == 100
    assert board.snapshot(2.0).of("small-1").latency_ms == 200


def test_what_a_server_says_holds_for_a_while() -> None:
    made = board()
    state = DeploymentState("loading", "its model still loads", running=1)

    made.seen("small-1", state, now=100, holds=27)

    assert made.snapshot(126.9).of("small-1") == state
    assert made.snapshot(127).of("small-1") == DeploymentState()


def test_the_same_answer_again_makes_no_new_snapshot_but_holds_longer() -> None:
    made, state = board(), DeploymentState("down", "connection refused")
    made.seen("small-1", state, now=0, holds=27)
    first = made.snapshot(1)

    made.seen("small-1", state, now=5, holds=27)

    assert made.snapshot(6) is first
    assert not made.snapshot(31).usable("small-1")
    assert made.snapshot(32).usable("small-1")


def test_an_answered_call_is_better_proof_than_a_failed_probe() -> None:
    made = board()
    made.seen("small-1", DeploymentState("down", "connection refused"), now=0, holds=27)

    made.served("small-1", now=1)

    assert made.snapshot(1).usable("small-1")


def test_a_missing_key_is_a_reason_whatever_the_server_says() -> None:
    made = Board(keyed(), {}, cooldown=10)

    made.seen("cloud-1", DeploymentState("ready"), now=0, holds=27)

    assert made.snapshot(0).of("cloud-1") == DeploymentState("down", "CLOUD_KEY is not set")


def test_calls_on_their_way_are_counted_and_never_below_none() -> None:
    made = board()
    made.sent("small-1")
    made.sent("small-1")
    made.returned("small-1")
    made.returned("middle-1")

    assert (made.in_flight["small-1"], made.in_flight["middle-1"]) == (1, 0)
