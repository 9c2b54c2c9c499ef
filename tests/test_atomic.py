"""Files replaced at once."""

from pathlib import Path

import pytest

from signalbox.atomic import replace_text
from signalbox.errors import FileError


def test_writing_replaces_the_file_and_leaves_nothing_else(tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    place.write_text("old", encoding="utf-8")

    replace_text(place, "new", remedy="")

    assert place.read_text(encoding="utf-8") == "new"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_place_that_cannot_be_written_is_a_clear_error_and_keeps_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")

    with pytest.raises(FileError, match=r"file/report\.html: cannot be written: .* Name another"):
        replace_text(tmp_path / "file" / "report.html", "text", remedy="Name another")

    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"
