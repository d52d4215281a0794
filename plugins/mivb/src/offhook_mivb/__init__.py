"""MiVoice Business: its users, and what its clients need."""

from offhook.api import CODECS, PbxType, hookimpl


@hookimpl
def pbx_type() -> PbxType:
    """What clients of this PBX can do."""
    return PbxType(name="mivb", label="MiVoice Business", codecs=CODECS)
