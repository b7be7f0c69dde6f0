"""``timebok settings``: what is set, and where it comes from. It must never show a secret."""

from __future__ import annotations

import json
import os
import re
from typing import Annotated

import typer
from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource
from yarl import URL

from adapter.cli.console import add_row, new_table, plain, show
from adapter.settings import Settings, file_settings

_HIDDEN = "********"
_SECRET_WORD = re.compile("pass|secret|token|key|pwd", re.IGNORECASE)


app = typer.Typer(add_completion=False)


@app.command()
def settings(
    *, as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False
) -> None:
    """Print every setting, its value, and whether it is from the environment, the file, or the default."""
    chosen = Settings()
    in_environment, in_file = EnvSettingsSource(Settings)(), file_settings()
    file = f"the file {os.environ.get('TIMEBOK_CONFIG')}"
    table = new_table("Setting", "Value", "From")
    for name in Settings.model_fields:
        origin = "the environment" if name in in_environment else file if name in in_file else "default"
        value = _visible(getattr(chosen, name))
        if as_json:
            typer.echo(plain(json.dumps({"name": name, "value": value, "from": origin}, ensure_ascii=False)))
        else:
            add_row(table, name, _as_text(value), origin)
    if not as_json:
        show(table)


def _visible(value: object) -> object:
    """A value as it may be seen by anybody, in what JSON has."""
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return _url(secret) if "://" in secret else _HIDDEN
    if isinstance(value, tuple):
        return [_visible(one) for one in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _url(str(value)) if "://" in str(value) else str(value)


def _as_text(value: object) -> str:
    """A value as it could be set."""
    if isinstance(value, list):
        return ",".join(map(_as_text, value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def _url(text: str) -> str:
    """A URL without its password; nothing of one that cannot be taken apart, nor of what may be one."""
    if not {"@", "?", "#"} & set(text):
        return text
    try:
        url = URL(text)
        if "@" in url.raw_path + url.raw_query_string + url.raw_fragment or not url.scheme:
            return _HIDDEN
        if url.password is not None:
            url = url.with_password("password")
        # By its value too: one may hold options of its own, or what was meant to be another.
        query = {
            name: _HIDDEN if _SECRET_WORD.search(f"{name} {word}") else word
            for name, word in url.query.items()
        }
        shown = str(url.with_query(query) if query else url)
    except ValueError:
        return _HIDDEN
    return shown.replace(":password@", f":{_HIDDEN}@", 1)
