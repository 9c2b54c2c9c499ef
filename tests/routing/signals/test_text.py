"""Text becomes slots of the feature table."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.text import EARLIER, HEAD, SLOTS, SYSTEM, TAIL, Grams, clip, grams, text_grams, turn_text
from signalbox.schema.facts import Facts
from tests.routing.signals.reading import word_slots

ANY_TEXT = st.text(st.characters(), max_size=2_000)


def features(asked: Facts) -> Grams:
    return grams(asked, turn_text(asked))


def test_a_word_has_one_slot_wherever_it_stands() -> None:
    alone = word_slots("translate")

    inside = word_slots("please translate: this")

    assert len(alone) == 1
    assert inside[1] == alone[0]


def test_case_and_accents_make_no_difference() -> None:
    assert word_slots("Résumé ÉCRIRE Ёлка") == word_slots("resume ecrire елка")


def test_all_digits_are_alike() -> None:
    assert word_slots("2024") == word_slots("1999")


def test_every_character_of_a_script_without_blanks_is_a_word() -> None:
    assert len(word_slots("要約して")) == 4
    assert len(word_slots("서울의 날씨")) == 2


def test_long_prompts_are_read_at_both_ends() -> None:
    text = "a" * 5_000 + "b" * 5_000

    kept = clip(text)

    assert kept.startswith("a" * HEAD)
    assert kept.endswith("b" * TAIL)
    assert len(kept) < HEAD + TAIL + 10


def test_the_opening_weighs_more_than_the_middle_and_the_context_least() -> None:
    found = features(Facts(prompt=" ".join(["word"] * 150), earlier="before", system="system"))

    first, middle, context = found.weights[0], found.weights[50], found.weights[found.words - 1]

    assert first > middle > context > 0


@given(prompt=ANY_TEXT, earlier=ANY_TEXT, system=ANY_TEXT)
def test_any_text_gives_slots_of_the_table(prompt: str, earlier: str, system: str) -> None:
    found = features(Facts(prompt=prompt, earlier=earlier, system=system))

    assert len(found.slots) == len(found.weights)
    assert len(found.slots) <= 5 * (HEAD + TAIL + EARLIER + SYSTEM + 64)
    assert ((found.slots >= 0) & (found.slots < SLOTS)).all()
    assert np.isfinite(found.weights).all()


@given(st.text(st.characters(max_codepoint=127), max_size=200))
def test_plain_text_has_the_same_words_beside_other_scripts(text: str) -> None:
    alone = word_slots(f"{text} ")

    assert word_slots(f"{text} 要") == (*alone, *word_slots("要"))


@given(word=st.text("abcdefghij", min_size=1, max_size=20), before=st.text("klmnop \n.,", max_size=30))
def test_hashes_do_not_depend_on_the_place(word: str, before: str) -> None:
    there = text_grams(f"{before} {word}", len(before) + 1 + len(word))

    assert there.slots[there.words - 1] == word_slots(word)[0]
