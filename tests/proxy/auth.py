"""Keys with limits, as LiteLLM's `custom_auth`: its database engine cannot be had on a closed network.

`sk-master` is the administrator. `sk-test-<JSON>` is a key bound to what the JSON says (percent-encoded).
"""

import json
from urllib.parse import unquote

from litellm.proxy._types import LitellmUserRoles, UserAPIKeyAuth


async def user_auth(request: object, api_key: str) -> UserAPIKeyAuth:
    """The key's limits: {"models": [...], "team_models": [...], "metadata": {...}, "team_metadata": {...}}."""
    if api_key == "sk-master":
        return UserAPIKeyAuth(api_key=api_key, user_role=LitellmUserRoles.PROXY_ADMIN)
    if not api_key.startswith("sk-test-"):
        raise ValueError("unknown key")
    bound = json.loads(unquote(api_key.removeprefix("sk-test-")))
    return UserAPIKeyAuth(api_key=api_key, user_role=LitellmUserRoles.INTERNAL_USER, **bound)
