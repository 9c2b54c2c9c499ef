from pathlib import Path

import pytest

from signalbox.compiler.compile import Compiled
from signalbox.compiler.write import check_pair, write_pair
from tests.compiler.inputs import compile_ward, read

GOLDEN = Path(__file__).parents[1] / "golden"


def local_ward() -> Compiled:
    """The same ward without its cloud, one coder too large for its GPU."""
    strategy = read("strategy") | {"name": "ward_local", "privacy": "local_only", "data_classes": {}}
    del strategy["models"]["cloud"], strategy["lanes"]["orchestrator"], strategy["tasks"]["tool_use"]
    strategy["models"]["giant"] = {"card": "giant", "served_by": "vllm", "at": ["http://node-09:8000"], "gpu": "t4"}
    strategy["lanes"]["coder"]["models"] = ["giant", "coder"]
    strategy["lanes"]["general"] = {"models": ["generalist"], "fallbacks": ["coder"]}
    strategy["lanes"]["coder"]["fallbacks"] = ["generalist"]
    return compile_ward(strategy)


@pytest.mark.parametrize(("case", "compiled"), [("ward", compile_ward()), ("ward_local", local_ward())])
def test_the_compiled_pair_is_the_golden_pair(case: str, compiled: Compiled, update_golden: bool) -> None:
    if update_golden:
        write_pair(compiled, GOLDEN / case)

    assert check_pair(compiled, GOLDEN / case) == ""
