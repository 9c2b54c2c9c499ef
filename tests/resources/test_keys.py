"""API keys: names only."""

from signalbox.resources import keys
from signalbox.resources.finding import Look


def test_keys_that_are_set_are_named_in_order_and_their_values_are_nowhere() -> None:
    environ = {"OPENAI_API_KEY": "sk-secret", "DEEPSEEK_API_KEY": "ds-secret", "HF_TOKEN": "hf-secret", "HOME": "/x"}

    finding = keys.probe(Look(environ=environ))

    assert finding.keys == ("DEEPSEEK_API_KEY", "HF_TOKEN", "OPENAI_API_KEY")
    assert "secret" not in repr(finding)


def test_a_key_that_is_empty_or_blank_is_not_set() -> None:
    assert keys.probe(Look(environ={"OPENAI_API_KEY": "", "GROQ_API_KEY": "  \n"})).state == "absent"


def test_a_key_of_a_users_own_provider_is_found_by_its_ending() -> None:
    assert keys.probe(Look(environ={"OUR_LAB_API_KEY": "x"})).keys == ("OUR_LAB_API_KEY",)
