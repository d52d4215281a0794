"""Whatever a site looks like: once it is accepted, its plan is whole and nft takes its rules."""

import subprocess
from ipaddress import ip_network

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from offhook.topology import flows, nftables, plans
from offhook.topology.siterules import check
from offhook.topology.sites import Cluster, Deployment, Network, Node, Sip, Site
from offhook.topology.topologies import TOPOLOGIES
from tests.lab.programs import need

addresses = st.ip_addresses().map(str)
public = st.ip_addresses().filter(lambda address: address.is_global).map(str)
labels = st.from_regex(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)
names = st.lists(labels, min_size=2, max_size=3).map(".".join)
networks = st.builds(
    lambda address, bits: str(ip_network(f"{address}/{bits}", strict=False)),
    st.ip_addresses(),
    st.integers(min_value=8, max_value=32),
)


@st.composite
def sites(draw, topology):
    """Draw sites, good and bad, of a topology."""
    clustered = topology.clustered
    nodes = st.builds(Node, name=names, inside=addresses, outside=public)
    return Site(
        server=draw(
            st.builds(
                Node, name=names, inside=addresses, outside=st.just("") if clustered else public
            )
        ),
        offhook=draw(
            st.builds(
                Deployment,
                name=names,
                inside=addresses,
                outside=st.just("") | public if clustered else public,
                port=st.sampled_from([443, 8443]),
            )
        ),
        mbgs=tuple(draw(st.lists(nodes, min_size=1, max_size=4))) if clustered else (),
        sip=draw(
            st.builds(
                Sip,
                transport=st.sampled_from(["tls", "tcp", "udp"]),
                shared_name=st.just("") | names if clustered else st.just(""),
                srv=st.booleans() if clustered else st.just(False),
            )
        ),
        cluster=Cluster(),
        network=draw(
            st.builds(
                Network,
                lan=st.lists(networks, min_size=1, max_size=4).map(tuple),
                pbx=st.lists(addresses, min_size=1, max_size=3).map(tuple),
                dns=st.lists(addresses, max_size=2).map(tuple),
                redirect=st.lists(names, max_size=2).map(tuple),
            )
        ),
    )


@pytest.mark.lab
@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
@settings(
    max_examples=30,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each try starts nft: no shrinking
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_a_site_that_is_accepted_has_rules_that_nft_takes(topology, data):
    site = data.draw(sites(topology))
    if list(check(site, topology)):
        return
    found = data.draw(st.lists(addresses, max_size=3))

    plan = plans.make(topology, site)
    text = nftables.write(
        plan.rules, plan.translations, flows.inner_networks(site), lambda host: found
    )

    assert not any(mark in step.text for step in plan.steps for mark in "{}")
    command = [need("unshare"), "-rn", need("nft"), "-c", "-f", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stderr}\n{text}"
