"""Files that are replaced at once or stay as they were."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from signalbox.errors import FileError


def replace_text(path: Path, text: str, *, remedy: str) -> None:
    """Writes UTF-8 text beside the file, then puts it in the file's place. Makes the folder. Raises FileError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as error:
        raise FileError(path, f"cannot be written: {error.strerror or error}.", remedy=remedy) from None
