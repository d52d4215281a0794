"""Files that commands write: readable by their owner only, there when they are whole."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from offhook.errors import InvalidInput


@contextmanager
def new_file(name: str | Path) -> Iterator[BinaryIO]:
    """Give a file that only its owner can read, put in place when it is whole; - is the output."""
    if name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    draft = path.with_name(f"{path.name}.part")
    try:
        if path.exists() and not path.is_file():
            raise OSError(f"it is a {'folder' if path.is_dir() else 'device or pipe'}")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        reason = f"{path} cannot be written: {error.strerror or error}."
        raise InvalidInput(reason, hint="Check the path and its rights.") from error
    finally:
        draft.unlink(missing_ok=True)
