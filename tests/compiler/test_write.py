from dataclasses import replace
from pathlib import Path

import pytest

from signalbox.compiler.write import check_pair, write_pair
from signalbox.errors import FileError
from signalbox.load import load_plan
from tests.compiler.inputs import compile_ward


def test_a_written_pair_is_equal_and_nothing_else_is_left(tmp_path: Path) -> None:
    compiled = compile_ward()

    write_pair(compiled, tmp_path / "new")

    assert check_pair(compiled, tmp_path / "new") == ""
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["litellm_config.yaml", "routing_plan.json"]
    assert load_plan(tmp_path / "new" / "routing_plan.json") == compiled.plan


def test_a_changed_line_shows_as_a_difference(tmp_path: Path) -> None:
    compiled = compile_ward()
    write_pair(replace(compiled, config=compiled.config.replace("num_retries: 0", "num_retries: 7")), tmp_path)

    difference = check_pair(compiled, tmp_path)

    assert "-  num_retries: 7\n+  num_retries: 0\n" in difference
    assert "routing_plan" not in difference


def test_missing_files_differ_and_other_line_ends_too(tmp_path: Path) -> None:
    compiled = compile_ward()

    assert "routing_plan.json" in check_pair(compiled, tmp_path)

    write_pair(compiled, tmp_path)
    config = tmp_path / "litellm_config.yaml"
    config.write_bytes(config.read_bytes().replace(b"\n", b"\r\n"))
    assert check_pair(compiled, tmp_path) != ""


def test_a_folder_that_cannot_be_made_is_the_users_to_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(FileError, match="cannot be written"):
        write_pair(compile_ward(), tmp_path / "file")


def test_a_file_that_cannot_be_replaced_keeps_the_folder_clean(tmp_path: Path) -> None:
    (tmp_path / "routing_plan.json" / "inside").mkdir(parents=True)

    with pytest.raises(FileError, match=r"routing_plan.json: cannot be written"):
        write_pair(compile_ward(), tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["routing_plan.json"]
