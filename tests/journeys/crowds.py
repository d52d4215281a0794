"""An installation with many users and a mail server, ready to deploy."""

import csv

from tests.journeys.installation import Installation
from tests.lab.smtp_sink import Sink


def prepare(installation: Installation, sink: Sink, users: int) -> None:
    """Import users and connect the mail server."""
    people = installation.home.parent / "people.csv"
    with people.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(
            ["Last name", "E-mail", "Directory number", "PBX SIP user name", "PBX SIP password"]
        )
        rows.writerows([f"User {n}", f"u{n}@example.org", 10000 + n, n, "x"] for n in range(users))
    installation.run("profiles", "edit", "default", "pbx_host=pbx.example.org")
    options = (
        "host=localhost",
        f"port={sink.port}",
        "username=offhook",
        "password=s3cret",
        f"ca_file={installation.authority}",
        "sender=offhook@example.org",
    )
    installation.run("connections", "add", "mail", "--plugin", "email_smtp", *options)
    installation.run("users", "import-csv", people)
