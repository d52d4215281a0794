"""The command ``offhook redirect``: runs the redirect service, and says who may use it."""

import typer

app = typer.Typer(no_args_is_help=True, help="Run the redirect service.")


@app.callback()
def redirect() -> None:
    """Run the redirect service."""
