"""What an inference server answered to a GET. Its word is not trusted: bodies are bounded, and whatever is odd is nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

import httpx

LARGEST_BODY: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """What a path answered."""

    status: int
    body: str

    @property
    def json(self) -> object:
        """The body as JSON whatever the status; None where it is none."""
        try:
            parsed: object = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return parsed


Replies = Mapping[str, Reply | None]


async def get(client: httpx.AsyncClient, url: str, headers: Mapping[str, str] | None = None) -> Reply:
    """Status and the first 2 MiB of the body. Raises what httpx raises."""
    body = bytearray()
    async with client.stream("GET", url, headers=headers) as response:
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) >= LARGEST_BODY:
                break
    return Reply(response.status_code, bytes(body[:LARGEST_BODY]).decode(errors="replace"))


async def get_or_none(
    client: httpx.AsyncClient,
    url: str,
    *,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    few: asyncio.Semaphore | None = None,
) -> Reply | None:
    """The same; None where nothing came within so many seconds, the wait for `few` among them."""
    try:
        async with asyncio.timeout(seconds), few or nullcontext():
            return await get(client, url, headers)
    except (httpx.HTTPError, ValueError, OSError):
        return None


def json_object(replies: Replies, path: str) -> dict[str, object]:
    """The JSON object that a path answered with 200; else empty."""
    reply = replies.get(path)
    parsed = reply.json if reply is not None and reply.status == 200 else None
    return parsed if isinstance(parsed, dict) else {}


def entries(document: Mapping[str, object], key: str) -> list[dict[str, object]]:
    """The objects in a list of a document; none where there is no such list."""
    listed = document.get(key)
    return [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
