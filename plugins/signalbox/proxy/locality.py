"""Whether a deployment, as LiteLLM holds it, is one that the plan proved local."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from signalbox.schema.plan import Plan


def serves_locally(plan: Plan, deployment: Mapping[str, Any]) -> bool:
    """True only for a deployment of the plan that is local there and still has the plan's address.

    A deployment that the plan does not know (added at run time, or by hand) is never taken for local.
    """
    info, params = deployment.get("model_info"), deployment.get("litellm_params")
    name = info.get("id") if isinstance(info, Mapping) else None
    address = params.get("api_base") if isinstance(params, Mapping) else None
    if not isinstance(address, str):
        return False
    base = address.rstrip("/").removesuffix("/v1").rstrip("/")
    return any(
        known.id == name and known.local and known.url is not None and known.url.rstrip("/") == base
        for model in plan.models.values()
        for known in model.deployments
    )
