"""Whatever a server asks, it is read whole or refused with a problem: never in half."""

import base64
import json
from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from offhook_redirector import asking
from offhook_redirector.problems import Problem

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=5,
)
TEXTS = ANYTHING | st.sampled_from(
    ["phones.example.org", "a@b.example", "QQ==", "https", "tls", "/"]
)
PORTS = ANYTHING | st.sampled_from([443, 0, 65535, 65536])
PROBES = st.fixed_dictionaries({}, optional={"scheme": TEXTS, "port": PORTS, "path": TEXTS})
ASKED = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("host", "format", "id", "sender", "recipient", "message"), TEXTS),
        "port": PORTS,
        "probes": ANYTHING | st.lists(PROBES | ANYTHING),
    },
)


@given(st.binary() | ANYTHING.map(lambda each: json.dumps(each).encode()))
def test_a_body_is_an_object_or_a_problem(body):
    with suppress(Problem):
        assert isinstance(asking.read_json(body, "host"), dict)


@given(ASKED)
def test_a_host_and_its_port_are_usable_or_a_problem(asked):
    with suppress(Problem):
        assert asking.read_host(asked, allow_loopback=False).isascii()
    with suppress(Problem):
        assert 0 < asking.read_port(asked, 443) < 65536
    with suppress(Problem):
        assert len(asking.read_format(asked)) <= 64


@given(ASKED)
def test_probes_are_all_of_the_proved_host_or_a_problem(asked):
    with suppress(Problem):
        probes = asking.read_probes(asked, "phones.example.org", "")

        assert {each.host for each in probes} <= {"phones.example.org"}
        assert all(each.path.isascii() and each.path.isprintable() for each in probes)


@given(ASKED, st.binary().map(lambda each: base64.b64encode(each).decode()))
def test_a_mail_has_one_sender_one_recipient_and_whole_lines_or_is_a_problem(asked, message):
    with suppress(Problem):
        mail = asking.read_mail({**asked, "message": message})

        assert mail.sender.isascii()
        assert mail.recipient.count("@") == 1
        assert mail.content.endswith(b"\r\n")
        assert b"\r" not in mail.content.replace(b"\r\n", b"")
        assert b"\n" not in mail.content.replace(b"\r\n", b"")
