"""``timebok health``: is the service ready? For a container's own check."""

from __future__ import annotations

import urllib.error
import urllib.request

import typer

from adapter.settings import Settings

app = typer.Typer(add_completion=False)


@app.command()
def health(url: str = typer.Option(None, help="Of the service; by default that of the settings.")) -> None:
    """Exit with 0 if the service on this machine is ready, else with 1."""
    settings = Settings()
    address = url or f"http://127.0.0.1:{settings.health_port}/ready"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - an address of the operator's
            typer.echo(answer.read().decode().strip())
    except (urllib.error.URLError, ValueError, OSError):
        typer.echo("not ready")
        raise typer.Exit(1) from None
