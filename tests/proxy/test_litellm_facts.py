"""Every LiteLLM fact that Signalbox relies on, so that an upgrade fails here first."""

import inspect
import json
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from packaging.version import Version

pytestmark = pytest.mark.filterwarnings("ignore")  # importing LiteLLM warns on its own account


def parameters(function: Any) -> list[str]:
    return list(inspect.signature(function).parameters)


def test_the_installed_version_is_one_that_is_supported() -> None:
    assert Version("1.106.2") <= Version(version("litellm")) < Version("1.110")


def test_the_hooks_have_the_signatures_that_ours_override() -> None:
    from litellm.integrations.custom_logger import CustomLogger

    assert parameters(CustomLogger.async_pre_call_hook)[1:] == ["user_api_key_dict", "cache", "data", "call_type"]
    assert parameters(CustomLogger.async_filter_deployments)[1:] == [
        "model", "healthy_deployments", "messages", "request_kwargs", "parent_otel_span",
    ]  # fmt: skip
    assert parameters(CustomLogger.async_pre_call_deployment_hook)[1:] == ["kwargs", "call_type"]
    assert parameters(CustomLogger.async_post_call_failure_deployment_hook)[1:] == [
        "request_data", "exception", "call_type", "fallback_depth",
    ]  # fmt: skip
    assert parameters(CustomLogger.async_post_call_response_headers_hook)[1:] == [
        "data", "user_api_key_dict", "response", "request_headers", "litellm_call_info",
    ]  # fmt: skip
    for name in ("async_log_success_event", "async_log_failure_event"):
        assert parameters(getattr(CustomLogger, name))[1:] == ["kwargs", "response_obj", "start_time", "end_time"]
    assert parameters(CustomLogger.async_post_call_failure_hook)[1:] == [
        "request_data", "original_exception", "user_api_key_dict", "traceback_str",
    ]  # fmt: skip


def test_our_hooks_stand_in_the_body_of_the_leaf_class() -> None:
    """LiteLLM asks `vars(type(callback))`: an inherited hook is never called."""
    from litellm.integrations.custom_logger import CustomLogger

    from signalbox.proxy.hooks import Signalbox

    own = {name for name in vars(Signalbox) if name.startswith("async_")}
    assert own == {
        "async_pre_call_hook",
        "async_filter_deployments",
        "async_pre_call_deployment_hook",
        "async_post_call_failure_deployment_hook",
        "async_log_success_event",
        "async_log_failure_event",
        "async_post_call_failure_hook",
        "async_post_call_response_headers_hook",
    }
    assert all(hasattr(CustomLogger, name) for name in own)


def test_a_keys_access_to_a_model_can_be_asked() -> None:
    from litellm.proxy.auth.auth_checks import can_key_call_resolved_model

    assert parameters(can_key_call_resolved_model)[:4] == ["model", "llm_model_list", "valid_token", "llm_router"]
    assert inspect.iscoroutinefunction(can_key_call_resolved_model)


def test_a_key_tells_role_models_and_metadata() -> None:
    from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth

    key = UserAPIKeyAuth(api_key="x")

    assert {"user_role", "models", "metadata", "team_metadata"} <= set(UserAPIKeyAuth.model_fields)
    assert key.user_role != LitellmUserRoles.PROXY_ADMIN


def test_an_error_has_message_type_code_and_headers() -> None:
    from litellm.proxy._types import ProxyException

    error = ProxyException(message="m", type="t", param="p", code=403, headers={"a": "b"})

    assert (error.message, error.type, str(error.code)) == ("m", "t", "403")


def test_the_proxy_has_the_names_that_we_touch() -> None:
    from litellm.proxy import proxy_server

    for name in ("app", "llm_router", "user_config_file_path", "proxy_shutdown_event"):
        assert hasattr(proxy_server, name), name
    assert inspect.iscoroutinefunction(proxy_server.proxy_shutdown_event)


def test_the_router_takes_the_settings_that_we_write() -> None:
    from litellm import Router

    known = set(parameters(Router.__init__))
    assert {"num_retries", "disable_cooldowns", "model_group_alias", "fallbacks", "context_window_fallbacks"} <= known


def test_the_price_table_lies_in_the_package_and_has_dollars_per_token() -> None:
    spec = find_spec("litellm")
    assert spec
    assert spec.submodule_search_locations
    table = Path(spec.submodule_search_locations[0]) / "model_prices_and_context_window_backup.json"

    row = json.loads(table.read_text())["gpt-4o-mini"]

    assert 0 < row["input_cost_per_token"] < row["output_cost_per_token"] < 0.001
    assert row["litellm_provider"] == "openai"


def test_local_servers_are_called_through_hosted_vllm() -> None:
    from litellm.types.utils import LlmProviders

    assert LlmProviders.HOSTED_VLLM.value == "hosted_vllm"


@pytest.mark.parametrize(
    "call_type", ["acompletion", "atext_completion", "aembedding", "aresponses", "anthropic_messages"]
)
def test_the_call_types_that_we_route_exist(call_type: str) -> None:
    from litellm.types.utils import CallTypes

    from signalbox.proxy.litellm_api import ENDPOINTS

    assert call_type in {kind.value for kind in CallTypes}
    assert call_type in ENDPOINTS


def test_pass_through_calls_are_named_as_we_refuse_them() -> None:
    from litellm.types.utils import CallTypes

    from signalbox.proxy.guard import PASS_THROUGH

    assert CallTypes.pass_through.value == PASS_THROUGH
