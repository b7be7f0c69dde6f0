"""``timebok validate``: are these documents right? One line a file, and a status that a script can use."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapter.cli.console import tracked
from adapter.service import make_inspector
from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from adapter.errors import Finding
    from adapter.outcome import About

_STDIN = "-"


app = typer.Typer(add_completion=False)


@app.command()
def validate(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Files; folders; - is standard input.")
    ],
    *,
    schema_only: Annotated[bool, typer.Option("--schema-only", help="Judge by the schemas alone.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Judge documents by their schemas and the rules of the protocol; 0 only when all are valid."""
    inspector = make_inspector(Settings())
    all_valid = True
    for name in tracked(list(_names(files)), "Validating"):
        body = sys.stdin.buffer.read() if name == _STDIN else Path(name).read_bytes()
        about, findings = inspector.inspect(body, schema_only=schema_only)
        all_valid = all_valid and not findings
        typer.echo(_as_json(name, about, findings) if as_json else _as_text(name, about, findings))
    if not all_valid:
        raise typer.Exit(1)


def _names(files: Iterable[str]) -> Iterator[str]:
    for name in files:
        if name != _STDIN and Path(name).is_dir():
            yield from map(str, sorted(Path(name).rglob("*.xml")))
        else:
            yield name


def _as_text(name: str, about: About, findings: tuple[Finding, ...]) -> str:
    if not findings:
        return " ".join(filter(None, [f"{name}: valid", about.function, about.code]))
    first, more = findings[0], len(findings) - 1
    line = f"{name}: invalid {first.code} {first.line}:{first.column} {first.path or '/'}: {first.english}"
    return f"{line} (and {more} more)" if more else line


def _as_json(name: str, about: About, findings: tuple[Finding, ...]) -> str:
    errors = [
        {"code": one.code, "line": one.line, "column": one.column, "path": one.path, "message": one.english}
        for one in findings
    ]
    verdict = {"file": name, "valid": not findings, "function": about.function, "code": about.code}
    return json.dumps(verdict | {"errors": errors}, ensure_ascii=False)
