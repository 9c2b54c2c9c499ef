"""What is learned from, what is kept back, and how weights are written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from signalbox.errors import FileError, UserError
from signalbox.evidence.examples import Row
from signalbox.evidence.held_out import check_kinds, kept_back, read_training, training_rows, write_weights
from signalbox.evidence.rows import Labelled
from signalbox.evidence.training import TRAPS, Trained, train
from signalbox.routing.facts import read_facts
from signalbox.routing.signals.model import TextModel
from tests.kit.plans import TAXONOMY, facts, plan


@pytest.fixture(scope="module")
def trained() -> Trained:
    """The least that can be learned."""
    texts = {"math": "What is 2 + 2?", "code": "Write a loop."}
    rows = [Row(facts(f"{text} ({at})"), task=task) for at in range(5) for task, text in texts.items()]
    return train(rows, taxonomy=TAXONOMY)


def test_lines_without_text_or_label_are_counted_and_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    lines = [
        {"task": {"name": "math"}, "digest": "ab"},
        {"prompt": "What is 2 + 2?", "task": {"name": "math", "source": "client"}},
        {"prompt": "Hm?", "task": {"name": "general_qa", "source": "abstain"}},
        {"prompt": "Write a loop", "task": "code"},
    ]
    log.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")

    rows, skipped = read_training([log])

    assert [row.task for row in rows] == ["math", "code"]
    assert skipped == 2


def test_the_trainer_is_told_which_model_is_the_weak_one_whatever_their_order() -> None:
    rows = [
        Labelled(facts(), correct=(("strong", True), ("weak", False))),
        Labelled(facts(), correct=(("weak", True), ("strong", True))),
        Labelled(facts(), difficulty=4.0),
        Labelled(facts(), difficulty=4.0, scale=TRAPS[0]),
    ]

    first, second, third, trap = training_rows(rows)

    assert [(row.weak_right, row.strong_right) for row in (first, second)] == [(False, True), (True, True)]
    assert (third.weak_right, third.difficulty) == (None, 4.0)
    assert trap.difficulty is None


def test_the_same_text_is_always_on_the_same_side_and_about_a_tenth_judges() -> None:
    rows = [Labelled(read_facts({"messages": [{"role": "user", "content": f"text {at}"}]})) for at in range(1_000)]

    sides = [kept_back(row) for row in rows]

    assert sides == [kept_back(Labelled(row.facts, task="math")) for row in rows]
    assert 60 < sum(sides) < 140


def test_rows_that_teach_fewer_than_two_tasks_are_refused() -> None:
    rows = [Labelled(facts(), task="math"), Labelled(facts(), task="unheard_of")]

    with pytest.raises(UserError, match="the rows name 1 tasks of the taxonomy"):
        check_kinds(rows, plan())


@pytest.mark.parametrize("name", ["weights.npz", "weights", "weights.v2"])
def test_weights_are_written_under_the_very_name_and_can_be_loaded(trained: Trained, tmp_path: Path, name: str) -> None:
    write_weights(trained, tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert TextModel.load(tmp_path / name).kinds == ("code", "math")


def test_weights_that_cannot_be_written_are_a_clear_error(trained: Trained, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(FileError, match="Name another file with --out"):
        write_weights(trained, tmp_path / "file" / "weights.npz")
