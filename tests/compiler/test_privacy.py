from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalbox.compiler.harmless import CALLBACK
from signalbox.compiler.privacy import prove_local

Config = dict[str, Any]


def hand_written() -> Config:
    """A config that somebody wrote without us, and that keeps everything inside."""
    return {
        "model_list": [
            {
                "model_name": "small",
                "litellm_params": {
                    "model": "hosted_vllm/small",
                    "api_base": "http://127.0.0.1:9001/v1",
                    "api_key": "os.environ/VLLM_KEY",
                    "rpm": 60,
                    "extra_body": {"chat_template_kwargs": {"enable_thinking": False}},
                },
                "model_info": {"id": "small-1", "mode": "chat", "owner": {"room": 12}},
            },
            {
                "model_name": "medium",
                "litellm_params": {"model": "ollama_chat/medium:8b", "api_base": "http://studio.local:11434"},
            },
            {
                "model_name": "vectors",
                "litellm_params": {"model": "e5", "custom_llm_provider": "openai", "api_base": "http://10.0.0.7/v1"},
            },
        ],
        "litellm_settings": {
            "callbacks": [CALLBACK, "prometheus"],
            "drop_params": True,
            "telemetry": False,
            "cache": True,
            "cache_params": {"type": "redis", "host": "redis", "port": 6379, "password": "os.environ/REDIS_PASSWORD"},
            "fallbacks": [{"small": ["medium"]}],
            "guardrails": [],
        },
        "router_settings": {
            "num_retries": 0,
            "fallbacks": [{"*": ["medium", "auto"]}],
            "context_window_fallbacks": [{"small": ["medium"]}],
            "default_fallbacks": ["medium"],
            "model_group_alias": {"auto": "small", "gpt-4o": {"model": "medium", "hidden": True}},
            "redis_host": "redis",
        },
        "general_settings": {
            "master_key": "os.environ/LITELLM_MASTER_KEY",
            "database_url": "postgresql://litellm:secret@db:5432/litellm",
            "store_model_in_db": False,
            "alerting": None,
        },
        "environment_variables": {"LITELLM_LOG": "ERROR"},
    }


def put(*path: str | int, value: object) -> Callable[[Config], None]:
    """A change of one key."""

    def change(config: Config) -> None:
        inside: Any = config
        for key in path[:-1]:
            inside = inside.setdefault(key, {}) if isinstance(inside, dict) else inside[key]
        inside[path[-1]] = value

    return change


