"""Profiles as forms: what stands in each field and what without it, and what a form changes."""

from collections.abc import Iterable, Mapping, Sequence

from attrs import evolve, frozen

from offhook.doors import Plugins
from offhook.errors import Problem
from offhook.model.described import Description, describe
from offhook.model.profiles import OWN, Profile
from offhook.model.settings import Settings
from offhook.model.settings.words import EMERGENCY_NUMBERS, GROUPS, MODES
from offhook.provisioning.profilerules import BY_VALUE, MODE
from offhook.provisioning.resolving import applies, resolve_for

_SETTINGS = describe(Settings)
_OWN_FIELDS = {
    "pbx_type": Description(name="pbx_type", label="PBX type", help="The PBX of its users."),
    "transport": Description(
        name="transport",
        label="Transport",
        help="The connection that sends the mails; empty: the site's, none: links only.",
    ),
    "gateway": Description(
        name="gateway",
        label="Gateway",
        help="The connection to the gateway of its teleworkers; empty: the site's.",
    ),
}


@frozen(kw_only=True)
class Field:
    """
    One field: its description, ``text`` as it stands in the profile, what holds without it.

    ``modes`` are those that can be chosen, ``usual`` the one without a choice; ``site`` is what the
    whole site says instead, ``problem`` what speaks against the text.
    """

    about: Description
    text: str
    choices: Sequence[str]
    without: str = ""
    origin: str = ""
    mode: str = ""
    modes: Sequence[str] = ()
    usual: str = ""
    applies: bool = True
    site: str = ""
    problem: str = ""


@frozen
class Group:
    """Fields that belong together."""

    title: str
    fields: Sequence[Field]


def form_of(
    profile: Profile,
    plugins: Plugins,
    typed: Mapping[str, str] | None = None,
    problems: Iterable[Problem] = (),
) -> list[Group]:
    """Return the form of *profile*; where it was refused, with what was *typed*, and why."""
    texts = {**texts_of(profile), **(typed or {})}
    wrong = {each.field: each.reason for each in problems}
    own = [
        Field(about=about, text=texts[name], choices=_choices(about, plugins))
        for name, about in _OWN_FIELDS.items()
    ]
    groups = [Group("The profile", [_with_problem(each, wrong) for each in own])]
    settings = _settings(profile, plugins, texts)
    for key, title in GROUPS.items():
        fields = [_with_problem(each, wrong) for each in settings if each.about.group == key]
        groups.append(Group(title, fields))
    return groups


def texts_of(profile: Profile) -> dict[str, str]:
    """Return the texts of all fields, those of modes as ``NAME.mode``; empty: nothing is said."""
    own = {name: getattr(profile, name) for name in OWN}
    said = {
        name: each.show(profile.settings[name]) if name in profile.settings else ""
        for name, each in _SETTINGS.items()
    }
    modes = {f"{name}{MODE}": profile.modes.get(name, "") for name in _SETTINGS}
    return own | said | modes


def changes(profile: Profile, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what of a form that was filled in is not what *profile* says, as `edit` takes it."""
    before = texts_of(profile)
    cleaned = {name: text.replace("\r\n", "\n").strip() for name, text in typed.items()}
    return {
        name: text
        for name, text in cleaned.items()
        if name in before and text != before[name].strip()
    }


def taken_away(profile: Profile, plugins: Plugins, text: str) -> list[str]:
    """Return the emergency numbers of some region that *text* in their field would take away."""
    now = resolve_for(profile, None, plugins).settings.emergency_numbers
    try:
        then = _SETTINGS["emergency_numbers"].parse(text) if text else EMERGENCY_NUMBERS
    except ValueError:
        return []  # it is refused in a moment, with its reason
    return sorted({*now} & {*EMERGENCY_NUMBERS} - {*then})


def _settings(profile: Profile, plugins: Plugins, texts: Mapping[str, str]) -> list[Field]:
    resolved = resolve_for(profile, None, plugins)
    blank = resolve_for(evolve(profile, settings={}, modes={}, system_settings={}), None, plugins)
    site = profile.system_settings
    return [
        Field(
            about=about,
            text=texts[name],
            choices=_choices(about, plugins),
            without=about.brief(getattr(blank.settings, name)),
            origin=blank.origins[name],
            mode=texts[f"{name}{MODE}"],
            modes=MODES if about.told and name not in BY_VALUE else (),
            usual=about.mode,
            applies=applies(name, resolved.settings),
            site=about.brief(site[name]) if name in site else "",
        )
        for name, about in _SETTINGS.items()
    ]


def _choices(about: Description, plugins: Plugins) -> Sequence[str]:
    if about.name == "pbx_type":
        return sorted(plugins.pbx_types)
    if about.name == "client_format":
        return sorted(plugins.formats)
    return ("on", "off") if about.kind == "yes-no" else about.choices


def _with_problem(field: Field, wrong: Mapping[str, str]) -> Field:
    name = field.about.name
    reasons = [wrong[each] for each in (name, f"{name}{MODE}") if each in wrong]
    return evolve(field, problem="; ".join(reasons))
