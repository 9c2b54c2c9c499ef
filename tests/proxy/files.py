"""The small world of the proxy tests: a catalogue, a taxonomy, and a strategy over simulated servers."""

from collections.abc import Mapping
from typing import Any

from signalbox.load import parse
from signalbox.schema.catalogue import Catalogue
from signalbox.schema.persona import Personas
from signalbox.schema.strategy import Strategy
from signalbox.schema.taxonomy import Taxonomy

CATALOGUE = parse(
    Catalogue,
    {
        "benchmark_weights": {"MMLU": 1.5},
        "providers": {"openai": {"key": "OPENAI_API_KEY"}},
        "models": {
            "small": {
                "source": "test",
                "context_window": 8_192,
                "capabilities": ["chat", "tools"],
                "tier": "fast",
                "scores": {"general_qa": 20},
                "ids": {"simulated": "small"},
            },
            "middle": {
                "source": "test",
                "context_window": 32_768,
                "capabilities": ["chat", "tools", "json_schema"],
                "tier": "balanced",
                "specialities": ["code"],
                "scores": {"code": 30, "general_qa": 25},
                "ids": {"simulated": "middle"},
            },
            "large": {
                "source": "test",
                "context_window": 128_000,
                "capabilities": ["chat", "tools", "vision", "json_schema"],
                "tier": "quality",
                "scores": {"general_qa": 40, "code": 40},
                "ids": {"simulated": "large"},
            },
            "vectors": {
                "source": "test",
                "context_window": 8_192,
                "capabilities": ["embeddings"],
                "dimensions": 64,
                "ids": {"simulated": "vectors"},
            },
            "gpt": {
                "source": "test",
                "context_window": 128_000,
                "capabilities": ["chat", "tools", "vision", "json_schema"],
                "tier": "quality",
                "scores": {"general_qa": 45},
                "ids": {"openai": "gpt-4o-mini"},
            },
        },
    },
    "test catalogue",
)
TAXONOMY = parse(
    Taxonomy,
    {
        "kinds": {
            "general_qa": {"description": "knowledge"},
            "chitchat": {"description": "talk"},
            "code": {"description": "code", "specialities": ["code"]},
            "code_generation": {"description": "code wanted", "parent": "code"},
            "embeddings": {"description": "vectors"},
        }
    },
    "test taxonomy",
)
PERSONAS = Personas(personas={})


def strategy(at: Mapping[str, list[str]], **changes: Any) -> Strategy:
    """Local small, middle, large and vectors, and `gpt`, which is in the cloud as far as the strategy knows."""
    return parse(
        Strategy,
        {
            "name": "tested",
            "data_classes": {"phi": "local_only", "public": "cloud_allowed"},
            "models": {
                "small": {"card": "small", "served_by": "simulated", "simulate": "openai", "at": at["small"]},
                "middle": {"card": "middle", "served_by": "simulated", "simulate": "vllm", "at": at["middle"]},
                "large": {"card": "large", "served_by": "simulated", "simulate": "llamacpp", "at": at["large"]},
                "vectors": {"card": "vectors", "served_by": "simulated", "simulate": "ollama", "at": at["vectors"]},
                "gpt": {"card": "gpt", "served_by": "openai", "at": [f"{url}/v1" for url in at["gpt"]]},
            },
            "lanes": {
                "general": {"models": ["small", "large"], "fallbacks": ["middle", "gpt"]},
                "coder": {"models": ["middle"], "fallbacks": ["large", "gpt"]},
                "cloud": {"models": ["gpt"], "fallbacks": ["large"]},
            },
            "tasks": {"code": "coder", "embeddings": "vectors", "*": "general"},
            "behaviour": {"cooldown": "1ms", "timeout": "2s", "probe_every": 0},
            **changes,
        },
        "test strategy",
    )
