"""The catalogue of schemas, so that nobody else knows which file holds for which namespace.

Data only: it finds the files and names them, and never parses, compiles or fetches a schema. It knows
neither the message side nor the booking side, and no network.
"""

import tomllib
from collections import Counter
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath
from typing import Literal, Self, get_args

__all__ = ["Catalogue", "CatalogueError", "Entry", "Origin"]

Origin = Literal["official", "timebok"]

OUR_FOLDER = Path(__file__).parent
FILE_NAME = "catalogue.toml"
KEYS = ("namespace", "file", "name", "version", "origin")


class CatalogueError(Exception):
    """The schemas cannot be used as they stand: says what is wrong, where, and what to do about it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One namespace: its file, what people call the schema, and whether others publish its structure."""

    namespace: str
    path: Path
    name: str
    version: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every schema there is. What is not here does not exist for us."""

    folder: Path
    entries: tuple[Entry, ...]

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read our own catalogue, or the one in `folder` instead; raises CatalogueError."""
        root = (folder or OUR_FOLDER).absolute()
        if not root.is_dir():
            raise CatalogueError(
                f"There is no folder {root}. Name a folder that holds {FILE_NAME} and the schemas it lists, "
                "or name none and the built-in schemas are used."
            )
        source = root / FILE_NAME
        entries = tuple(_entry(table, number, source) for number, table in enumerate(_tables(source), 1))
        for namespace, count in Counter(entry.namespace for entry in entries).items():
            if count > 1:
                raise CatalogueError(
                    f"{source} lists the namespace {namespace} {count} times. Keep one; if its schema is in "
                    "several files, name one that includes them all."
                )
        return cls(root, entries)

    def entry(self, namespace: str) -> Entry:
        """The schema of a namespace; raises CatalogueError."""
        for entry in self.entries:
            if entry.namespace == namespace:
                return entry
        raise CatalogueError(
            f"{self.folder / FILE_NAME} has no schema for the namespace {namespace}. "
            "Add a [[schema]] table that names its file."
        )

    def driver(self) -> bytes:
        """An XSD that imports every schema, so that one compiled schema knows all namespaces together.

        What stands inside Content is checked strictly, against whatever else is in the same schema.
        """
        imports = "".join(
            f'  <xs:import namespace="{escape(entry.namespace)}" schemaLocation="{entry.path.as_uri()}"/>\n'
            for entry in self.entries
        )
        return f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">\n{imports}</xs:schema>\n'.encode()


def _tables(source: Path) -> list[object]:
    try:
        content: dict[str, object] = tomllib.loads(source.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CatalogueError(
            f"There is no {FILE_NAME} in {source.parent}. Copy the built-in one from {OUR_FOLDER} and change "
            "the file names in it."
        ) from None
    except (OSError, UnicodeDecodeError) as failure:
        raise CatalogueError(
            f"{source} cannot be read: {failure}. It must be a text file in UTF-8 that the service may read."
        ) from failure
    except tomllib.TOMLDecodeError as failure:
        raise CatalogueError(f"{source} is not TOML: {failure}. Correct it there.") from failure
    tables = content.get("schema")
    if not isinstance(tables, list) or not tables:
        raise CatalogueError(f"{source} lists no schemas. Give it one [[schema]] table for each namespace.")
    return tables


def _entry(table: object, number: int, source: Path) -> Entry:
    where = f"{source}, schema number {number}"
    match table:
        case {
            "namespace": str(namespace),
            "file": str(file),
            "name": str(name),
            "version": str(version),
            "origin": ("official" | "timebok") as origin,
            **others,
        } if not others and all((namespace, file, name, version)):
            return Entry(namespace, _file(file, where, source.parent), name, version, origin)
    raise CatalogueError(
        f"{where}: needs exactly {', '.join(KEYS)}, each a text that is not empty, and as origin one of "
        f"{', '.join(get_args(Origin))}."
    )


def _file(file: str, where: str, folder: Path) -> Path:
    relative = PurePosixPath(file)
    if relative.is_absolute() or ".." in relative.parts:
        raise CatalogueError(
            f"{where}: the file {file} is not inside {folder}. Move it there; nothing else is read."
        )
    path = folder / relative
    if not path.is_file():
        raise CatalogueError(f"{where}: there is no file {path}. Put the schema there or correct its name.")
    return path
