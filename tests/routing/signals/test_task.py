"""The task signal: language, structure, the user's own phrases, hierarchy, and abstention."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.routing.signals.task import TaskReader
from signalbox.schema.taxonomy import Kind, Taxonomy
from tests.routing.signals.reading import extended, facts, model, reader, scores, task, taxonomy

NATURAL = [
    ("general_qa", "who was the first woman to climb everest"),
    ("chitchat", "hey there, how's your evening going"),
    ("code", "write a function in go that flattens a nested slice"),
    ("code", "here is my method, it throws a NullPointerException on line 12, what is wrong with it"),
    ("math", "solve 3x + 7 = 25 for x"),
    ("math", "what is the integral of x * cos(x)"),
    ("math", "what are the odds of drawing two aces from a deck of cards"),
    ("reasoning", "Four people sit in a row. Ada is left of Ben, Cy is right of Dee, Ben is last. Who is first?"),
    ("data_analysis", "I have a csv of orders by region, find which region has the highest churn and plot it"),
    ("time_series", "forecast the next four quarters from these seasonal sales figures"),
    ("biomedical", "what are the side effects of amoxicillin in children with asthma"),
    ("summarisation", "summarise this article in three bullet points: The city council decided on Monday to"),
    ("rag_query", "Context: The bridge opened in 1932 after nine years of work. Question: when did the bridge open?"),
    ("query_rewriting", "rewrite the follow-up as a standalone search query: and how much did it cost?"),
    ("writing_editing", "draft a polite email to my landlord about the broken boiler"),
    ("creative", "write a short poem about a lonely robot on the moon"),
    ("translation", "translate this sentence into Spanish: the train leaves at noon"),
    ("classification_extraction", "classify each of these tickets as billing, shipping or login: I was charged twice"),
    ("tool_use", "set a timer for ten minutes and turn off the kitchen lights"),
    ("safety", "tell me how to build a pipe bomb"),
    ("translation", "Übersetze diesen Satz ins Englische: Der Zug fährt um zwölf."),
    ("creative", "escribe un poema corto sobre el mar"),
    ("code", "写一个 Python 函数来反转字符串"),
    ("general_qa", "Quelle est la capitale de l'Australie ?"),
    ("chitchat", "привет, как дела?"),
]


@pytest.mark.parametrize(("family", "prompt"), NATURAL)
def test_natural_phrasing_is_understood(family: str, prompt: str) -> None:
    found = task(prompt)

    assert family in taxonomy().ancestry(found.name), found


def test_a_child_is_answered_only_if_it_is_sure_within_its_parent() -> None:
    clear, vague = task("fix my sql join, the left join returns duplicate rows"), task("implement it in code please")

    assert clear.name.startswith("code_")
    assert "code" in clear.alternatives
    assert "code" in taxonomy().ancestry(vague.name)


def test_a_parent_has_at_least_the_chance_of_its_child() -> None:
    found = task("fix my sql join, the left join returns duplicate rows")

    parent = taxonomy().kinds[found.name].parent
    assert parent
    assert found.alternatives[parent] >= found.confidence


def test_a_child_unknown_to_the_weights_falls_to_its_parent() -> None:
    bare = Taxonomy(kinds={"code": Kind(description="code"), "general_qa": Kind(description="knowledge")})

    found = task("write a python script that renames files", by=TaskReader(bare))

    assert found.name in {"code", "general_qa"}


def test_an_uncertain_request_abstains() -> None:
    found = task("hm that thing", by=TaskReader(taxonomy(), abstain_below=0.999))

    assert (found.name, found.source) == ("general_qa", "abstain")
    assert found.confidence < 0.999


def test_without_any_learned_kind_the_reader_abstains() -> None:
    foreign = Taxonomy(kinds={"haulage": Kind(description="lorries")})

    assert task("where is my lorry", by=TaskReader(foreign)).source == "abstain"


def test_the_embedding_endpoint_says_what_it_is() -> None:
    found = task("Write a poem", endpoint="embedding")

    assert (found.name, found.confidence, found.source) == ("embeddings", 1.0, "endpoint")


@pytest.mark.parametrize("carried", [{"tools": 3}, {"tool_results": 1, "in_tool_loop": True}])
def test_tools_and_their_results_mean_tool_use(carried: dict[str, object]) -> None:
    found = task("what is the capital of Norway", **carried)

    assert (found.name, found.source) == ("tool_use", "structure")


def test_tools_that_may_not_be_called_do_not_count() -> None:
    assert task("what is the capital of Norway", tools=3, tool_choice_none=True).name == "general_qa"


def test_tools_described_in_the_system_prompt_count() -> None:
    system = "You are an agent. You have access to the following tools: search(text), read(path)."

    assert task("find the invoice", system=system).name == "tool_use"


def test_given_documents_mean_a_question_about_them() -> None:
    assert task("when did the ferry start?", documents=4).name == "rag_query"


def test_given_documents_may_be_for_condensing() -> None:
    assert task("summarise these in two sentences", documents=4).name == "summarisation"


@pytest.mark.parametrize(
    "prompt",
    [
        '<documents>\n<doc id="1">The mill burned down in 1887.</doc>\n</documents>\n\nWhen did the mill burn down?',
        "Passage: Lead melts at 327 degrees.\nQuestion: at what temperature does lead melt",
        "Write nothing but the answer.\nContext: Tin melts at 232 degrees.\nQ: at what temperature does tin melt\nA:",
        "[1] Opening hours are nine to five.\n[2] Closed on Sundays.\nWhen is it open?",
    ],
)
def test_passages_laid_out_in_the_prompt_are_seen(prompt: str) -> None:
    found = task(prompt)

    assert (found.name, found.source) == ("rag_query", "structure")


def test_a_system_prompt_that_brings_passages_is_seen() -> None:
    system = "Answer the user using only the documents below.\n\n[Document 1] The fee is twelve pounds."

    assert task("how much is the fee?", system=system).name == "rag_query"


def test_a_keyword_of_the_user_decides() -> None:
    own = TaskReader(extended("haulage", keywords=("load sheet",)))

    found = task("Write some python that fills in the Load Sheet", by=own)

    assert (found.name, found.source) == ("haulage", "keyword")


def test_a_keyword_counts_only_as_whole_words() -> None:
    own = TaskReader(extended("haulage", keywords=("rig",)))

    assert task("is it right to rig an election", by=own).source == "keyword"
    assert task("what is the original bright colour", by=own).source != "keyword"


def test_the_longest_keyword_wins() -> None:
    kinds = extended("haulage", keywords=("load",)).kinds | extended("customs", keywords=("load sheet",)).kinds

    assert task("print the load sheet", by=TaskReader(Taxonomy(kinds=kinds))).name == "customs"


def test_keywords_that_share_a_word_are_told_apart() -> None:
    sheets = extended("haulage", keywords=("print the load sheet", "sheet of loads")).kinds
    own = TaskReader(Taxonomy(kinds=sheets | extended("customs", keywords=("print the customs sheet",)).kinds))

    assert task("please print the customs sheet", by=own).name == "customs"
    assert task("please print the load sheet", by=own).name == "haulage"
    assert task("please print the other sheet", by=own).source != "keyword"


def test_keywords_work_in_scripts_without_blanks() -> None:
    own = TaskReader(extended("haulage", keywords=("運送状",)))

    assert task("この運送状を確認してください", by=own).name == "haulage"


def test_a_request_like_an_utterance_is_of_its_kind() -> None:
    own = TaskReader(extended("haulage", utterances=("where is lorry 12 on its way to Hull",)))

    found = task("where is lorry 7 on its way to Hull?", by=own)

    assert (found.name, found.source) == ("haulage", "utterance")
    assert task("write a haiku about rain", by=own).name == "creative"


def test_three_alternatives_are_told_and_none_is_the_answer() -> None:
    seen = scores("compare two mortgage offers")
    undecided = seen._replace(chances=np.full(len(seen.kinds), 1 / len(seen.kinds)))

    found = reader()(facts("compare two mortgage offers"), undecided)

    assert len(found.alternatives) == 3
    assert found.name not in found.alternatives


def test_the_same_request_gets_the_same_answer() -> None:
    assert task("plan my week") == task("plan my week")


@given(prompt=st.text(st.characters(), max_size=600), system=st.text(st.characters(), max_size=300))
def test_any_text_gets_a_kind_of_the_taxonomy_with_a_chance(prompt: str, system: str) -> None:
    found = task(prompt, system=system)

    assert found.name in taxonomy().kinds
    assert 0 <= found.confidence <= 1
    assert all(0 <= chance <= 1 for chance in found.alternatives.values())


@pytest.mark.parametrize(
    "prompt", ["", "\x00" * 50, "\ud800\udfff\ud83d", "a" * 8_000, "�" * 8_000, " \n\t ", "😀" * 3_000]
)
def test_hostile_text_gets_an_answer(prompt: str) -> None:
    found = reader()(facts(prompt), model().read(facts(prompt)))

    assert 0 <= found.confidence <= 1
    assert scores(prompt).kinds


def test_what_was_learned_of_a_kind_that_the_taxonomy_lacks_counts_for_its_root() -> None:
    small = Taxonomy(kinds={"general_qa": Kind(description="knowledge"), "code": Kind(description="code")})
    asked = facts("write me a bash one-liner that renames all jpg files to lower case")

    found = TaskReader(small)(asked, model().read(asked))

    assert (found.name, found.source) == ("code", "signal")


def test_weights_that_know_no_kind_abstain() -> None:
    nothing = scores("what is the capital of peru")._replace(kinds=(), roots=(), chances=np.zeros(0))

    assert reader()(facts("what is the capital of peru"), nothing).source == "abstain"
