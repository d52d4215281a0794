"""Writes the tables of these pages that are made from the code: `python docs/generate.py`."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import typer

from offhook.cli import root
from offhook.diagnostics.catalogue import COMMON, OWN, blank
from offhook.diagnostics.messages import Message
from offhook.diagnostics.reasons import REASONS
from offhook.model.described import Description, describe
from offhook.model.settings import Settings
from offhook.model.settings.words import GROUPS
from offhook.provisioning.csvcolumns import KNOWN, PASSWORDS
from offhook.settings import ProcessSettings
from offhook.topology.sites import TABLES
from offhook.topology.topologies import TOPOLOGIES
from offhook_redirector.settings import PREFIX, RedirectSettings

DOCS = Path(__file__).parent
_PART = re.compile(r"(<!-- made by docs/generate\.py: ([\w-]+) -->\n).*?(\n<!-- end -->)", re.S)


def pages() -> list[Path]:
    """Return the pages that hold a part made here."""
    return [path for path in sorted(DOCS.rglob("*.md")) if _PART.search(path.read_text("utf-8"))]


def renew(text: str) -> str:
    """Return the text of a page with every part made anew."""
    return _PART.sub(lambda match: f"{match[1]}\n{PARTS[match[2]]().strip()}\n{match[3]}", text)


def process_settings() -> str:
    """Return the table of the settings of a process."""
    return _settings_file(ProcessSettings, "OFFHOOK_")


def redirect_settings() -> str:
    """Return the table of the settings of a redirect service."""
    return _settings_file(RedirectSettings, PREFIX)


def profile_settings() -> str:
    """Return the tables of the settings of a profile, group by group."""
    return "\n".join(_settings_of(group, title) for group, title in GROUPS.items())


def csv_columns() -> str:
    """Return the table of the columns of a users CSV file."""
    rows = [
        (_code(title), ", ".join(map(_code, others)), "no" if name in PASSWORDS else "yes")
        for name, (title, *others) in KNOWN.items()
    ]
    return _table(("column", "also read as", "in an export"), rows)


def reason_codes() -> str:
    """Return the table of the reasons for refusals."""
    rows = [
        (_code(name), each.meaning, _with_code(each.action.format(user="USER")))
        for name, each in REASONS.items()
    ]
    return _table(("code", "meaning", "what to do"), rows)


def site_files() -> str:
    """Return a table for every table of a site file."""
    return "\n".join(_site_table(name, cls) for name, cls in TABLES.items())


def departures() -> str:
    """Return where the set-ups depart from the guide, and which of them do."""
    found = dict.fromkeys(each for made in TOPOLOGIES.values() for each in made.departures)
    rows = [(_where_departed(each), each.guide, each.here) for each in found]
    return _table(("set-ups", "the guide", "here"), rows)


def messages(known: Iterable[Message]) -> str:
    """Return the table of what a diagnosis may say."""
    rows = [
        (_code(each.code), *map(blank, (each.summary, each.meaning, _with_code(each.action))))
        for each in known
    ]
    return _table(("code", "what it says", "meaning", "what to do"), rows)


def command_line() -> str:
    """Return a section for every command, as the installed distributions offer them."""
    return "\n".join(_command_section(words, command) for words, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Yield every command with the words that call it."""
    group: Any = typer.main.get_command(root)
    for name in group.list_commands(None):
        _, command, _ = group.resolve_command(group.make_context("offhook", [name]), [name])
        yield from _commands_of(name, command)


