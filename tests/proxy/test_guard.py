"""When our own code fails: nobody loses a request, and nothing private leaves."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signalbox.errors import Bug
from signalbox.schema.decision import Decision
from signalbox.schema.facts import Facts
from signalbox.schema.plan import Plan
from tests.proxy.files import strategy
from tests.proxy.harness import SERVERS, compiled

pytestmark = pytest.mark.filterwarnings("ignore")  # importing LiteLLM warns on its own account

AT = {name: ["http://127.0.0.1:1"] for name in SERVERS}


class Broken:
    """A pipeline with a mistake in it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def decide(self, facts: Facts, **how: Any) -> Decision:
        raise Bug(f"a mistake of ours that quotes {facts.prompt}")

    def is_private(self, facts: Facts) -> bool:
        raise Bug("another mistake of ours")


@pytest.fixture
def broken(tmp_path: Path) -> Iterator[Any]:
    from signalbox.proxy.hooks import Signalbox
    from signalbox.proxy.runtime import Active, Runtime

    runtime = Runtime(compiled(strategy(AT)).plan, tmp_path, environ={"OPENAI_API_KEY": "x"})
    runtime.active = Active(Broken(runtime.active.plan), runtime.active.board)  # type: ignore[arg-type]
    yield Signalbox(runtime)
    asyncio.run(runtime.stop())


def route(
    plugin: Any,
    *,
    model: str = "auto",
    headers: dict[str, str] | None = None,
    bound: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Any:
    from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth

    key = UserAPIKeyAuth(api_key="k", user_role=LitellmUserRoles.PROXY_ADMIN, metadata=bound or {})
    data = {
        "model": model,
        "messages": [{"role": "user", "content": "hello"}],
        "proxy_server_request": {"headers": headers or {}},
        "metadata": dict(metadata or {}),
    }
    return asyncio.run(plugin.async_pre_call_hook(key, None, data, "acompletion"))


@pytest.mark.parametrize("model", ["auto", "lane/coder", "tier/quality", "task/code"])
def test_a_public_request_goes_to_the_safe_model(broken: Any, model: str) -> None:
    assert route(broken, model=model)["model"] == "small"


def test_the_log_says_where_it_failed_and_quotes_nothing(broken: Any, caplog: pytest.LogCaptureFixture) -> None:
    route(broken)

    assert "Bug" in caplog.text
    assert "in decide" in caplog.text
    assert "hello" not in caplog.text


def test_a_forged_trip_is_forgotten_even_then(broken: Any) -> None:
    assert "signalbox_decision_id" not in route(broken, metadata={"signalbox_decision_id": "another"})["metadata"]


def test_a_model_that_the_client_named_stays(broken: Any) -> None:
    assert route(broken, model="large")["model"] == "large"


@pytest.mark.parametrize(
    "how",
    [
        {"headers": {"x-signalbox-data-class": "phi"}},
        {"headers": {"X-Signalbox-Data-Class": ""}},
        {"bound": {"signalbox": {"data_class": "phi"}}},
        {"bound": {"signalbox": {"data_class": ["broken"]}}},
    ],
    ids=["by header", "by an empty header", "by key", "by a broken key"],
)
def test_a_private_request_is_refused_with_503(broken: Any, how: dict[str, Any]) -> None:
    from litellm.proxy._types import ProxyException

    with pytest.raises(ProxyException) as refused:
        route(broken, **how)

    assert str(refused.value.code) == "503"
    assert refused.value.type == "signalbox_model_not_available"


def test_a_private_request_for_a_model_that_is_not_ours_is_refused_too(broken: Any) -> None:
    from litellm.proxy._types import ProxyException

    with pytest.raises(ProxyException):
        route(broken, model="somebody-elses", headers={"x-signalbox-data-class": "phi"})
