"""Read QR codes as a phone's camera would, with a decoder that is not ours."""

import subprocess
import tempfile
from email.message import EmailMessage

from tests.lab.processes import LabError
from tests.lab.programs import need

_OPTIONS = ("-q", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable")


def read_qr(image: bytes) -> str:
    """Return the text of the one QR code in *image* (PNG or any common picture format)."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        file.write(image)
        file.flush()
        result = subprocess.run(
            [need("zbarimg"), *_OPTIONS, file.name], capture_output=True, timeout=20, check=False
        )
    if result.returncode:
        raise LabError(f"zbarimg reads no QR code (status {result.returncode})")
    return result.stdout.decode().removesuffix("\n")


def read_qr_of(message: EmailMessage) -> str:
    """Return the text of the QR code shown in a mail: its only picture, inline or attached."""
    images = [part for part in message.walk() if part.get_content_maintype() == "image"]
    if len(images) != 1:
        raise LabError(f"the mail has {len(images)} pictures, not one")
    return read_qr(images[0].get_content())
