"""Where ``offhook`` and ``python -m offhook`` begin: Ctrl-C is quiet while the rest loads, too."""

import gc
import io
import os
import sys
from importlib import import_module

_ALLOCATIONS = 50_000  # looking for garbage among modules that load takes a tenth of a command


def main() -> None:
    """Run the command line; what it writes is for its user only, and fits any terminal."""
    os.umask(0o077)  # addresses, links, PINs: in the database, exports, codes
    gc.set_threshold(_ALLOCATIONS)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        import_module("offhook.cli").main()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
