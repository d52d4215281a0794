"""The plugin for MiVoice Business: its contract, its modes, and who can have a client."""

import pytest

import offhook_mivb
from offhook.api import InvalidInput, SourceUser
from offhook.doors import Plugins
from offhook.testing import PluginContract, sample_connection
from offhook_mivb import Options

FORM = "Login ID,First Name,Last Name,Email Address,Directory Number,Device Type,Role\n"
JOHN = "smithj,John,Smith,john@example.org,7328,UC Endpoint,UCC (V4.0) Premium\n"


class TestMivb(PluginContract):
    plugin = offhook_mivb
    options = Options(source="ldap", host="ad.example.org", base_dn="dc=example,dc=org")


@pytest.fixture
def listed(tmp_path):
    """Return what the plugin makes of a CSV file, through the door."""

    def read(text, **options):
        path = tmp_path / "users.csv"
        path.write_text(text)
        chosen = Options(file=str(path), **options)
        plugins = Plugins({"mivb": offhook_mivb})
        return list(plugins.list_users(sample_connection("mivb", chosen)))

    return read


def reasons(found):
    return {each.key: each.reason for each in found}


def test_a_user_of_the_integrated_mode_has_an_account_at_pbx_and_gateway(listed):
    assert listed(FORM + JOHN) == [
        SourceUser(
            key="smithj",
            fields={
                "first_name": "John",
                "last_name": "Smith",
                "email": "john@example.org",
                "number": "7328",
                "pbx_username": "7328",
                "gateway_username": "smithj-7328",
            },
            pbx="test",
            login="smithj",
            role="UCC (Vx.0) Premium",
            phone="UC Endpoint",
            automatic=True,
        )
    ]


def test_a_user_of_the_collocated_mode_has_an_account_at_the_client_service(listed):
    (user,) = listed(FORM + JOHN, mode="collocated")

    assert user.kind == "client-service"
    assert user.fields["client_service_username"] == "smithj"
    assert "gateway_username" not in user.fields


@pytest.mark.parametrize(
    ("mode", "role", "automatic"),
    [
        ("integrated", "UCC (V4.0) Standard", True),
        ("integrated", "Nurses", True),
        ("integrated", "", False),
        ("integrated", "UCC (V10.3) Entry", False),
        ("collocated", "", True),
        ("collocated", "ucc (v4.0)  entry", False),
        ("collocated", "Do Not Deploy", False),
    ],
)
def test_its_system_deploys_a_user_unasked_by_mode_and_role(listed, mode, role, automatic):
    (user,) = listed(FORM + JOHN.replace("UCC (V4.0) Premium", role), mode=mode)

    assert user.automatic is automatic


def test_the_profile_decides_over_the_template_and_that_over_the_role(listed):
    head = "Last Name,Login,Directory Number,Role,Template,Deployment Profile\n"
    rows = "A,a,1,Staff,Sales,Mobile\nB,b,2,Staff,Sales,\nC,c,3,Staff,,\nD,d,4,,,do not deploy\n"

    assert [user.role for user in listed(head + rows)] == [
        "Mobile",
        "Sales",
        "Staff",
        "Do Not Deploy",
    ]


def test_the_default_roles_say_who_gets_a_client():
    pbx_type = Plugins({"mivb": offhook_mivb}).pbx_types["mivb"]

    assert pbx_type.roles == {
        "UCC (Vx.0) Entry": False,
        "UCC (Vx.0) Standard": True,
        "UCC (Vx.0) Premium": True,
        "Do Not Deploy": False,
    }
    assert pbx_type.phones == ("UC Endpoint", "External Hot Desk")
    assert "opus" in pbx_type.codecs
    assert pbx_type.credentials == ("file", "hand")


def test_the_best_key_that_there_is_names_a_user(listed):
    head = "GUID,Login,Directory Number,Home Element,Last Name\n"

    assert [user.key for user in listed(head + "g-1,a,1,,A\n,b,2,,B\n,,3,,C\n,,3,West,D\n")] == [
        "g-1",
        "b",
        "3",
        "West/3",
    ]


def test_the_name_of_the_pbx_is_the_sources_else_ours(listed):
    head = "Last Name,Directory Number,Home Element\n"

    assert [user.pbx for user in listed(head + "A,1,West\nB,2,\n", pbx_name="East")] == [
        "West",
        "East",
    ]
    assert [user.pbx for user in listed(head + "B,2,\n")] == ["test"]


def test_clients_register_where_the_connection_says(listed):
    (user,) = listed(FORM + JOHN, sip_host="pbx.example.org")

    assert user.fields["pbx_host"] == "pbx.example.org"


def test_what_the_source_has_no_column_for_is_not_known(listed):
    (user,) = listed("Last Name,Directory Number,Email\nSmith,7328,\n")

    assert user.fields == {
        "last_name": "Smith",
        "number": "7328",
        "email": "",
        "pbx_username": "7328",
    }
    assert (user.login, user.automatic) == ("", False)


