"""Catalogue, taxonomy and personas: complete, consistent with each other, and with the figures that were given."""

import pytest

from signalbox.compiler.prices import litellm_prices
from signalbox.compiler.scores import task_scores
from signalbox.units import Bytes
from tests.strategies.shipped import CATALOGUE, PERSONAS, TAXONOMY

CARDS = CATALOGUE.models
CHAT = {name: card for name, card in CARDS.items() if "chat" in card.capabilities}
REGISTRY = {  # context window, tier, GB, tokens per second on an M4 Max
    "llama3.3:70b": (131072, "quality", 45, 11),
    "deepseek-r1:70b": (65536, "quality", 45, 10),
    "qwen2.5:72b": (32768, "quality", 48, 10.5),
    "qwen2.5-coder:32b": (32768, "balanced", 22, 24),
    "deepseek-coder:33b": (16384, "balanced", 23, 23),
    "codellama:34b": (16384, "balanced", 24, 22),
    "llama3.1:30b": (131072, "balanced", 20, 26),
    "qwen2.5:32b": (32768, "balanced", 22, 24),
    "qwen2.5:14b": (32768, "balanced", 10, 35),
    "codellama:13b": (16384, "fast", 9, 40),
    "llama3.2:8b": (131072, "fast", 6, 65),
    "mistral:7b": (32768, "fast", 5, 70),
    "deepseek-coder:6.7b": (16384, "fast", 5, 72),
}
TREE = """
general_qa chitchat
code code_generation code_validation code_explanation code_python code_javascript code_typescript code_rust code_java
code_cpp code_go code_shell code_sql
math math_statistics math_algebra math_calculus
reasoning nlp_sentiment nlp_ner
data_analysis time_series data_forecasting data_anomaly
biomedical summarisation rag_query query_rewriting writing_editing documentation creative translation
classification_extraction intent_parsing tool_use orchestration embeddings safety
"""


@pytest.mark.parametrize("name", REGISTRY)
def test_a_registry_card_has_the_figures_of_the_registry(name: str) -> None:
    card = CARDS[name]

    found = (card.context_window, card.tier, card.memory, card.tokens_per_second["apple-m4-max"])
    context, tier, gigabytes, speed = REGISTRY[name]
    assert found == (context, tier, Bytes(gigabytes * 10**9), speed)


@pytest.mark.parametrize("name", ["llama3.2:8b", "llama3.1:30b"])
def test_names_that_were_never_released_are_kept_and_marked(name: str) -> None:
    assert "was released" in CARDS[name].description


@pytest.mark.parametrize("name", CARDS)
def test_a_card_says_where_it_is_from_and_scores_only_known_kinds(name: str) -> None:
    card = CARDS[name]

    assert card.source
    assert set(card.scores) <= set(TAXONOMY.kinds)
    assert all(0 <= score <= 50 for score in card.scores.values())
    assert set(card.benchmarks) <= set(CATALOGUE.benchmark_weights)
    assert all(0 < percent <= 100 for percent in card.benchmarks.values())
    assert (card.tier is None) == ("embeddings" in card.capabilities)


def test_four_of_five_chat_models_are_good_at_two_kinds_or_more() -> None:
    several = [name for name, card in CHAT.items() if len(card.scores) >= 2]

    assert len(several) >= 0.8 * len(CHAT)


def test_every_speciality_of_the_taxonomy_is_on_some_card() -> None:
    on_cards = {word for card in CARDS.values() for word in card.specialities}
    asked = {word for kind in TAXONOMY.kinds.values() for word in kind.specialities}

    assert asked <= on_cards


def test_every_cloud_id_has_a_price_in_the_installed_litellm() -> None:
    prices = litellm_prices()
    unknown = [
        (name, provider, model)
        for name, card in CARDS.items()
        for provider, model in card.ids.items()
        if provider in CATALOGUE.providers and prices.price(provider, model) is None
    ]

    assert unknown == []


def test_the_taxonomy_is_the_whole_tree() -> None:
    assert sorted(TAXONOMY.kinds) == sorted(TREE.split())


def test_no_keyword_belongs_to_two_kinds() -> None:
    keywords = [keyword.lower() for kind in TAXONOMY.kinds.values() for keyword in kind.keywords]

    assert len(keywords) == len(set(keywords))


@pytest.mark.parametrize(
    ("kind", "tokens"), [("code", 16384), ("reasoning", 32768), ("rag_query", 32768), ("summarisation", 65536)]
)
def test_a_task_prefers_its_context_window(kind: str, tokens: int) -> None:
    assert TAXONOMY.kinds[kind].min_context == tokens


def test_a_coder_beats_its_generalist_sibling_at_code_only() -> None:
    def score(card: str, kind: str) -> float:
        return task_scores(CARDS[card], taxonomy=TAXONOMY, weights=CATALOGUE.benchmark_weights)[kind]

    for coder, generalist in (("qwen2.5-coder-7b-awq", "qwen2.5-7b-awq"), ("sim-coder", "sim-large")):
        assert score(coder, "code") > score(generalist, "code")
        assert score(coder, "general_qa") < score(generalist, "general_qa")


def test_the_personas_have_the_planned_values() -> None:
    people = {
        name: persona.model_dump(exclude={"description", "rules"}, exclude_defaults=True)
        for name, persona in PERSONAS.personas.items()
    }

    assert people == {
        "researcher": {
            "tier": "quality",
            "downgrade_below": 2,
            "min_context_window": 32768,
            "tasks": {"code_generation": {"tier": "balanced"}, "rag_query": {"tier": "quality"}},
        },
        "developer": {
            "tier": "balanced",
            "downgrade_below": 3,
            "tasks": {
                "code_generation": {"tier": "quality", "prefer_specialised": True},
                "rag_query": {"tier": "balanced"},
            },
        },
        "casual": {
            "tier": "fast",
            "upgrade_from": 8,
            "tasks": {"code_generation": {"tier": "balanced"}, "rag_query": {"tier": "fast"}},
        },
    }
