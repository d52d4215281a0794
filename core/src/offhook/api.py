"""All that a plugin may import: the words, the errors and the hook marker. Re-exports only."""

from offhook.directories import Directory, DirectoryOptions, Entry, diagnose_directory, search
from offhook.errors import (
    BadAnswer,
    InvalidInput,
    OffhookError,
    Problem,
    Refused,
    RemoteError,
    Unreachable,
)
from offhook.formats import Losses, at_host, not_text, not_xml, refuse_unusable
from offhook.hookspecs import hookimpl
from offhook.http import HttpAnswer, HttpSession, open_session
from offhook.mails import (
    Letterhead,
    Mail,
    Mailbox,
    check_mailbox,
    check_sender,
    read_mailbox,
)
from offhook.model.authorizations import Authorization, AuthorizationStep, Begin, Finish, Renew
from offhook.model.connections import Connection
from offhook.model.deployments import Handover, InlineImage, Message, Receipt
from offhook.model.described import describe, described
from offhook.model.documents import (
    Account,
    ClientFormat,
    ClientRequest,
    ConfigDocument,
    Credentials,
    DeviceLink,
    Lost,
    Refusal,
    RenderedConfig,
    SettingValue,
    Sign,
    identify_by_token,
)
from offhook.model.facts import Fact, Facts, assumed, documented
from offhook.model.findings import Finding, Level
from offhook.model.probes import Outcome, Probe
from offhook.model.profiles import PbxType
from offhook.model.redirects import OutsideView, Route
from offhook.model.rules import between, check_email, check_host, is_address
from offhook.model.secrets import Secret
from offhook.model.settings import CODECS, Mode, Settings, at_both_sides
from offhook.model.sources import (
    HASH_NUMBER,
    AskedCredentials,
    FoundCredentials,
    Skipped,
    SourceUser,
    WantedCredentials,
    object_to_number,
)
from offhook.sheets.diagnosis import diagnose_records
from offhook.sheets.records import Record, read_records
from offhook.tls import PeerCertificate, explain_tls, presented, verifying

__all__ = [
    "CODECS",
    "HASH_NUMBER",
    "Account",
    "AskedCredentials",
    "Authorization",
    "AuthorizationStep",
    "BadAnswer",
    "Begin",
    "ClientFormat",
    "ClientRequest",
    "ConfigDocument",
    "Connection",
    "Credentials",
    "DeviceLink",
    "Directory",
    "DirectoryOptions",
    "Entry",
    "Fact",
    "Facts",
    "Finding",
    "Finish",
    "FoundCredentials",
    "Handover",
    "HttpAnswer",
    "HttpSession",
    "InlineImage",
    "InvalidInput",
    "Letterhead",
    "Level",
    "Losses",
    "Lost",
    "Mail",
    "Mailbox",
    "Message",
    "Mode",
    "OffhookError",
    "Outcome",
    "OutsideView",
    "PbxType",
    "PeerCertificate",
    "Probe",
    "Problem",
    "Receipt",
    "Record",
    "Refusal",
    "Refused",
    "RemoteError",
    "RenderedConfig",
    "Renew",
    "Route",
    "Secret",
    "SettingValue",
    "Settings",
    "Sign",
    "Skipped",
    "SourceUser",
    "Unreachable",
    "WantedCredentials",
    "assumed",
    "at_both_sides",
    "at_host",
    "between",
    "check_email",
    "check_host",
    "check_mailbox",
    "check_sender",
    "describe",
    "described",
    "diagnose_directory",
    "diagnose_records",
    "documented",
    "explain_tls",
    "hookimpl",
    "identify_by_token",
    "is_address",
    "not_text",
    "not_xml",
    "object_to_number",
    "open_session",
    "presented",
    "read_mailbox",
    "read_records",
    "refuse_unusable",
    "search",
    "verifying",
]
