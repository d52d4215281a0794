"""What is taken for granted about a MiVoice Office 400: little of its exports is public."""

from offhook.api import Facts, assumed

NUMBER = "<DN>"  # the directory number, in a text that is made for each user
_DEFAULT = "Default of the PBX type; a profile changes it."

FACTS = Facts(
    {
        "sheet.users": assumed("User list", "Users", note="Where the users are in a workbook."),
        "column.number": assumed("Number", "Call number", "User number", "Directory number"),
        "column.first_name": assumed("First name"),
        "column.last_name": assumed("Last name", "Name"),
        "column.email": assumed("E-mail", "E-mail address"),
        "column.pbx_username": assumed("SIP user name", note="Empty or not there: sip.username."),
        "column.role": assumed("MiCollab role", "Role", note="It leads to a profile."),
        "column.phone": assumed("Terminal type", "Phone type"),
        "phone.deployable": assumed(
            "MiCollab Client", "MiCollab", "SIP", note="Phone types that can have a client."
        ),
        "sip.username": assumed(NUMBER, note="What clients register as; <DN> is the number."),
        "client.sip_transport": assumed("tls", note=_DEFAULT),
        "client.audio_codec": assumed("g722", note=_DEFAULT),
        "client.dtmf": assumed("rfc4733", note=_DEFAULT),
    }
)
