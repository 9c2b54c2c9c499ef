"""`signalbox eval` and `signalbox train` as their users run them."""

import json
from pathlib import Path
from typing import Any

from signalbox.routing.signals.model import TextModel
from tests.commands.cli import answer, run

PROMPTS = {
    "math": "What is {n} times {n} plus {n}?",
    "code": "Write a Python function that adds {n} to a list.",
    "translation": "Translate 'I have {n} apples' into French.",
}


def labelled(folder: Path, count: int = 12, **labels: Any) -> Path:
    file = folder / "labelled.jsonl"
    rows = [
        {"prompt": text.format(n=at), "task": task, **labels} for at in range(count) for task, text in PROMPTS.items()
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def test_eval_prints_one_document_with_intervals_baselines_and_verdict(tmp_path: Path) -> None:
    found = answer("eval", "--data", str(labelled(tmp_path)), "--strategy", "development")

    assert found["rows"] == 36
    assert {"task", "tier", "outcome"} & found.keys() == {"task"}
    low, high = found["task"]["accuracy_ci"]
    assert 0 <= low <= found["task"]["accuracy"] <= high <= 1
    assert set(found["task"]["per_class"]) == set(PROMPTS)
    assert set(found["task"]["baselines"]) == {"always_majority", "length_only"}
    assert len(found["task"]["verdict"]) == 2
    assert sum(found["models"].values()) == 36


def test_eval_keeps_to_the_labels_asked_for(tmp_path: Path) -> None:
    data = labelled(tmp_path, suggested_tier="fast", correct={"weak": False, "strong": True})

    everything = answer("eval", "--data", str(data))
    one = answer("eval", "--data", str(data), "--labels", "outcome")

    assert {"task", "tier", "outcome"} <= everything.keys()
    assert {"task", "tier", "outcome"} & one.keys() == {"outcome"}


def test_eval_writes_tables_for_people_and_a_page(tmp_path: Path) -> None:
    data = labelled(tmp_path, suggested_tier="fast", difficulty_0_10=2, correct={"weak": False, "strong": True})

    done = run("eval", "--data", str(data), "--report", str(tmp_path / "out.html"))

    assert done.returncode == 0, done.stderr
    for words in ("Task (36 rows)", "Tier (36 rows)", "Outcome (36 rows", "always majority", "to strong"):
        assert words in done.stdout
    assert (tmp_path / "out.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_eval_says_what_is_wrong_with_a_file(tmp_path: Path) -> None:
    torn, empty, bare = tmp_path / "torn.jsonl", tmp_path / "empty.jsonl", tmp_path / "bare.jsonl"
    torn.write_text('{"prompt": "x", "task": "math"}\n{"prompt": "y', encoding="utf-8")
    empty.write_text("\n", encoding="utf-8")
    bare.write_text('{"prompt": "x"}\n', encoding="utf-8")

    for file, said in ((torn, "line 2: is no JSON"), (empty, "holds no rows"), (bare, "nothing to compare with")):
        done = run("eval", "--data", str(file))
        assert done.returncode == 1
        assert said in done.stderr
        assert done.stdout == ""


def test_eval_refuses_other_labels_as_usage(tmp_path: Path) -> None:
    done = run("eval", "--data", str(labelled(tmp_path)), "--labels", "taste")

    assert done.returncode == 2
    assert "task, tier, outcome" in done.stderr


def test_train_judges_on_rows_kept_back_and_writes_weights_that_load(tmp_path: Path) -> None:
    out = tmp_path / "weights.npz"

    found = answer("train", "--data", str(labelled(tmp_path, 20)), "--out", str(out), "--seed", "1")

    assert (found["rows"], found["skipped"]) == (60, 0)
    assert found["kinds"] == sorted(PROMPTS)
    assert found["held_out"]["(all)"]["rows"] < 60
    assert TextModel.load(out).kinds == tuple(sorted(PROMPTS))


def test_train_says_when_there_is_nothing_to_learn(tmp_path: Path) -> None:
    log = tmp_path / "decisions.jsonl"
    log.write_text('{"task": {"name": "math"}, "digest": "ab"}\n', encoding="utf-8")

    done = run("train", "--data", str(log), "--out", str(tmp_path / "weights.npz"))

    assert done.returncode == 1
    assert "1 lines without" in done.stderr
    assert not (tmp_path / "weights.npz").exists()
