"""How the plugin starts, refuses to start, and is not missed when it is absent."""

from pathlib import Path
from typing import Any

import pytest

from tests.proxy.files import strategy
from tests.proxy.harness import key, running, servers

pytestmark = pytest.mark.proxy


def test_a_pair_that_does_not_belong_together_is_refused_by_name(tmp_path: Path) -> None:
    def other_digest(config: dict[str, Any]) -> None:
        config["signalbox"]["digest"] = "0" * 64

    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        with (
            pytest.raises(RuntimeError, match=r"signalbox compile --strategy tested"),
            running(strategy(at), found, tmp_path, change=other_digest),
        ):
            pass


def test_without_the_plugin_every_name_leads_to_a_local_model(tmp_path: Path) -> None:
    def without_plugin(config: dict[str, Any]) -> None:
        del config["litellm_settings"]["callbacks"]

    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        with running(strategy(at), found, tmp_path, change=without_plugin) as proxy:
            answers = [proxy.chat(model=name) for name in ("auto", "lane/cloud", "tier/quality", "task/chitchat")]

            assert [answer.status_code for answer in answers] == [200] * 4
            assert proxy.servers["gpt"].served == 0


def test_a_local_only_strategy_serves_no_kind_of_call_that_leaves(tmp_path: Path) -> None:
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        whole = strategy(at)
        local = whole.model_copy(
            update={
                "privacy": "local_only",
                "models": {name: model for name, model in whole.models.items() if name != "gpt"},
                "lanes": {
                    "general": whole.lanes["general"].model_copy(update={"fallbacks": ("middle",)}),
                    "coder": whole.lanes["coder"].model_copy(update={"fallbacks": ("large",)}),
                },
            }
        )

        def sneak(config: dict[str, Any]) -> None:
            """Somebody adds a cloud deployment to the generated config by hand."""
            config["model_list"].append(
                {
                    "model_name": "small",
                    "litellm_params": {"model": "openai/gpt-4o-mini", "api_base": f"{at['gpt'][0]}/v1", "api_key": "k"},
                    "model_info": {"id": "small-2", "signalbox": {"local": True, "model": "small"}},
                }
            )

        with running(local, found, tmp_path, change=sneak) as proxy:
            answers = [
                proxy.chat(model=name).status_code for name in ("auto", "small", "small-2", "openai/gpt-4o-mini") * 5
            ]
            image = proxy.post("/v1/images/generations", {"model": "small", "prompt": "x"}, api_key=key(models=[]))

            assert answers[:2] == [200, 200]
            assert image.status_code == 403
            assert proxy.servers["gpt"].served == 0
