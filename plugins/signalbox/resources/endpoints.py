"""Inference servers that answer: at the configured addresses and the usual ports of this machine. Nothing is scanned."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine, Sequence
from urllib.parse import urlsplit

import httpx

from signalbox.resources.finding import Finding, Look, absent, unknown
from signalbox.resources.fingerprint import PATHS, identify
from signalbox.resources.reply import Replies, get, get_or_none
from signalbox.resources.resolve import unresolved
from signalbox.schema.resources import Endpoint

LOCAL_PORTS: tuple[int, ...] = (8000, 8080, 9931, 11434, 1234, 13305, 30000)
"""vLLM and Lemonade before 2026, llama.cpp (old, new), Ollama, LM Studio, Lemonade, SGLang."""

_CONNECT_SECONDS = 0.5
_CONNECTIONS = 4
"""At a time to one server: small ones queue no more than five connections."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_FIRST = "/v1/models"
_TIMED_OUT = "timed out"
_UNRESOLVED = "host name did not resolve in time"


def probe(look: Look) -> Finding:
    """Every server that could be told. Configured addresses that did not answer are named in the reason."""
    configured = tuple(dict.fromkeys(base_url(url) for url in look.endpoints))
    local = tuple(f"http://127.0.0.1:{port}" for port in look.ports if not _covered(port, configured))
    ends = time.monotonic() + look.timeout
    urls = (*configured, *local)
    dead = unresolved(_names(urls), min(_CONNECT_SECONDS, look.timeout))
    live = [url for url in urls if _host(url) not in dead]
    told = dict(zip(live, _run(_identify_all(live, ends - time.monotonic())), strict=True))
    answers = [told.get(url, _UNRESOLVED) for url in urls]
    found = tuple(answer for answer in answers if isinstance(answer, Endpoint))
    silent = [(url, answer) for url, answer in zip(configured, answers, strict=False) if isinstance(answer, str)]
    reason = "; ".join(f"{url}: {why}" for url, why in silent)
    if found:
        return Finding("ok", reason, endpoints=found)
    if any(why in (_TIMED_OUT, _UNRESOLVED) for _, why in silent):
        return unknown(reason)
    return absent(reason or f"no inference server on 127.0.0.1 ports {', '.join(map(str, look.ports))}")


def base_url(url: str) -> str:
    """`http://host:8000/v1/` -> `http://host:8000`."""
    return url.rstrip("/").removesuffix("/v1").rstrip("/")


def _covered(port: int, configured: Sequence[str]) -> bool:
    """Whether a configured address is this local port already."""
    return any(_host(url) in _LOOPBACK and urlsplit(url).netloc.endswith(f":{port}") for url in configured)


def _run(work: Coroutine[object, object, list[Endpoint | str]]) -> list[Endpoint | str]:
    """asyncio.run, without its wait for threads that still look up a name."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())  # bodies that were not read to their end
        loop.close()


def _names(urls: Sequence[str]) -> set[str]:
    return {host for url in urls if (host := _host(url)) and host not in _LOOPBACK}


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


async def _identify_all(urls: Sequence[str], seconds: float) -> list[Endpoint | str]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    times = httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds))
    async with httpx.AsyncClient(
        timeout=times,
        limits=limits,
        follow_redirects=False,
        trust_env=False,  # a proxy of the environment must not see requests to this machine
        verify=any(url.startswith("https") for url in urls),  # loading certificates takes 0.1 s
        headers={"accept-encoding": "identity", "accept": "*/*"},
    ) as client:
        return await asyncio.gather(*(_identify(client, url, seconds) for url in urls))


async def _identify(client: httpx.AsyncClient, url: str, seconds: float) -> Endpoint | str:
    """The server at `url`, or why there is none. One request tells whether anyone is there; then come the others."""
    try:
        async with asyncio.timeout(seconds * 0.6):
            first = await get(client, url + _FIRST)
    except (TimeoutError, httpx.ConnectTimeout, httpx.ReadTimeout):
        return _TIMED_OUT
    except httpx.ConnectError:
        return "connection refused or host not found (down, or still loading)"
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        return f"no HTTP server: {type(error).__name__}"
    few = asyncio.Semaphore(_CONNECTIONS)
    rest = await asyncio.gather(*(get_or_none(client, url + path, seconds=seconds * 0.3, few=few) for path in PATHS))
    replies: Replies = {_FIRST: first, **dict(zip(PATHS, rest, strict=True))}
    return identify(url, replies) or "answers, but is no inference server that we know"
