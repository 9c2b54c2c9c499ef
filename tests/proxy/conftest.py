from collections.abc import Iterator

import pytest

from tests.proxy.files import strategy
from tests.proxy.harness import Proxy, running, servers


@pytest.fixture(scope="session")
def shared_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """One proxy for the tests that need no config of their own."""
    with servers() as found:
        at = {name: [server.url] for name, server in found.items()}
        with running(strategy(at), found, tmp_path_factory.mktemp("proxy")) as proxy:
            yield proxy


@pytest.fixture
def proxy(shared_proxy: Proxy) -> Iterator[Proxy]:
    """The shared proxy with every server well."""
    yield shared_proxy
    shared_proxy.heal()
