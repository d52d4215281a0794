"""The portal's pages about profiles: the list, and one form made from what describes settings."""

from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from offhook.api import InvalidInput
from offhook.app import App
from offhook.diagnostics import profiles as diagnostics
from offhook.errors import Problem, UnknownName
from offhook.model.findings import Finding
from offhook.model.profiles import Profile
from offhook.provisioning import overview, profileforms, profiles
from offhook_server import html

LARGEST_FORM = 131_072  # bytes: two bundles of certificates among the settings
_EMERGENCY = "emergency_numbers"


class ProfilePages:
    """The list of profiles, and each with a form; what they ask is asked off the event loop."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def show_all(self, request: Request) -> Response:
        """List the profiles."""
        app = self._app
        lines = await run_in_threadpool(overview.list_profiles, app.store, app.plugins)
        return html.page("profiles", admin=request.state.admin, lines=lines)

    async def edit(self, request: Request) -> Response:
        """Show a profile's form, or take it filled in: save, and validate what was saved."""
        if request.method == "POST":
            async with request.form(max_fields=500) as form:
                typed = {name: str(text) for name, text in form.items()}
            return await run_in_threadpool(self._save, request, typed)
        return await run_in_threadpool(self._show, request)

    def _show(self, request: Request) -> Response:
        profile = self._profile(request)
        asked = request.query_params.get("saved", "")
        return self._form(
            request, profile, saved=bool(asked), findings=self._findings(asked, profile)
        )

    def _save(self, request: Request, typed: dict[str, str]) -> Response:
        profile = self._profile(request)
        changes = profileforms.changes(profile, typed)
        refused = self._refuse(profile, typed, changes)
        if not refused and changes:
            try:
                profiles.edit(
                    self._app.store,
                    self._app.plugins,
                    profile.name,
                    changes,
                    actor=request.state.admin.name,
                    now=self._app.now(),
                    revision=profile.revision,
                )
            except InvalidInput as error:
                refused = list(error.problems)
        if refused:
            return self._form(request, profile, typed, refused)
        how = "validate" if "validate" in typed else "yes"
        return RedirectResponse(f"/profiles/{quote(profile.name, safe='')}?saved={how}", 303)

    def _refuse(
        self, profile: Profile, typed: dict[str, str], changes: dict[str, str]
    ) -> list[Problem]:
        """Return what speaks against taking a form, whatever its values are."""
        if typed.get("revision") != str(profile.revision):
            return [Problem("revision", profile.name, profiles.CHANGED)]
        if _EMERGENCY in changes and "sure" not in typed:
            text = changes[_EMERGENCY]
            if gone := profileforms.taken_away(profile, self._app.plugins, text):
                said = f"it takes {', '.join(gone)} away: confirm that below"
                return [Problem(_EMERGENCY, text, said)]
        return []

    def _findings(self, asked: str, profile: Profile) -> list[Finding]:
        """Return what is to be known of a profile that was saved, or all there is to be said."""
        store, plugins, now = self._app.store, self._app.plugins, self._app.now()
        if asked == "validate":
            return list(diagnostics.examine(store, plugins, profile.name, now=now))
        found = diagnostics.lint(store, plugins, profile.name, now=now) if asked else ()
        return [each for each in found if each.level in ("warning", "failure")]

    def _profile(self, request: Request) -> Profile:
        try:
            with self._app.store.read() as tx:
                return profiles.get(tx, request.path_params["name"])
        except UnknownName:
            raise HTTPException(404) from None

    def _form(
        self,
        request: Request,
        profile: Profile,
        typed: dict[str, str] | None = None,
        problems: list[Problem] | None = None,
        **shown: object,
    ) -> Response:
        groups = profileforms.form_of(profile, self._app.plugins, typed, problems or ())
        known = {each.about.name for group in groups for each in group.fields}
        with self._app.store.read() as tx:
            clients = tx.devices.count_users(profile.name)
        return html.page(
            "profile",
            409 if problems else 200,
            admin=request.state.admin,
            profile=profile,
            groups=groups,
            problems=problems or (),
            others=[each for each in problems or () if each.field.partition(".")[0] not in known],
            clients=clients,
            sure="sure" in (typed or {}),
            **{"saved": False, "findings": (), **shown},
        )
