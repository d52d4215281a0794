"""Looks at the directory or the file that users are read from, and says what it found."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from offhook.api import Finding, diagnose_directory, diagnose_records
from offhook_mv5000.options import Options
from offhook_mv5000.sources import attributes, columns, people_filter


def examine(options: Options, *, now: datetime) -> Iterator[Finding]:
    """Yield a finding per step; the first failure ends it."""
    if options.source == "file":
        return diagnose_records(Path(options.file), columns(options), required=("number",), now=now)
    # Most systems are of one site and name none.
    wanted = [names[0] for field, names in attributes(options).items() if field != "pbx"]
    return diagnose_directory(
        options.directory, options.base_dn, people_filter(options), wanted, now=now
    )
