"""Server-rendered pages: templates that escape by themselves, one style sheet, no script."""

import shlex
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from offhook.console import moment

_templates = Environment(
    loader=PackageLoader("offhook_server"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["moment"] = moment
_templates.filters["shell"] = shlex.quote
_STYLE = files("offhook_server").joinpath("static/style.css").read_bytes()


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page from the template of that name."""
    return HTMLResponse(_templates.get_template(f"{template}.html").render(context), status)


def refusal(status: int) -> HTMLResponse:
    """Return the one page for everything that is refused, whatever the reason."""
    refused = page("refused", status)
    if status == 429:
        refused.headers["retry-after"] = "60"
    return refused


async def style(_request: Request) -> Response:
    """Answer the style sheet."""
    return Response(_STYLE, media_type="text/css")
