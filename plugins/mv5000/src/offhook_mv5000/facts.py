"""What is taken for granted about a MiVoice 5000: only what its contacts look like is public."""

from offhook.api import Facts, assumed, documented

FACTS = Facts(
    {
        # Object classes. An entry that has both is a person.
        "class.person": assumed("inetOrgPerson", note="subscriptions; used where filter is empty"),
        "class.contact": documented("contactRecord", note="numbers outside: they get no client"),
        # Attributes. What attr1, attr2, ... hold, each site decides for itself.
        "ldap.key": assumed("entryUUID", "uid", note="never changes"),
        "ldap.login": assumed("uid", note="the user id: a new one needs a factory reset"),
        "ldap.first_name": assumed("givenName"),
        "ldap.last_name": assumed("sn"),
        "ldap.number": assumed("telephoneNumber", note="the directory number"),
        "ldap.email": documented("mail"),
        "ldap.role": assumed("attr1", note="the MiCollab role, which leads to a profile"),
        "ldap.phone": assumed("attr2", note="the phone type of the subscription"),
        "ldap.pbx": assumed("attr3", note="the site; without it the connection's name"),
        # Column headings of CSV and spreadsheets.
        "csv.key": assumed("User ID", "Subscriber ID", note="never changes"),
        "csv.login": assumed("Login", "Login ID", "User name"),
        "csv.first_name": assumed("First name", "Given name"),
        "csv.last_name": assumed("Last name", "Name", "Surname"),
        "csv.number": assumed("Directory number", "Number", "Subscription", "Extension"),
        "csv.email": assumed("E-mail", "Email", "Mail", "E-mail address"),
        "csv.role": assumed("MiCollab role", "Role"),
        "csv.phone": assumed("Phone type", "Terminal type", "Set type"),
        "csv.pbx": assumed("Site", "PBX"),
        # Phone types that can have a client; the case does not matter.
        "phone.deployable": assumed("SIP", "MiCollab", "MiCollab Client", "UC Endpoint"),
        # How SIP accounts are called.
        "sip.username": assumed("<DN>", note="<DN> is the number, <login> the user id"),
    }
)
