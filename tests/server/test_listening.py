"""What stands in the way of serving is said in a sentence, before anything is served."""

import socket
import ssl

import pytest

from offhook.errors import SettingsError
from offhook.settings import ProcessSettings
from offhook_server import listening, proxies


def test_a_port_in_use_is_named_with_its_setting():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(
            SettingsError, match=f"Cannot listen on {address} .downloads_listen."
        ) as e:
            listening.open_port(address, "downloads_listen")
    assert "another program uses it already" in str(e.value)
    assert "downloads_listen" in e.value.hint


def test_an_address_that_is_not_ours_is_named():
    with pytest.raises(SettingsError, match="this machine has no such address"):
        listening.open_port("192.0.2.1:8443", "admin_listen")


def test_a_port_is_opened_on_ipv6_too():
    with listening.open_port("[::1]:0", "admin_listen") as opened:
        assert opened.family == socket.AF_INET6


def test_certificate_and_key_make_a_context(pki):
    settings = ProcessSettings(certificate=str(pki.leaf.chain), private_key=str(pki.leaf.key))

    context = listening.open_certificate(settings)

    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert listening.open_certificate(ProcessSettings()) is None


def test_a_certificate_and_a_foreign_key_are_told_apart(pki):
    settings = ProcessSettings(certificate=str(pki.leaf.chain), private_key=str(pki.foreign.key))

    with pytest.raises(SettingsError, match="does not belong to the certificate"):
        listening.open_certificate(settings)


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("chain", "", "certificate is there, but private_key is not"),
        ("", "key", "private_key is there, but certificate is not"),
        ("absent", "key", "absent .certificate. cannot be read: No such file"),
        ("chain", "absent", "absent .private_key. cannot be read: No such file"),
        ("key", "key", "holds no certificate in PEM format"),
        ("chain", "chain", "holds no private key in PEM format"),
        ("chain", "locked", "is protected by a password"),
        ("chain", "broken", "cannot be used"),
    ],
)
def test_files_that_cannot_be_used_are_named(pki, tmp_path, certificate, key, message):
    (tmp_path / "locked").write_text("-----BEGIN ENCRYPTED PRIVATE KEY-----\n")
    (tmp_path / "broken").write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----")
    files = {"": "", "chain": pki.leaf.chain, "key": pki.leaf.key}
    chosen = [str(files.get(name, tmp_path / name)) for name in (certificate, key)]
    settings = ProcessSettings(certificate=chosen[0], private_key=chosen[1])

    with pytest.raises(SettingsError, match=message):
        listening.open_certificate(settings)


def test_an_unreadable_key_is_named(pki, tmp_path):
    key = tmp_path / "key"
    key.symlink_to(key)  # root may read everything else

    with pytest.raises(SettingsError, match="Too many levels of symbolic links"):
        listening.open_certificate(
            ProcessSettings(certificate=str(pki.leaf.chain), private_key=str(key))
        )


@pytest.mark.parametrize("address", ["0.0.0.0:8443", "[::]:8443", "192.0.2.1:1", "myhost:1"])
def test_nothing_is_served_to_others_without_tls(address):
    settings = ProcessSettings(downloads_listen=address)

    with pytest.raises(SettingsError, match="passwords would travel unencrypted"):
        listening.check_exposure(settings, tls=False)


def test_with_tls_or_a_proxy_or_on_loopback_it_is_served():
    open_to_all = ProcessSettings(downloads_listen="0.0.0.0:8443")
    proxied = ProcessSettings(downloads_listen="0.0.0.0:80", trusted_proxies=("192.0.2.9",))
    local = ProcessSettings(downloads_listen="localhost:80", admin_listen="[::1]:81")

    assert listening.check_exposure(open_to_all, tls=True) is None
    assert listening.check_exposure(proxied, tls=False) is None
    assert listening.check_exposure(local, tls=False) is None


def test_a_proxy_that_is_no_address_is_refused():
    with pytest.raises(SettingsError, match=r"no address.*'proxy.example'"):
        proxies.behind(None, ("proxy.example",), tls=True)
