"""What a simulated MiVoice Border Gateway says and holds: its interface in one table, its users."""

import base64
import hashlib
from datetime import timedelta
from typing import Any

from attrs import Factory, asdict, define, frozen

from offhook_simulators.exports import FIRST_NUMBER, Person

# The vendor publishes no path, parameter or key of these web services: all of them are assumed.
# ``sip_user`` is the address of one; POST to ``sip_users`` creates, PUT and DELETE go to one.
PATHS = {
    "request_token": "/oauth/request_token",  # POST
    "approve": "/oauth/authorize",  # for people; ?oauth_token=KEY, without it all that wait
    "access_token": "/oauth/access_token",  # POST
    "renew": "/oauth/renew_token",  # POST
    "tokens": "/api/v1/tokens",
    "sip_users": "/api/v1/sip-users",
    "sip_user": "/api/v1/sip-users/{id}",
    "cluster": "/api/v1/cluster",
    "settings": "/api/v1/settings",
}
# Parameters in addresses. Pages are counted from 0; ``username`` is a whole set-side name.
PARAMETERS = {
    "page": "page",
    "size": "size",
    "username": "setSideUsername",
    "passwords": "withPasswords",  # "true": set-side passwords are in the answer
}
# The access token and the renewal answer with a form of these, besides OAuth's own
# oauth_token and oauth_token_secret, which may be other ones after a renewal.
TOKEN_FORM = {"id": "token_id", "expires": "expires"}
# A token in the list {"tokens": [...]}; times are ISO 8601 in UTC with Z.
TOKEN = {
    "tokens": "tokens",
    "id": "id",
    "consumer": "consumerId",
    "issued": "issued",
    "expires": "expires",
    "own": "current",  # whether it is the one that asks
}
# A page {"sipUsers": [...], "page": 0, "size": 100, "total": 1234}.
PAGE = {"items": "sipUsers", "page": "page", "size": "size", "total": "total"}
# Documented names of the fields of a SIP device, and the keys that they have in JSON.
SIP_USER = {
    "Enabled": "enabled",
    "Description": "description",
    "Configured ICP": "configuredIcp",  # its IP address
    "Availability": "availability",
    "Cluster Zone": "clusterZone",
    "Set-side Username": "setSideUsername",
    "Set-side Password": "setSidePassword",
    "ICP-side Username": "icpSideUsername",  # the directory number
    "ICP-side Password": "icpSidePassword",  # never read back; empty: as set-side
}
# Given by the gateway, besides the fields.
USER_ID, USER_OWNER, USER_REGISTERED = "id", "consumerId", "registered"
AVAILABILITY = ("Everywhere", "SIP devices only", "WebRTC only")
# The cluster {"nodes": [...]}.
NODE = {
    "nodes": "nodes",
    "name": "name",
    "address": "address",
    "role": "role",  # master, slave
    "zone": "zone",
    "backup_zone": "backupZone",
    "weight": "weight",
    "version": "version",
}
SETTINGS = {
    "host": "hostName",
    "version": "version",
    "certificate": "sipTlsCertificate",
    "weak": "permitWeakPasswords",
    "icps": "icps",  # the PBXs behind it: [{"name": ..., "address": ...}]
    "icp_name": "name",
    "icp_address": "address",
}
CERTIFICATES = ("Mitel", "Web server")
# Every refusal: {"code": ..., "message": ...}. The code of a 401 is an oauth_problem, as in the
# header WWW-Authenticate; a refused approval comes to the callback with oauth_problem, too.
ERROR = {"code": "code", "message": "message"}
PROBLEM = "oauth_problem"
PROBLEMS = (
    *("consumer_key_unknown", "consumer_key_refused", "signature_method_rejected"),
    *("signature_invalid", "timestamp_refused", "nonce_used"),
    *("parameter_absent", "parameter_rejected", "token_rejected"),
    *("token_expired", "token_revoked", "verifier_invalid", "user_refused"),
)
CODES = {
    "permission_denied": 403,
    "not_owner": 403,  # only the consumer that made a user may remove it
    "user_unknown": 404,
    "field_invalid": 400,
    "weak_password": 422,
    "icp_mismatch": 409,
    "name_in_use": 409,
    "service_stopped": 503,  # or 404
    "internal_error": 500,
}
MANAGE_TOKEN = "Base/managetoken"  # renew, list tokens
READ_USERS = "SipUsers/read"
WRITE_USERS = "SipUsers/write"
READ_PASSWORDS = "SipUsers/readpassword"
READ_SETTINGS = "Base/read"  # cluster and settings
PERMISSIONS = (MANAGE_TOKEN, READ_SETTINGS, READ_USERS, WRITE_USERS, READ_PASSWORDS)

LIFETIME = timedelta(days=365)  # the twelve months of a final token
CONSUMER_ID, CONSUMER_SECRET = "offhook-deployment", "a-secret-of-the-simulator"
SKEW = timedelta(minutes=5)  # by how much a timestamp may differ
LARGEST_PAGE = 500
MAKER = "micollab"  # the consumer that made the users who are there from the start
HOST = "mbg.example.test"
VERSION = "12.1.0.180"
ZONE = "Default"


class Refused(Exception):
    """A request is declined: with a code of `PROBLEMS` or `CODES`, and a sentence."""

    def __init__(self, code: str, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.code, self.status = code, status or CODES.get(code, 401)


@frozen
class Icp:
    """A PBX behind the gateway."""

    name: str
    address: str


@define(kw_only=True)
class Node:
    """A gateway of the cluster."""

    name: str
    address: str
    role: str = "slave"
    zone: str = ZONE
    backup_zone: str = ""
    weight: int = 100
    version: str = VERSION

    def shown(self) -> dict[str, Any]:
        """Return it by its keys in JSON."""
        return {NODE[name]: value for name, value in asdict(self).items()}


HQ = Icp("HQ", "192.0.2.10")


def make_nodes() -> list[Node]:
    """Return the cluster as it is at the start: a master and a slave in zones of their own."""
    master = Node(name="mbg1", address="192.0.2.21", role="master")
    return [master, Node(name="mbg2", address="192.0.2.22", zone="Branch", backup_zone=ZONE)]


@define(kw_only=True)
class Settings:
    """What an administrator sets, as far as it can be asked for."""

    host: str = HOST
    version: str = VERSION
    certificate: str = CERTIFICATES[0]
    weak: bool = False
    icps: list[Icp] = Factory(lambda: [HQ])

    def shown(self) -> dict[str, Any]:
        """Return them by their keys in JSON."""
        return {SETTINGS[name]: value for name, value in asdict(self).items()}


def name_at(index: int) -> str:
    """Return the set-side user name of the user at *index*."""
    person = Person(index)
    return f"{person.login}-{person.number}"


def password_at(index: int) -> str:
    """Return the set-side password that the user at *index* has from the start."""
    digest = hashlib.sha256(f"set-side password of {FIRST_NUMBER + index}".encode()).digest()
    return "Aa1-" + base64.urlsafe_b64encode(digest[:12]).decode()


def user_at(index: int) -> dict[str, Any]:
    """Return the fields of the user at *index*, by their keys in JSON."""
    person = Person(index)
    fields = {
        "Enabled": True,
        "Description": " ".join(person.names),
        "Configured ICP": HQ.address,
        "Availability": AVAILABILITY[0],
        "Cluster Zone": ZONE,
        "Set-side Username": name_at(index),
        "Set-side Password": password_at(index),
        "ICP-side Username": person.number,
        "ICP-side Password": "",
    }
    return {SIP_USER[name]: value for name, value in fields.items()}
