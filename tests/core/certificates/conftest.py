"""An installation whose clients know one root, and files as authorities send them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from offhook.certificates.reading import Material, read
from offhook.certificates.trust import Trust
from offhook.settings import ProcessSettings
from tests.core.certificates.authorities import HOST, Issued, intermediate, leaf, root


@pytest.fixture(scope="session")
def top() -> Issued:
    """The root of the phones."""
    return root()


@pytest.fixture(scope="session")
def middle(top: Issued) -> Issued:
    """An intermediate authority."""
    return intermediate("Middle", top)


@pytest.fixture
def trust(top: Issued, tmp_path: Path) -> Trust:
    """What clients trust."""
    (tmp_path / "root.pem").write_bytes(top.pem)
    return Trust(str(tmp_path / "root.pem"))


@pytest.fixture
def settings(tmp_path: Path) -> ProcessSettings:
    """Settings without files of a certificate."""
    return ProcessSettings(home=tmp_path, public_url=f"https://{HOST}:8443")


@pytest.fixture
def files() -> Callable[..., Material]:
    """Make what files hold: the certificates, and the key of the first where it is wanted."""

    def make(*issued: Issued, key: bool = True) -> Material:
        content = b"".join(each.pem for each in issued)
        return read(content + (issued[0].key_pem if key else b""), "bundle.pem")

    return make


@pytest.fixture
def own(middle: Issued) -> Issued:
    """A server's certificate."""
    return leaf(middle)
