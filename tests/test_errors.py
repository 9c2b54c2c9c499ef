"""Messages say what, where, and what to do next."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox import errors
from signalbox.errors import BudgetRefusal, FileError, FileErrors, NothingFits, PrivacyRefusal, Refusal, UnknownName


def test_a_file_error_names_file_key_problem_and_remedy() -> None:
    error = FileError("a.yaml", "is missing.", key="lanes.coder", remedy="Add it")

    assert str(error) == "a.yaml: lanes.coder: is missing. Add it"


def test_several_mistakes_are_one_line_each_and_the_first_gives_the_attributes() -> None:
    error = FileErrors((FileError("a.yaml", "one.", key="x"), FileError("a.yaml", "two.", key="y")))

    assert str(error).splitlines() == ["a.yaml: x: one.", "a.yaml: y: two."]
    assert (error.path, error.key, error.problem) == ("a.yaml", "x", "one.")


def test_an_unknown_name_comes_with_the_nearest_valid_one() -> None:
    assert str(UnknownName("strategy", "t4_hybird", ["t4_hybrid", "cloud"])).endswith("Did you mean 't4_hybrid'?")


def test_an_unknown_name_that_is_near_to_none_comes_with_all_of_them() -> None:
    assert str(UnknownName("strategy", "zzz", ["b", "a"])) == "'zzz' is no strategy. Valid: a, b."


def test_an_unknown_name_without_any_choice_ends_at_the_full_stop() -> None:
    assert str(UnknownName("model", "x", [])) == "'x' is no model."


def test_nothing_fits_lists_what_each_strategy_misses_and_a_way_out() -> None:
    text = str(NothingFits({"t4": ("no T4", "no key"), "cloud": ("no key",)}))

    assert "t4: no T4; no key" in text
    assert "cloud: no key" in text
    assert "signalbox up" in text


def test_a_refusal_tells_the_chain_that_was_tried() -> None:
    refusal = PrivacyRefusal("nothing local.", chain=(("gpt", "phi is local_only"), ("claude", "phi is local_only")))

    assert str(refusal) == "nothing local. Tried: gpt: phi is local_only; claude: phi is local_only."


def test_each_refusal_has_a_status_and_a_code_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Refusal)]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {kind.status for kind in kinds} == {400, 403, 429, 503}


def test_a_budget_refusal_knows_when_the_limit_starts_anew() -> None:
    assert BudgetRefusal("spent.", resets_at=12.0).resets_at == pytest.approx(12.0)


@given(st.text(max_size=50), st.lists(st.text(max_size=20)))
def test_any_name_gets_a_hint_without_harm(name: str, choices: list[str]) -> None:
    hint = errors.did_you_mean(name, choices)

    assert isinstance(hint, str)
    assert bool(hint) == bool(choices)
