"""What is taken for granted about MiVoice Business, Users and Services and the client service."""

from offhook.api import Facts, assumed, documented

USERNAME, NUMBER = "<username>", "<DN>"  # what they stand for in the names of SIP accounts
_QUICK_ADD = "rule of the Premium template; without the column nothing is checked"

FACTS = Facts(
    {
        # Column headings of CSV and spreadsheets: the form, the wizard's and the bulk format.
        "csv.guid": assumed("User ID", "GUID", note="never changes: the best key"),
        "csv.login": documented("Login ID", "Login", note="the bulk format; the form's is assumed"),
        "csv.first_name": documented("First Name"),
        "csv.last_name": documented("Last Name"),
        "csv.email": documented("Email Address", "E-mail", "Email", note="the first one"),
        "csv.number": documented(
            "Directory Number", "Office phone number", "Primary DN", note="the first device's"
        ),
        "csv.phone_type": documented("Device Type", "Office Device/User Type", "Phone Type"),
        "csv.second_number": documented("Teleworker Phone Number", "Secondary DN"),
        "csv.second_phone_type": documented("Teleworker Device Type"),
        "csv.role": documented("Role", note="the bulk format"),
        "csv.template": assumed("Template", "User Template", note="decides over the role"),
        "csv.profile": assumed("Deployment Profile", note="decides over the template"),
        "csv.pbx": assumed("Home Element", "PBX", note="name or number of the user's PBX"),
        "csv.teleworker": assumed("Teleworker", "Teleworker Licence", note=_QUICK_ADD),
        "csv.softphone": assumed("Mobile SIP Softphone", note=_QUICK_ADD),
        "csv.password_option": assumed("Password Option", note=_QUICK_ADD),
        # Attributes of Active Directory and of LDIF, as Users and Services maps them by default.
        "ldap.guid": documented("objectGUID"),
        "ldap.login": documented("sAMAccountName"),
        "ldap.first_name": documented("givenName"),
        "ldap.last_name": documented("sn"),
        "ldap.email": documented("mail"),
        "ldap.number": documented("telephoneNumber", note="the primary number"),
        "ldap.phone_type": assumed("deviceType", note="a directory usually has none"),
        "ldap.second_number": documented("otherTelephone", note="the secondary number"),
        "ldap.role": documented("employeeType"),
        "ldap.pbx": documented("ipPhone", note="the home element"),
        "directory.filter": assumed(
            "(&(objectClass=user)(!(objectClass=computer)))", note="where filter is empty"
        ),
        # Words in the cells, the one that is used here first; the case does not matter.
        "phone.uc_endpoint": documented("UC Endpoint", "MiCollab Client Endpoint"),
        "phone.external_hot_desk": documented("External Hot Desk", "External Hot Desk User"),
        "role.entry": documented("UCC (Vx.0) Entry", note="Vx.0 is any version; no client"),
        "role.standard": documented("UCC (Vx.0) Standard"),
        "role.premium": documented("UCC (Vx.0) Premium"),
        "role.none": documented("Do Not Deploy", note="the deployment profile for no client"),
        "licence.no": assumed("No", "Off", "False", "0", "None"),
        "password.strong": documented("Use Random Password", "Use This Value"),
        # How SIP accounts are called.
        "sip.pbx_username": assumed(NUMBER),
        "sip.gateway_username": documented(f"{USERNAME}-{NUMBER}", note="integrated mode only"),
    }
)
