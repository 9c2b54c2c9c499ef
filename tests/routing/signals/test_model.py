"""The shipped weights: what they are, and that reading is pure."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.errors import FileError
from signalbox.routing.signals.model import SHIPPED, Families, TextModel
from tests.routing.signals.reading import facts, model, scores, taxonomy


def test_the_weights_are_small_and_numbers_only() -> None:
    assert SHIPPED.stat().st_size <= 5_000_000
    with np.load(SHIPPED, allow_pickle=False) as found:
        assert found["table"].dtype == np.int8
        assert found["scale"].dtype == found["dense"].dtype == np.float32
        assert set(found.files) == {"kinds", "roots", "table", "scale", "dense", "sharpness"}


def test_every_learned_kind_is_in_the_shipped_taxonomy() -> None:
    assert set(model().kinds) <= set(taxonomy().kinds)


def test_two_loads_read_alike() -> None:
    seen = facts("how tall is mount kenya")

    first, second = model().read(seen), TextModel.load().read(seen)

    assert first.chances == second.chances
    assert first.difficulty == second.difficulty


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"not numpy at all"])
def test_a_torn_file_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    torn = tmp_path / "signals.npz"
    torn.write_bytes(content)

    with pytest.raises(FileError, match="signalbox train"):
        TextModel.load(torn)


def test_weights_of_another_shape_are_a_clear_error(tmp_path: Path) -> None:
    other = tmp_path / "signals.npz"
    np.savez(
        other,
        kinds=np.array(["math"]),
        roots=np.zeros(1, np.int32),
        table=np.zeros((8, 4), np.int8),
        scale=np.ones(4),
        dense=np.zeros((2, 4)),
        sharpness=1.0,
    )

    with pytest.raises(FileError, match="another shape"):
        TextModel.load(other)


@given(st.lists(st.floats(-50, 50), min_size=4, max_size=4), st.floats(0.1, 3))
def test_a_kind_shares_the_chance_of_its_root(logits: list[float], sharpness: float) -> None:
    found = Families.of((0, 0, 2, 0)).chances(np.array(logits), sharpness)

    pulls = np.exp(sharpness * (np.array([logits[0], logits[2]]) - max(logits[0], logits[2])))
    family, other = pulls / pulls.sum()
    inner = np.exp(np.minimum([0.0, logits[1], logits[3]], 30.0))
    assert found[2] == pytest.approx(other)
    assert [found[0], found[1], found[3]] == pytest.approx(list(family * inner / inner.sum()))


def test_weights_without_kinds_give_no_chances() -> None:
    assert Families.of(()).chances(np.array([]), 1.0) == ()


@given(st.text(st.characters(), max_size=1_000))
def test_any_text_gets_chances(prompt: str) -> None:
    found = scores(prompt)

    assert abs(sum(found.chances) - 1) < 1e-3
    assert all(0 <= chance <= 1 for chance in (*found.chances, found.weak_failure, found.gain))
    assert 0 <= found.difficulty <= 10
