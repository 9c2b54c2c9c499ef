"""What a server specification accepts."""

import json
from pathlib import Path

import pytest

from signalbox.errors import FileError, UserError
from signalbox.sim import SimModel, SimSpec
from signalbox.sim.spec import read_specs

MODEL = SimModel("m")


@pytest.mark.parametrize("host", ["0.0.0.0", "10.0.0.1", "::", "example.com", ""])
def test_a_host_that_is_not_loopback_is_refused(host: str) -> None:
    with pytest.raises(UserError, match="not a loopback address"):
        SimSpec("vllm", (MODEL,), host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_every_loopback_host_is_accepted(host: str) -> None:
    assert SimSpec("vllm", (MODEL,), host=host).host == host


def test_a_model_named_twice_or_no_model_is_refused() -> None:
    for models in ((MODEL, MODEL), ()):
        with pytest.raises(UserError, match="at least one model"):
            SimSpec("vllm", models)


def test_an_unknown_kind_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(UserError, match="Did you mean 'ollama'"):
        SimSpec("olama", (MODEL,))  # type: ignore[arg-type]


def test_a_file_gives_servers_and_models_by_name_or_object(tmp_path: Path) -> None:
    path = tmp_path / "specs.json"
    path.write_text(json.dumps([{"kind": "ollama", "models": ["a", {"name": "b", "embedding_dims": 8}], "slots": 2}]))

    (spec,) = read_specs(path)

    assert spec == SimSpec("ollama", (SimModel("a"), SimModel("b", embedding_dims=8)), slots=2)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("{", ""),
        ("[]", ""),
        ('[{"kind": "vllm"}]', "[0].models"),
        ('[{"kind": "vllm", "models": [{"nam": "a"}]}]', "[0].models[0]"),
        ('[{"kind": "vllm", "models": ["a"], "host": "0.0.0.0"}]', "[0]"),
        ("[3]", "[0]"),
    ],
)
def test_a_mistake_in_the_file_names_file_and_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "specs.json"
    path.write_text(text)

    with pytest.raises(FileError) as caught:
        read_specs(path)

    assert caught.value.key == key
    assert str(path) in str(caught.value)
