"""The shipped weights: what they are, and that reading is pure."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.errors import FileError
from signalbox.routing.signals.features import NAMES
from signalbox.routing.signals.items import FAILURES, Item
from signalbox.routing.signals.model import HEADS, SHIPPED, Families, TextModel
from signalbox.routing.signals.text import SLOTS
from tests.routing.signals.reading import facts, model, scores, taxonomy

OLD = ("kinds", "roots", "table", "scale", "dense", "sharpness", "base", "step_feature", "step_cut", "step_odds")
"""What files held when every slot had a row of its own."""
HARD = Item._fields.index("log_longest")


def blank(**changes: object) -> dict[str, object]:
    """Weights of one kind that say nothing, but for the changes."""
    columns = 1 + len(HEADS)
    return {
        "kinds": np.array(["math"]),
        "roots": np.zeros(1, np.int32),
        "slots": np.array([5, SLOTS - 1]),
        "table": np.zeros((2, columns), np.int8),
        "scale": np.ones(columns),
        "dense": np.zeros((len(NAMES), columns - len(FAILURES))),
        "sharpness": 1.0,
        "base": np.zeros(len(FAILURES)),
        "step_feature": np.array([HARD]),
        "step_cut": np.array([3.0]),
        "step_odds": np.array([[2.0, 0.0]]),
        **changes,
    }


def test_the_weights_are_small_and_numbers_only() -> None:
    assert SHIPPED.stat().st_size <= 5_000_000
    with np.load(SHIPPED, allow_pickle=False) as found:
        assert found["table"].dtype == np.int8
        assert found["scale"].dtype == found["dense"].dtype == np.float32
        assert set(found.files) == {*OLD, "slots"}
        assert len(found["slots"]) == len(found["table"])


def test_every_learned_kind_is_in_the_shipped_taxonomy() -> None:
    assert set(model().kinds) <= set(taxonomy().kinds)


def test_two_loads_read_alike() -> None:
    seen = facts("how tall is mount kenya")

    first, second = model().read(seen), TextModel.load().read(seen)

    assert first.chances.tolist() == second.chances.tolist()
    assert first.difficulty == second.difficulty


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"not numpy at all"])
def test_a_torn_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    torn = tmp_path / "signals.npz"
    torn.write_bytes(content)

    with pytest.raises(FileError, match="signalbox train"):
        TextModel.load(torn)


@pytest.mark.parametrize(
    "changes",
    [
        {"table": np.zeros((8, 4), np.int8)},
        {"slots": np.array([5])},
        {"dense": np.zeros((len(NAMES), 1 + len(HEADS)))},
        {"base": np.zeros(1)},
        {"step_feature": np.array([len(Item._fields)])},
        {"step_odds": np.zeros((2, 2))},
    ],
)
def test_weights_of_another_shape_are_a_clear_error(tmp_path: Path, changes: dict[str, object]) -> None:
    other = tmp_path / "signals.npz"
    np.savez(other, **blank(**changes))

    with pytest.raises(FileError, match=r"another shape.*signalbox train"):
        TextModel.load(other)


def test_weights_of_an_older_form_are_a_clear_error(tmp_path: Path) -> None:
    old = tmp_path / "signals.npz"
    np.savez(old, **{name: value for name, value in blank().items() if name in OLD})

    with pytest.raises(FileError, match="signalbox train"):
        TextModel.load(old)


def test_steps_move_the_failures_of_items_and_of_nothing_else(tmp_path: Path) -> None:
    np.savez(tmp_path / "signals.npz", **blank())
    known = TextModel.load(tmp_path / "signals.npz")

    hard, easy, other = (
        known.read(facts(prompt)) for prompt in ("Why?\nA. because of the tides\nB. no", "Why?\nA. so\nB. no", "Why?")
    )

    assert hard.weak_failure == pytest.approx(0.881, abs=1e-3)
    assert hard.benefit == pytest.approx(0.381, abs=1e-3)
    assert easy.weak_failure == other.weak_failure == 0.5
    assert easy.benefit == other.benefit == 0


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4), st.floats(0.1, 3))
def test_a_kind_shares_the_chance_of_its_root(logits: list[float], sharpness: float) -> None:
    found = Families.of((0, 0, 2, 0)).chances(np.array(logits), sharpness)

    pulls = np.exp(sharpness * (np.array([logits[0], logits[2]]) - max(logits[0], logits[2])))
    family, other = pulls / pulls.sum()
    inner = np.exp(np.minimum([0.0, logits[1], logits[3]], 30.0))
    assert found[2] == pytest.approx(other)
    assert [found[0], found[1], found[3]] == pytest.approx(list(family * inner / inner.sum()))


def test_weights_without_kinds_give_no_chances() -> None:
    assert Families.of(()).chances(np.array([]), 1.0).tolist() == []


@given(st.text(st.characters(), max_size=1_000))
def test_any_text_gets_chances(prompt: str) -> None:
    found = scores(prompt)

    assert abs(sum(found.chances) - 1) < 1e-3
    assert all(0 <= chance <= 1 for chance in (*found.chances, found.weak_failure, found.strong_failure))
    assert found.benefit == found.weak_failure - found.strong_failure
    assert 0 <= found.difficulty <= 10
