"""Which files hold the users of a MiVoice Office 400, and how they go together."""

from attrs import frozen

from offhook.api import described
from offhook_mvo400.facts import FACTS


def _check_files(files: tuple[str, ...]) -> None:
    if not files:
        raise ValueError("name at least one file")


@frozen(kw_only=True)
class Options:
    """The options of a connection."""

    files: tuple[str, ...] = described(
        path=True,
        check=_check_files,
        help="Exported files, .xlsx or CSV, with commas between them; later ones add to the first.",
    )
    merge: str = described(
        default="supplement",
        choices=("supplement", "replace"),
        help="What a later file does to a user it also has: fill what is empty, or replace it.",
    )
    facts: str = FACTS.option()
