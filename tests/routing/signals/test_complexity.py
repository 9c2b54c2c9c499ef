"""Complexity: its tiers, its dimensions, and that it does not heed how a thing is said."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.complexity import CAPS
from tests.routing.signals.reading import complexity, tier

FAST = ["What is the capital of France?", "Define recursion", "How do I install numpy?"]
BALANCED = [
    "Explain how quicksort works and compare it to mergesort",
    "Write a Python function to validate email addresses",
    "Summarise the key findings from these 3 research papers",
]
QUALITY = [
    "Analyse the architectural trade-offs between microservices and monoliths for a fintech startup, considering "
    "scalability, team structure, and regulatory compliance",
    "Compare the reasoning capabilities of transformer-based models versus recursive neural networks, synthesising "
    "findings from recent papers",
    "Design a distributed caching system for a social network handling 100M users, explaining design decisions "
    "step-by-step",
]
EXAMPLES = (
    [("fast", text) for text in FAST]
    + [("balanced", text) for text in BALANCED]
    + [("quality", text) for text in QUALITY]
)

SAID = [
    *FAST, *BALANCED, *QUALITY,
    "how many ounces are in a pound",
    "Prove that the square root of 3 is irrational and generalise the proof to all primes.",
    "rewrite this so it sounds friendlier: Your request has been denied.",
    "Derive the optimal bidding strategy in a first-price sealed-bid auction with two bidders.",
    "what's a good name for a goldfish",
    "fix the bug: for i in range(len(a)): a.pop(i)",
    "Plan the migration of a hospital's patient records to a new vendor with no downtime, including rollback and audit.",
    "translate good night into Italian",
    "what is the difference between a virus and a bacterium",
    "Write a thread-safe LRU cache in C++ with O(1) operations and explain the locking",
    "give me a packing list for three days in the mountains",
]  # fmt: skip


def typo(text: str) -> str:
    """One letter in the middle is dropped, always the same one."""
    at = random.Random(len(text)).randrange(len(text) // 4, 3 * len(text) // 4)  # noqa: S311
    return text[:at] + text[at + 1 :]


PERTURBATIONS = {
    "please": lambda text: f"Please {text[0].lower()}{text[1:]}",
    "lower": str.lower,
    "typo": typo,
    "hey": lambda text: f"hey, {text}",
    "thanks": lambda text: f"{text} Thanks in advance!",
    "polite": lambda text: f"Could you please help me with this? {text}",
}


@pytest.mark.parametrize(("wanted", "prompt"), EXAMPLES)
def test_plain_examples_come_out_in_their_tier(wanted: str, prompt: str) -> None:
    assert tier(prompt) == wanted, complexity(prompt)


def test_the_way_of_asking_moves_at_most_a_tenth_of_the_tiers() -> None:
    pairs = [(tier(text), tier(change(text))) for text in SAID for change in PERTURBATIONS.values()]

    flips = sum(before != after for before, after in pairs)

    assert flips <= len(pairs) / 10


def test_much_context_adds_to_what_must_be_held_in_mind() -> None:
    short, long = complexity("who is liable?"), complexity("who is liable?", text_chars=400_000)
    large = complexity("who is liable?", user_turns=9, documents=6)

    assert long.total >= short.total
    assert large.context > short.context


def test_hard_is_harder_than_easy_of_the_same_length() -> None:
    easy = complexity("List all of the colours that you can see in a rainbow, from the top one to the last one")
    hard = complexity("Prove that every finite integral domain is a field and discuss the infinite counterexample")

    assert hard.total > easy.total + 1


@given(st.text(st.characters(), max_size=600))
def test_every_dimension_stays_within_its_cap(prompt: str) -> None:
    found = complexity(prompt)
    shares = (found.structural, found.reasoning, found.context, found.domain, found.output)

    assert all(-1e-9 <= share <= cap + 1e-9 for share, cap in zip(shares, CAPS, strict=True))
    assert 0 <= found.total <= 10 + 1e-9


def test_notes_name_dimensions_and_never_the_prompt() -> None:
    found = complexity("xyzzy quux plugh and frobnicate, compare them")

    assert found.notes
    assert not any(word in " ".join(found.notes) for word in ("xyzzy", "quux", "plugh", "frobnicate"))
