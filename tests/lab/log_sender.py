"""Starts liblinphone with the settings of a stopped phone and has it send its log, as apps do."""

import ctypes
import sys
import time

LIBRARY = "liblinphone.so.10"  # Debian's package liblinphone10, which linphone-cli needs
_LOG_STATE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p)
_STATES = {1: "delivered", 2: "not delivered"}
_EVERYTHING = 0x3F  # debug, trace, message, warning, error, fatal
_STEP = 0.02  # seconds between two turns of the library


def main(settings: str, folder: str, seconds: str) -> None:
    """Collect a log into *folder* for so many seconds, send it, and say what became of it."""
    library = _load()
    library.linphone_core_set_log_collection_path(folder.encode())
    library.linphone_core_enable_log_collection(1)
    library.linphone_core_set_log_level_mask(_EVERYTHING)
    factory = library.linphone_factory_get()
    core = library.linphone_factory_create_core_3(factory, settings.encode(), None, None)
    ended: list[str] = []
    seen = _LOG_STATE(lambda _core, state, _info: ended.append(_STATES.get(state, "")))
    callbacks = library.linphone_factory_create_core_cbs(factory)
    library.linphone_core_cbs_set_log_collection_upload_state_changed(callbacks, seen)
    library.linphone_core_add_callbacks(core, callbacks)
    library.linphone_core_start(core)
    _turn(library, core, float(seconds), [])
    library.linphone_core_upload_log_collection(core)
    _turn(library, core, 10, ended)
    sys.stdout.write("".join(ended) or "no answer")
    library.linphone_core_stop(core)


def _load() -> ctypes.CDLL:
    """Return the library, its functions taking and giving pointers of full length."""
    library = ctypes.CDLL(LIBRARY)
    pointer = ctypes.c_void_p
    for name in ("factory_get", "factory_create_core_3", "factory_create_core_cbs"):
        getattr(library, f"linphone_{name}").restype = pointer
    signatures = {
        "factory_create_core_3": [pointer, ctypes.c_char_p, ctypes.c_char_p, pointer],
        "factory_create_core_cbs": [pointer],
        "core_cbs_set_log_collection_upload_state_changed": [pointer, _LOG_STATE],
        "core_add_callbacks": [pointer, pointer],
        "core_start": [pointer],
        "core_stop": [pointer],
        "core_iterate": [pointer],
        "core_upload_log_collection": [pointer],
    }
    for name, kinds in signatures.items():
        getattr(library, f"linphone_{name}").argtypes = kinds
    return library


def _turn(library: ctypes.CDLL, core: int, seconds: float, ended: list[str]) -> None:
    """Let the library work until something has *ended*, or the time is over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not any(ended):
        library.linphone_core_iterate(core)
        time.sleep(_STEP)


if __name__ == "__main__":
    main(*sys.argv[1:])
