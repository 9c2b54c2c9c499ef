from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.proxy.files import strategy
from tests.proxy.harness import Proxy, running, servers


@pytest.fixture(scope="session")
def shared_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Proxy]]:
    """One proxy for the tests that need no config of their own; a new one where it died under an earlier test."""
    with servers() as found, ExitStack() as stack:
        at = {name: [server.url] for name, server in found.items()}
        started: list[Proxy] = []

        def standing() -> Proxy:
            if not started or not started[-1].alive:
                folder = tmp_path_factory.mktemp("proxy")
                started.append(stack.enter_context(running(strategy(at), found, folder)))
            return started[-1]

        yield standing


@pytest.fixture
def proxy(shared_proxy: Callable[[], Proxy]) -> Iterator[Proxy]:
    """The shared proxy with every server well."""
    standing = shared_proxy()
    yield standing
    standing.heal()
    assert standing.alive, standing.last_words()