SMALL = ("model_list", 0, "litellm_params")
LEAKS = {
    "model_list[0].litellm_params.api_base": [
        put(*SMALL, "api_base", value="https://api.openai.com/v1"),
        put(*SMALL, "api_base", value="http://127.0.0.1@evil.example/v1"),
        put(*SMALL, "api_base", value="os.environ/API_BASE"),
        put(*SMALL, "api_base", value=None),
        put(*SMALL, "api_base", value=["http://localhost"]),
        put(*SMALL, "api_base", value="localhost:8000"),
    ],
    "model_list[0].litellm_params.base_url": [put(*SMALL, "base_url", value="https://example.com")],
    "model_list[0].litellm_params.model": [
        put(*SMALL, "model", value="deepseek/deepseek-chat"),
        put(*SMALL, "model", value="gpt-4o"),
        put(*SMALL, "model", value="hosted_vllm/*"),
        put(*SMALL, "model", value="openai/"),
        put(*SMALL, "model", value="ollama/gpt-oss:120b-cloud"),
        put(*SMALL, "model", value="os.environ/MODEL"),
        put(*SMALL, "model", value="auto_router/complexity_router"),
        put(*SMALL, "model", value=None),
        put(*SMALL, "custom_llm_provider", value="anthropic"),
    ],
    "model_list[0].litellm_params.litellm_credential_name": [put(*SMALL, "litellm_credential_name", value="x")],
    "model_list[0].litellm_params.configurable_clientside_auth_params": [
        put(*SMALL, "configurable_clientside_auth_params", value=["api_base"])
    ],
    "model_list[0].litellm_params.fallbacks": [put(*SMALL, "fallbacks", value=["small"])],
    "model_list[0].litellm_params.mock_response": [put(*SMALL, "mock_response", value="yes")],
    "model_list[0].litellm_params.extra_body.forward_to": [
        put(*SMALL, "extra_body", value={"forward_to": "HTTPS://evil.example"})
    ],
    "model_list[0].litellm_params.extra_body.proxy": [put(*SMALL, "extra_body", value={"proxy": "evil.example:3128"})],
    "model_list[0].model_info.health_check_model": [
        put("model_list", 0, "model_info", "health_check_model", value="openai/gpt-4o")
    ],
    "model_list[0].model_name": [
        put("model_list", 0, "model_name", value="*"),
        put("model_list", 0, "model_name", value="openai/*"),
        put("model_list", 0, "model_name", value=None),
    ],
    "model_list[0].litellm_params": [put("model_list", 0, value={"model_name": "small"}), put(*SMALL, value="x")],
    "model_list[0]": [put("model_list", 0, value="small")],
    "model_list": [put("model_list", value=None), put("model_list", value={}), put("model_list", value="x")],
    "router_settings.fallbacks[0].small[0]": [
        put("router_settings", "fallbacks", value=[{"small": ["gpt-4o-mini"]}]),
        put("router_settings", "fallbacks", value=[{"small": [{"model": "openai/gpt-4o"}]}]),
    ],
    "router_settings.fallbacks.small[0]": [put("router_settings", "fallbacks", value={"small": ["gpt-5"]})],
    "router_settings.fallbacks[1]": [put("router_settings", "fallbacks", value=["small", "gpt-5"])],
    "router_settings.context_window_fallbacks[0].small[0]": [
        put("router_settings", "context_window_fallbacks", value=[{"small": ["gemini/gemini-2.5-pro"]}])
    ],
    "router_settings.content_policy_fallbacks[0].small[1]": [
        put("router_settings", "content_policy_fallbacks", value=[{"small": ["medium", "claude"]}])
    ],
    "router_settings.default_fallbacks[0]": [put("router_settings", "default_fallbacks", value=["claude"])],
    "litellm_settings.default_fallbacks[0]": [put("litellm_settings", "default_fallbacks", value=["claude"])],
    "litellm_settings.model_alias_map": [put("litellm_settings", "model_alias_map", value={"x": "openai/gpt-5"})],
    "router_settings.model_group_alias.auto": [
        put("router_settings", "model_group_alias", value={"auto": "gpt-5"}),
        put("router_settings", "model_group_alias", value={"auto": {"model": "gpt-5", "hidden": True}}),
        put("router_settings", "model_group_alias", value={"auto": {"hidden": True}}),
        put("router_settings", "model_group_alias", value={"auto": "auto"}),
        put("router_settings", "model_group_alias", value={"auto": None}),
    ],
    "router_settings.model_group_alias.*": [put("router_settings", "model_group_alias", value={"*": "small"})],
    "router_settings.model_group_alias": [put("router_settings", "model_group_alias", value=["small"])],
    "router_settings.redis_host": [put("router_settings", "redis_host", value="cache.example.com")],
    "router_settings.redis_url": [put("router_settings", "redis_url", value="rediss://:x@cache.example.com:6379")],
    "router_settings.default_litellm_params": [
        put("router_settings", "default_litellm_params", value={"api_base": "http://localhost"})
    ],
    "router_settings.router_general_settings": [
        put("router_settings", "router_general_settings", value={"pass_through_all_models": True})
    ],
    "litellm_settings.callbacks[0]": [put("litellm_settings", "callbacks", value=["langfuse"])],
    "litellm_settings.callbacks": [put("litellm_settings", "callbacks", value="my_code.handler")],
    "litellm_settings.success_callback[1]": [
        put("litellm_settings", "success_callback", value=["prometheus", "langfuse"])
    ],
    "litellm_settings.failure_callback[0]": [put("litellm_settings", "failure_callback", value=["sentry"])],
    "litellm_settings.telemetry": [put("litellm_settings", "telemetry", value=True)],
    "litellm_settings.cache_params.host": [
        put("litellm_settings", "cache_params", value={"type": "redis", "host": "x.upstash.io"}),
        put("litellm_settings", "cache_params", value={"type": "redis", "host": "os.environ/REDIS_HOST"}),
        put("litellm_settings", "cache_params", value={"port": 6379}),
    ],
    "litellm_settings.cache_params.url": [
        put("litellm_settings", "cache_params", value={"type": "redis", "url": "redis://x.upstash.io"})
    ],
    "litellm_settings.cache_params.type": [
        put("litellm_settings", "cache_params", value={"type": "redis-semantic", "host": "redis"}),
        put("litellm_settings", "cache_params", value={"type": "s3", "s3_bucket_name": "b"}),
    ],
    "litellm_settings.cache_params": [put("litellm_settings", "cache_params", value=None)],
    "litellm_settings.guardrails": [put("litellm_settings", "guardrails", value=[{"presidio": {}}])],
    "litellm_settings.api_base": [put("litellm_settings", "api_base", value="http://localhost")],
    "litellm_settings": [put("litellm_settings", value=["telemetry"])],
    "guardrails": [put("guardrails", value=[{"guardrail_name": "x"}])],
    "mcp_servers": [put("mcp_servers", value={"x": {"url": "http://localhost:1"}})],
    "vector_store_registry": [put("vector_store_registry", value=[{"vector_store_name": "x"}])],
    "search_tools": [put("search_tools", value=[{"search_tool_name": "x"}])],
    "include": [put("include", value=["other.yaml"])],
    "something_new": [put("something_new", value=False)],
    "general_settings.pass_through_endpoints": [
        put("general_settings", "pass_through_endpoints", value=[{"path": "/x", "target": "http://localhost"}])
    ],
    "general_settings.alerting": [put("general_settings", "alerting", value=["slack"])],
    "general_settings.store_model_in_db": [put("general_settings", "store_model_in_db", value=True)],
    "general_settings.database_url": [
        put("general_settings", "database_url", value="postgresql://u:secret@x.neon.tech/db"),
        put("general_settings", "database_url", value="os.environ/DATABASE_URL"),
    ],
    "general_settings.completion_model": [put("general_settings", "completion_model", value="gpt-5")],
    "general_settings.infer_model_from_keys": [put("general_settings", "infer_model_from_keys", value=True)],
    "environment_variables.OPENAI_API_BASE": [
        put("environment_variables", "OPENAI_API_BASE", value="http://localhost")
    ],
    "environment_variables.HTTPS_PROXY": [put("environment_variables", "HTTPS_PROXY", value="http://evil.example")],
}


