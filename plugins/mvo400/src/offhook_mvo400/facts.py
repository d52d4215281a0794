"""What is taken for granted about a MiVoice Office 400: little of its exports is public."""

from offhook.api import Facts, assumed

_NUMBER = ("Number", "Call number", "User number", "Directory number")

FACTS = Facts(
    {
        "sheet.users": assumed("User list", "Users", help="Where the users are in a workbook."),
        "column.number": assumed(*_NUMBER, help="The directory number; no user without it."),
        "column.first_name": assumed("First name"),
        "column.last_name": assumed("Last name", "Name"),
        "column.email": assumed("E-mail", "E-mail address"),
        "column.pbx_username": assumed("SIP user name", *_NUMBER, help="What clients register as."),
        "column.role": assumed("MiCollab role", "Role", help="It leads to a profile."),
        "column.phone": assumed("Terminal type", "Phone type"),
        "phone.deployable": assumed(
            "MiCollab Client", "MiCollab", "SIP", help="Phone types that can have a client."
        ),
    }
)
