"""MiVoice 5000: its users, and what its clients need."""

from offhook.api import CODECS, PbxType, hookimpl


@hookimpl
def pbx_type() -> PbxType:
    """What clients of this PBX can do."""
    return PbxType(name="mv5000", label="MiVoice 5000", codecs=CODECS)
