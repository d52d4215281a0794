"""MiVoice MX-ONE: its users, and what its clients need."""

from offhook.api import CODECS, PbxType, hookimpl


@hookimpl
def pbx_type() -> PbxType:
    """What clients of this PBX can do."""
    return PbxType(name="mx_one", label="MiVoice MX-ONE", codecs=CODECS)
