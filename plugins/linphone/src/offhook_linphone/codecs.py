"""The audio codecs of Linphone: MIME name, clock rate in Hz, channels."""

CODECS = {
    "opus": ("opus", "48000", "2"),
    "g722": ("G722", "8000", "1"),
    "pcma": ("PCMA", "8000", "1"),
    "pcmu": ("PCMU", "8000", "1"),
    "g729": ("G729", "8000", "1"),
}