def test_a_hand_written_config_that_stays_inside_is_proven() -> None:
    assert prove_local(hand_written()) == ()


@pytest.mark.parametrize(("path", "change"), [(path, change) for path, changes in LEAKS.items() for change in changes])
def test_each_way_out_is_named_with_its_key_path(path: str, change: Callable[[Config], None]) -> None:
    config = hand_written()
    change(config)

    violations = prove_local(config)

    assert path in {violation.path for violation in violations}
    assert all(violation.problem for violation in violations)


def test_each_key_path_is_named_once_and_no_password_is_shown() -> None:
    config = hand_written()
    config["general_settings"]["database_url"] = "postgresql://u:secret@x.neon.tech/db"

    violations = prove_local(config)

    assert [violation.path for violation in violations] == ["general_settings.database_url"]
    assert "secret" not in violations[0].problem


def test_trusted_hosts_count_everywhere() -> None:
    config = hand_written()
    config["model_list"][0]["litellm_params"]["api_base"] = "https://gpu.example.com/v1"
    config["litellm_settings"]["cache_params"]["host"] = "cache.example.com"

    assert prove_local(config, trusted_hosts=("gpu.example.com", "cache.example.com")) == ()


def test_a_config_that_contains_itself_is_refused_and_does_not_hang() -> None:
    config = hand_written()
    config["model_list"][0]["model_info"]["again"] = config["model_list"][0]["model_info"]

    assert any("deeper than" in violation.problem for violation in prove_local(config))


def test_an_empty_config_is_not_proven() -> None:
    assert [violation.path for violation in prove_local({})] == ["model_list"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=12)
    | st.sampled_from(["small", "https://evil.example"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of all keys and entries."""
    if isinstance(value, dict):
        inside: list[tuple[Any, Any]] = list(value.items())
    else:
        inside = list(enumerate(value)) if isinstance(value, list) else []
    return [spot for key, item in inside for spot in ((*path, key), *places(item, (*path, key)))]


@given(st.sampled_from(places(hand_written())), JSON)
def test_any_value_anywhere_gets_a_verdict(path: tuple[str | int, ...], value: object) -> None:
    config = hand_written()
    put(*path, value=value)(config)
    before = deepcopy(config)

    violations = prove_local(config)

    assert "https://evil.example" not in str(value) or violations
    assert config == before


@given(st.sampled_from(places(hand_written())))
def test_a_foreign_address_in_place_of_any_value_is_found(path: tuple[str | int, ...]) -> None:
    config = hand_written()
    put(*path, value="https://evil.example/v1")(config)

    assert prove_local(config)