def _commands_of(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield a command, or what is in a group of them."""
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, each in command.commands.items():
        yield from _commands_of(f"{words} {name}", each)


PARTS: Mapping[str, Callable[[], str]] = {
    "process-settings": process_settings,
    "redirect-settings": redirect_settings,
    "profile-settings": profile_settings,
    "csv-columns": csv_columns,
    "reason-codes": reason_codes,
    "site-files": site_files,
    "departures": departures,
    "command-line": command_line,
    **{f"messages-{test}": partial(messages, known) for test, known in OWN.items()},
    "messages-any": partial(messages, COMMON),
}


def _settings_file(kind: type, prefix: str) -> str:
    fields = [each for name, each in describe(kind).items() if name != "home"]
    rows = [
        (
            _code(each.name),
            _code(f"{prefix}{each.name.upper()}"),
            f"{_default(each)} {each.unit}".strip(),
            each.help,
        )
        for each in fields
    ]
    return _table(("setting", "variable", "default", "meaning"), rows)


def _settings_of(group: str, title: str) -> str:
    fields = [each for each in describe(Settings).values() if each.group == group]
    rows = [(_code(each.name), _default(each), _values(each), _meaning(each)) for each in fields]
    return f"## {title}\n\n{_table(('setting', 'default', 'values', 'meaning'), rows)}\n"


def _site_table(name: str, cls: type) -> str:
    head = f"[[{name}]]" if name == "mbg" else f"[{name}]"
    rows = [
        (
            _code(each.name),
            "needed" if each.required else _default(each),
            _values(each),
            each.help,
        )
        for each in describe(cls).values()
    ]
    return f"## {head}\n\n{_table(('key', 'default', 'values', 'meaning'), rows)}\n"


def _where_departed(departure: Any) -> str:
    names = [name for name, each in TOPOLOGIES.items() if departure in each.departures]
    return "all" if len(names) == len(TOPOLOGIES) else ", ".join(map(_code, names))


def _values(each: Description) -> str:
    if each.choices:
        return ", ".join(map(_code, each.choices))
    if each.kind == "yes-no":
        return "`on`, `off`"
    return f"number of {each.unit}" if each.unit else each.kind


def _default(each: Description) -> str:
    return _code(each.show(each.default))


def _meaning(each: Description) -> str:
    mode_by_value = each.name in ("use_softphone", "use_teleworker")
    mode = f" *{each.mode.capitalize()}.*" if each.told and not mode_by_value else ""
    when = f" Only {each.when}." if each.when else ""
    return f"{each.help}{when}{mode}"


def _command_section(words: str, command: Any) -> str:
    shown = [each for each in command.params if not each.hidden and each.name != "help"]
    usage = " ".join(["offhook", words, *map(_usage, shown)])
    rows = [(_code(_name(each)), f"{each.help or ''}{_preset(each)}") for each in shown]
    table = f"\n{_table(('argument or option', 'meaning'), rows)}\n" if rows else ""
    text = (command.help or "").replace("\n", " ").strip()
    return f"## offhook {words}\n\n{text}\n\n```\n{usage}\n```\n{table}"


def _usage(parameter: Any) -> str:
    many = parameter.param_type_name == "option" and parameter.multiple
    name = _name(parameter) + (" ..." if many else "")
    return name if parameter.required else f"[{name}]"


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        plain = parameter.name.upper() + ("..." if parameter.nargs == -1 else "")
        return str(parameter.metavar or plain)
    option = max(parameter.opts, key=len)
    if parameter.is_bool_flag:
        return "/".join([option, *parameter.secondary_opts])
    return f"{option} {parameter.metavar or _kind(parameter)}"


def _kind(parameter: Any) -> str:
    return {Path: "FILE", int: "NUMBER"}.get(parameter.type_descriptor.annotation, "TEXT")


def _preset(parameter: Any) -> str:
    default = parameter.default
    plain = isinstance(default, str | int | Path) and not isinstance(default, bool)
    return f" Default: `{default}`." if plain and str(default) else ""


def _with_code(text: str) -> str:
    """Return *text* with the command at its end as code."""
    return re.sub(r"(offhook [a-z].*?)(\.?)$", r"`\1`\2", text)


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    cells = [[text.replace("|", r"\|").replace("\n", " ") for text in row] for row in rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *cells))


def main() -> None:
    """Write every page that has changed."""
    for path in pages():
        text = path.read_text("utf-8")
        if renew(text) != text:
            path.write_text(renew(text), "utf-8")
            sys.stdout.write(f"{path.relative_to(DOCS)} is written.\n")


if __name__ == "__main__":
    main()
