"""A second opinion is asked of something that can give one."""

from typing import Any

import pytest

from signalbox.errors import FileErrors, UserError
from tests.compiler.inputs import compile_ward, read


def asking(**second_opinion: Any) -> dict[str, Any]:
    """The ward's strategy with a second opinion."""
    strategy = read("strategy")
    strategy["behaviour"]["second_opinion"] = second_opinion
    return strategy


def with_utterances() -> dict[str, Any]:
    """The ward's taxonomy with an example."""
    taxonomy = read("taxonomy")
    taxonomy["kinds"]["math"]["utterances"] = ["what is seven times eight"]
    return taxonomy


@pytest.mark.parametrize("source", [{"model": "embedder"}, {"encoder": "local"}])
def test_an_embedding_model_of_the_strategy_or_hashed_words_will_do(source: dict[str, Any]) -> None:
    asked = compile_ward(asking(**source), taxonomy=with_utterances()).plan.behaviour.second_opinion

    assert asked is not None
    assert (asked.model, asked.encoder) == (source.get("model"), source.get("encoder"))
    assert (asked.below, float(asked.timeout)) == (0.6, 0.15)


@pytest.mark.parametrize(
    ("model", "problem"),
    [
        ("embeder", "'embeder' is no model of this strategy. Did you mean 'embedder'?"),
        ("generalist", "'generalist' gives no embeddings. Name one that does: embedder"),
    ],
)
def test_a_model_that_gives_no_embeddings_is_an_error(model: str, problem: str) -> None:
    with pytest.raises(UserError) as caught:
        compile_ward(asking(model=model), taxonomy=with_utterances())

    assert str(caught.value) == f"strategies/ward.yaml: behaviour.second_opinion.model: {problem}"


def test_a_taxonomy_without_utterances_has_nothing_to_compare_with() -> None:
    with pytest.raises(UserError, match=r"behaviour\.second_opinion: no task of the taxonomy has utterances"):
        compile_ward(asking(model="embedder"))


def test_both_mistakes_are_found_at_once() -> None:
    with pytest.raises(FileErrors) as caught:
        compile_ward(asking(model="nobody"))

    assert len(caught.value.errors) == 2


@pytest.mark.parametrize("source", [{}, {"model": "embedder", "encoder": "local"}])
def test_one_source_is_named_no_more_and_no_less(source: dict[str, Any]) -> None:
    with pytest.raises(UserError, match="name either an embedding model"):
        compile_ward(asking(**source), taxonomy=with_utterances())
