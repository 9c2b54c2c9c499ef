"""The trainer: rows in, weights out, and they know what they were taught."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from signalbox.evidence.examples import RARE, Row, prepare, right_kinds
from signalbox.evidence.lexicon import lexicon
from signalbox.evidence.training import train
from signalbox.routing.signals.model import TextModel
from signalbox.routing.signals.text import SLOTS
from signalbox.schema.facts import Facts
from signalbox.schema.taxonomy import Kind, Taxonomy
from tests.routing.signals.reading import word_slots

TAXONOMY = Taxonomy(
    kinds={
        "haulage": Kind(description="lorries"),
        "bakery": Kind(description="bread"),
        "rye": Kind(description="rye bread", parent="bakery"),
    }
)
LORRY = (
    "where is lorry",
    "lorry late again",
    "the lorry needs diesel",
    "call the lorry driver",
    "is the trailer loaded",
)
BREAD = ("bake two loaves", "the dough is sticky", "how hot is the oven", "more flour please", "knead the dough longer")


def row(prompt: str, task: str | None = None, **more: object) -> Row:
    return Row(Facts(prompt=prompt, prompt_chars=len(prompt)), task, **more)  # type: ignore[arg-type]


def corpus() -> list[Row]:
    rows = [
        row(f"{text} {number}", "haulage", source=f"a{number}", difficulty=8.0) for text in LORRY for number in range(6)
    ]
    rows += [
        row(f"{text} {number}", "bakery", source=f"b{number}", difficulty=2.0) for text in BREAD for number in range(6)
    ]
    rows += [row(f"{text}?", weak_right=False, strong_right=True) for text in LORRY]
    return rows + [row(f"{text}?", weak_right=True, strong_right=True) for text in BREAD]


def test_a_small_corpus_is_learned(tmp_path: Path) -> None:
    train(corpus(), taxonomy=TAXONOMY).save(tmp_path / "w.npz")
    model = TextModel.load(tmp_path / "w.npz")

    lorry, bread = (model.read(Facts(prompt=text)) for text in ("the lorry driver is late", "knead the sticky dough"))

    assert lorry.chances[lorry.kinds.index("haulage")] > 0.6
    assert bread.chances[bread.kinds.index("bakery")] > 0.6
    assert lorry.difficulty > bread.difficulty + 1
    assert lorry.weak_failure > bread.weak_failure
    assert lorry.benefit > bread.benefit


def test_the_same_rows_and_seed_give_the_same_weights() -> None:
    first, second = train(corpus(), taxonomy=TAXONOMY, seed=3), train(corpus(), taxonomy=TAXONOMY, seed=3)

    assert np.array_equal(first.table, second.table)
    assert first.sharpness == second.sharpness
    assert np.array_equal(first.steps.base, second.steps.base)


def test_calibration_learns_from_sources_however_small_they_are() -> None:
    rows = [replace(one, source=f"s{number}") for number, one in enumerate(corpus())]

    assert train(rows, taxonomy=TAXONOMY).sharpness > 1


def test_a_root_with_few_prompts_counts_as_much_as_it_may_be_asked_for() -> None:
    rows = [row(f"bread {number}", "bakery", source=str(number)) for number in range(8)]
    rows += [row("rye", "rye", source="r"), row("lorry", "haulage", source="l")]
    unlabelled = [row("who knows", source="u") for _ in range(50)]

    bread, *_, rye, lorry = (one.trust for one in prepare(rows, ("bakery", "haulage", "rye"), TAXONOMY))
    among_others = prepare(rows + unlabelled, ("bakery", "haulage", "rye"), TAXONOMY)

    assert bread == rye
    assert lorry / bread == pytest.approx(3)
    assert among_others[0].trust == bread


def test_a_root_of_one_prompt_does_not_drown_the_others() -> None:
    rows = [row(f"bread {number}", "bakery", source=str(number)) for number in range(999)]

    *_, lorry = prepare([*rows, row("lorry", "haulage", source="l")], ("bakery", "haulage"), TAXONOMY)

    assert lorry.trust == RARE


def test_progress_is_told_to_its_end() -> None:
    told: list[tuple[str, float]] = []

    train(corpus(), taxonomy=TAXONOMY, progress=lambda stage, share: told.append((stage, share)))

    assert told[-1] == ("learn", 1.0)
    assert {"prepare", "calibrate", "learn"} <= {stage for stage, _ in told}


def test_a_mapped_label_stands_for_its_family() -> None:
    assert right_kinds(row("bread", "bakery"), TAXONOMY) == {"bakery"}
    assert right_kinds(row("bread", "bakery", mapped=True), TAXONOMY) == {"bakery", "rye"}
    assert right_kinds(row("bread", "bakery", also=("haulage",)), TAXONOMY) == {"bakery", "haulage"}


def test_words_of_one_group_share_a_row_whatever_their_language() -> None:
    known = lexicon()
    summarise, zusammenfassen = (np.array(word_slots(word)) for word in ("summarise", "zusammenfassen"))

    shared = set(known.find(summarise)[1]) & set(known.find(zusammenfassen)[1])

    assert shared


def test_examples_carry_the_groups_of_their_words() -> None:
    (one,) = prepare([row("translate this into german")], (), TAXONOMY)

    assert (one.slots >= SLOTS).any()
