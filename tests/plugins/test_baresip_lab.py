"""A real baresip reads what the plugin rendered, and registers at a real Kamailio."""

import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs
import pytest

import offhook_baresip
from offhook.api import Account, ConfigDocument, DeviceLink, Secret, SettingValue
from offhook.testing import sample_account, sample_device, sample_document
from offhook.testing.samples import HOSTILE_TEXTS
from offhook_baresip import FORMAT
from tests.lab.baresip import Baresip
from tests.lab.kamailio import Kamailio, run_kamailio
from tests.lab.pages import Pages, serve_pages
from tests.lab.pki import Pki
from tests.lab.programs import need
from tests.plugins.baresip_reading import parts

pytestmark = pytest.mark.lab

MANUAL = Path(offhook_baresip.__file__).parents[2] / "README.md"
MakeBaresip = Callable[[], Baresip]


def at(kamailio: Kamailio, username: str, password: str, **changed: str) -> Account:
    """Return an account at *kamailio*, over TLS where nothing else is said."""
    name = changed.pop("name", "Ana Ruiz")
    sample = sample_account(
        host="localhost", username=username, password=password, display_name=name
    )
    ports = {"tls": kamailio.tls_port, "tcp": kamailio.tcp_port, "udp": kamailio.udp_port}
    return attrs.evolve(sample, **changed, port=ports[changed.get("transport", "tls")])


def put(baresip: Baresip, *accounts: Account, **settings: object) -> None:
    """Write what is rendered where the script of the manual writes it."""
    told = {name: SettingValue(value, "forced") for name, value in settings.items()}
    document = attrs.evolve(sample_document(*accounts), settings=told)
    rendered = parts(offhook_baresip.render(FORMAT, document, sample_device()).body)
    config = baresip.folder / "config"
    config.write_text("\n".join(rendered["config"]) + "\n" + config.read_text())
    (baresip.folder / "accounts").write_text("\n".join(rendered["accounts"]) + "\n")


def test_any_name_and_password_are_read_and_register(
    kamailio: Kamailio, make_baresip: MakeBaresip
) -> None:
    texts = {
        f"u{number}": text for number, text in enumerate([*HOSTILE_TEXTS.values(), 'a"b', '"'])
    }
    kamailio.add_subscribers(texts)
    phone = make_baresip()
    udp = {"transport": "udp", "srtp": "off"}
    put(phone, *(at(kamailio, user, text, name=text, **udp) for user, text in texts.items()))

    running = phone.start()
    registered = running.wait_for_registrations(len(texts))

    assert registered == set(texts)
    names = {each["aor"]: each["display_name"] for each in running.accounts().values()}
    assert {
        user: re.sub(r"\\(.)", r"\1", names[f"sip:{user}@localhost"], flags=re.DOTALL)
        for user in texts
    } == texts


@pytest.mark.parametrize("transport", ["tls", "tcp", "udp"])
def test_it_registers_over_the_transport_of_the_profile(
    kamailio: Kamailio, make_baresip: MakeBaresip, transport: str
) -> None:
    kamailio.add_subscribers({"2001": "secret"})
    phone = make_baresip()
    put(phone, at(kamailio, "2001", "secret", transport=transport, srtp="off"))

    phone.start().wait_for_registrations(1)

    assert kamailio.registrations()["2001"].transport == transport


def test_every_line_is_one_that_it_knows(kamailio: Kamailio, make_baresip: MakeBaresip) -> None:
    kamailio.add_subscribers({"2001": "secret"})
    phone = make_baresip()
    put(phone, at(kamailio, "2001", "secret"), audio_codec="g722", dscp_audio=46)

    running = phone.start("/usr/bin/baresip", "-f", str(phone.folder), "-v", "-e", "/config")
    running.wait_for_registrations(1)

    assert "Using media encryption 'srtp-mand'" in running.log()
    assert re.search(r"^rtp_tos\s+184$", running.log(), re.MULTILINE)
    assert "not found" not in running.log()


def test_version_1_0_verifies_no_certificate_which_is_told_as_lost(
    pki: Pki, make_baresip: MakeBaresip
) -> None:
    """Where this fails, Debian has a newer one: then what is said to be lost has to change."""
    with run_kamailio(pki.foreign) as impostor:
        impostor.add_subscribers({"2001": "secret"})
        phone = make_baresip()
        put(phone, at(impostor, "2001", "secret"), verify_tls=True, ca_type="public")

        running = phone.start()
        running.wait_for_registrations(1)

    assert "baresip v1.0" in running.log()


@pytest.fixture
def pages(pki: Pki) -> Iterator[Pages]:
    with serve_pages(pki.leaf, kind=FORMAT.content_type) as running:
        yield running


@pytest.fixture
def script(tmp_path: Path) -> str:
    """The script of the manual, as an administrator saves it."""
    (found,) = re.findall(r"^```sh\n(.*?)^```$", MANUAL.read_text(), re.MULTILINE | re.DOTALL)
    path = tmp_path / "baresip-offhook"
    path.write_text(found)
    path.chmod(0o755)
    return str(path)


def serve(pages: Pages, path: str, document: ConfigDocument, *, once: bool = False) -> str:
    device = DeviceLink(url=Secret(f"{pages.base}/r/device"), token=Secret("device"), once=once)
    return pages.add(path, offhook_baresip.render(FORMAT, document, device).body.decode())


@pytest.mark.parametrize("once", [False, True], ids=["always", "once"])
def test_the_script_of_the_manual_fetches_and_starts_it(
    kamailio: Kamailio,
    make_baresip: MakeBaresip,
    pages: Pages,
    pki: Pki,
    script: str,
    once: bool,
) -> None:
    need("curl")
    kamailio.add_subscribers({"2001": "secret", "2002": "other"})
    phone = make_baresip()
    own = (phone.folder / "config").read_text()
    authority = {"ca_type": "custom", "custom_ca": pki.root.read_text()}
    first = sample_document(at(kamailio, "2001", "secret"), settings=authority)
    second = sample_document(at(kamailio, "2002", "other"), settings=authority)
    (phone.folder / "refresh").write_text(serve(pages, "/c/link", first, once=once) + "\n")
    serve(pages, "/r/device", second, once=once)

    runs = []
    for _ in range(3):
        running = phone.start(script, CURL_CA_BUNDLE=str(pki.root))
        runs += running.wait_for_registrations(1)
        running.process.stop()

    assert runs == (["2001"] * 3 if once else ["2001", "2002", "2002"])
    assert pages.asked == (["/c/link"] if once else ["/c/link", "/r/device", "/r/device"])
    assert (phone.folder / "config.own").read_text() == own
    assert (phone.folder / "ca.pem").read_text() == pki.root.read_text()
    assert stat.S_IMODE((phone.folder / "accounts").stat().st_mode) == 0o600


def test_a_failed_fetch_leaves_what_was_there(
    kamailio: Kamailio, make_baresip: MakeBaresip, pages: Pages, pki: Pki, script: str
) -> None:
    kamailio.add_subscribers({"2001": "secret"})
    phone = make_baresip()
    account = at(kamailio, "2001", "secret", srtp="off")
    link = serve(pages, "/c/link", sample_document(account, settings={"ca_type": "vendor"}))
    (phone.folder / "refresh").write_text(link)
    running = phone.start(script, CURL_CA_BUNDLE=str(pki.root))
    running.wait_for_registrations(1)
    running.process.stop()

    pages.content.clear()
    again = phone.start(script, CURL_CA_BUNDLE=str(pki.root))

    assert again.wait_for_registrations(1) == {"2001"}
    assert (phone.folder / "refresh").read_text().strip().endswith("/r/device")