def test_every_number_that_can_have_a_client_is_a_user(listed):
    found = listed(
        FORM
        + JOHN.replace("7328,UC Endpoint", "7100,5340 IP")
        + JOHN
        + "smithj,,,,7329,External Hot Desk User,\n"
        + "wayneb,Bruce,Wayne,bruce@example.org,7400,MiCollab Client Endpoint,Staff\n"
    )
    users = [each for each in found if isinstance(each, SourceUser)]

    assert reasons(found[:1]) == {"7100": "phone type '5340 IP' has no client"}
    assert [(user.key, user.phone) for user in users] == [
        ("smithj", "UC Endpoint"),
        ("smithj/7329", "External Hot Desk"),
        ("wayneb", "UC Endpoint"),
    ]
    assert users[1].fields | {"number": "7328"} == users[0].fields | {
        "pbx_username": "7329",
        "gateway_username": "smithj-7329",
    }
    assert users[1].role == users[0].role


def test_a_file_sorted_by_number_loses_no_number_of_a_person(listed):
    row = "{},,,,{},UC Endpoint,\n"
    found = listed(FORM + JOHN + row.format("wayneb", 7400) + row.format("SmithJ", 7500))

    assert [user.key for user in found] == ["smithj", "wayneb", "SmithJ/7500"]


def test_the_rows_of_two_persons_are_not_mixed(listed):
    found = listed(FORM + JOHN + "wayneb,Bruce,Wayne,,7400,UC Endpoint,\n")

    assert (found[1].key, found[1].fields["email"], found[1].role) == ("wayneb", "", "")


def test_devices_that_cannot_have_a_client_are_left_out_with_the_reason(listed):
    found = listed(
        "Directory Number,Device Type,Last Name\n"
        "7001,5330 IP,A\n7002,,B\n,UC Endpoint,C\n+49 30 1234,UC Endpoint,D\n,,E\n"
    )

    assert [(each.key, each.reason) for each in found] == [
        ("7001", "phone type '5330 IP' has no client"),
        ("7002", "it has no phone type"),
        ("row 4", "it has no directory number"),
        ("+49 30 1234", "'+49 30 1234' is no directory number: it may have digits, * and # only"),
        ("row 6", "it has no directory number"),
    ]


def test_a_wrong_name_of_the_numbers_column_makes_no_users_without_numbers(listed):
    assert reasons(listed(FORM + JOHN, facts="csv.number=Extension")) == {
        "smithj": "it has no directory number"
    }


def test_a_number_with_a_hash_is_left_to_the_core(listed):
    (user,) = listed("Last Name,Directory Number\nSmith,1#001\n")

    assert user.fields["number"] == "1#001"


def test_a_row_with_another_shape_is_left_out_with_the_reason(listed):
    (user, skipped) = listed("Last Name,Directory Number\nSmith,1\nWayne\n")

    assert user.fields["number"] == "1"
    assert skipped.key == "row 3"
    assert "1 cells" in skipped.reason


def test_without_phone_types_only_the_first_number_is_a_users(listed):
    found = listed("Last Name,Primary DN,Secondary DN\nSmith,7328,7329\n")

    assert found[0].fields["number"] == "7328"
    assert reasons(found[1:]) == {"7329": "of a second number it must be known what phone it has"}


def test_the_rules_of_the_quick_add_are_kept(listed):
    head = "Login,Last Name,Directory Number,Mobile SIP Softphone,Teleworker,Password Option\n"
    found = listed(
        head
        + "a,A,1,yes,yes,Use Random Password\n"
        + "b,B,2,no,yes,Use This Value\n"
        + "c,C,3,yes,NO,\n"
    )

    assert reasons(found[1:2]) == {"b": "it has no licence for the mobile SIP softphone"}
    assert found[0].fields["gateway_username"] == "a-1"
    assert found[2].fields["gateway_username"] == ""


@pytest.mark.parametrize(
    ("options", "field", "reason"),
    [
        ({"mode": "collocated", "virtual_instance": True}, "mode", "integrated mode only"),
        ({"file": ""}, "file", "source=file needs it"),
        ({"source": "ldap", "base_dn": "dc=x"}, "host", "source=ldap needs it"),
        ({"source": "ldap", "host": "ad.example.org"}, "base_dn", "source=ldap needs it"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, field, reason):
    with pytest.raises(InvalidInput) as caught:
        Options(**{"file": "users.csv"} | options)

    assert [(each.field, reason in each.reason) for each in caught.value.problems] == [
        (field, True)
    ]


def test_a_virtual_instance_in_integrated_mode_is_fine():
    assert Options(file="users.csv", virtual_instance=True).mode == "integrated"
