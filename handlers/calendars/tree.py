"""YAML or JSON as a tree of texts, each of which remembers where in the file it stood.

Every scalar stays the text that was written: no YAML 1.1 guessing, so ``08:30`` is not 510 minutes,
``no`` is not false and ``0123`` keeps its nought. What a text means is for ``entries`` to say.

It must never construct an object that the file names, and never spend more memory than a large clinic's
file needs, whatever is in it: size, number of values, depth and what aliases repeat have limits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import yaml

from handlers.calendars.faults import CalendarFileError, FileFault, Path, written

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARACTERS = 50 * 1024 * 1024
MAX_VALUES = 3_000_000
MAX_DEPTH = 20
MAX_ALIASED_NODES = 100_000

Plain = str | list["Plain"] | dict[str, "Plain"] | None

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SURROGATE_PAIR = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A text, a list or a mapping; ``None`` is a value that was left empty.

    Its place, counted from 1, is where its key stands if it has one: that is where an eye looks first.
    """

    value: str | list[Node] | dict[str, Node] | None
    line: int
    column: int
    size: int = 1

    def plain(self) -> Plain:
        """The same without places. A key with nothing behind it counts as not written."""
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items() if item.value is not None}
        return self.value

    def below(self, step: int | str) -> Node | None:
        """What stands under a key or at an index, if anything does."""
        if isinstance(self.value, dict):
            return self.value.get(str(step))
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column of what ``path`` leads to, or of the last thing on the way that is there."""
        node = self
        for step in path:
            if (below := node.below(step)) is None:
                break
            node = below
        return node.line, node.column


def read_trees(text: str, source: str) -> tuple[list[Node], list[FileFault]]:
    """The documents in ``text``, and the faults that do not keep one from reading on.

    Raises ``CalendarFileError`` where it is impossible or unsafe to read on.
    """
    if len(text) > MAX_CHARACTERS:
        raise CalendarFileError([FileFault(source, 1, 1, "file", too_large(MAX_CHARACTERS))])
    if stray := _NOT_YAML.search(text):
        line, column = (
            text.count("\n", 0, stray.start()) + 1,
            stray.start() - text.rfind("\n", 0, stray.start()),
        )
        message = f"the character U+{ord(stray[0]):04X} cannot stand in a text file; remove it"
        raise CalendarFileError([FileFault(source, line, column, "file", message)])
    if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
        text = _as_yaml(text)
    builder = _Builder(source)
    try:
        for event in _events(text):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        fault = FileFault(source, *place, "file", _unreadable(error))
        raise CalendarFileError([*builder.faults, fault]) from error
    return builder.documents, builder.faults


def too_large(limit: int) -> str:
    """What is said of a file of more than ``limit`` bytes or characters."""
    return f"is larger than {limit // 1024 // 1024} MB; split it, one file for each owner"


def _events(text: str) -> Iterator[yaml.Event]:
    # The C parser is some twenty times faster, but PyYAML may have been built without it.
    return yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _begins(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _as_yaml(json: str) -> str:
    # JSON allows two things that YAML parsers refuse: tabs between tokens, and characters beyond U+FFFF
    # written as two escapes. A tab inside a JSON string is always written as an escape.
    def joined(match: re.Match[str]) -> str:
        pair = bytes.fromhex(match[2] + match[3]).decode("utf-16-be")
        return match[1] + pair

    return _SURROGATE_PAIR.sub(joined, json.replace("\t", " "))


def _unreadable(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "the end came too early"
    message = f"cannot be read from here on: {problem}"
    if error.context:
        message += f" ({error.context})"
    if "\\t" in problem or "cannot start any token" in problem:
        return message + "; indent with spaces, and put a text that begins with a special character in quotes"
    if "mapping values" in problem or "could not find expected ':'" in problem:
        return message + "; put a text that contains a colon in quotes, and check the indentation"
    return message + "; check quotes, brackets and indentation"


@dataclass(slots=True)
class _Frame:
    """A list or mapping that has begun and not ended; ``key`` waits for its value."""

    node: Node
    anchor: str | None
    key: Node | None = None
    between_braces: bool = False


class _Builder:
    """Puts the parser's events together. No recursion, so that no nesting can exhaust a stack."""

    def __init__(self, source: str) -> None:
        self.documents: list[Node] = []
        self.faults: list[FileFault] = []
        self._source = source
        self._open: list[_Frame] = []
        self._anchors: dict[str, Node] = {}
        self._values = 0
        self._aliased = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._put(self._scalar(event), event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            frame = self._open.pop()
            self._put(frame.node, frame.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._aliased_node(event), None)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._anchors.clear()

    def _scalar(self, event: yaml.ScalarEvent) -> Node:
        node = Node(event.value, *_begins(event))
        if event.implicit[0]:
            if event.value in _NULLS and not self._expects_key():
                node.value = None
                if not event.value and self._open and self._open[-1].between_braces:
                    self._note(node, "has no value; between { and } a text with a comma in it needs quotes")
        elif event.tag is not None:
            self._note(node, f"the tag {event.tag} is not allowed; write the value alone")
        elif stray := _NOT_TEXT.search(event.value):
            self._note(
                node, f"holds the character U+{ord(stray[0]):04X}, which no message can carry; remove it"
            )
        return node

    def _begin(self, event: yaml.CollectionStartEvent) -> None:
        node = Node([], *_begins(event))
        if isinstance(event, yaml.MappingStartEvent):
            node.value = {}
        if self._expects_key():
            self._stop(node, "a key must be a plain word")
        if len(self._open) >= MAX_DEPTH:
            self._stop(node, f"is nested more than {MAX_DEPTH} deep; a calendar file never is")
        if event.tag is not None:
            self._note(node, f"the tag {event.tag} is not allowed; remove it")
        braces = isinstance(event, yaml.MappingStartEvent) and bool(event.flow_style)
        self._open.append(_Frame(node, event.anchor, between_braces=braces))

    def _aliased_node(self, event: yaml.AliasEvent) -> Node:
        here = Node(None, *_begins(event))
        if self._expects_key():
            self._stop(here, "a key must be a plain word, not an alias")
        node = self._anchors.get(str(event.anchor))
        if node is None:
            self._note(
                here, f"*{event.anchor} refers to nothing; &{event.anchor} must stand before it, whole"
            )
            return here
        self._aliased += node.size
        if self._aliased > MAX_ALIASED_NODES:
            self._stop(here, f"aliases repeat more than {MAX_ALIASED_NODES} values; write them out instead")
        return Node(node.value, here.line, here.column, node.size)

    def _put(self, node: Node, anchor: str | None) -> None:
        self._values += 1
        if self._values > MAX_VALUES:
            self._stop(node, f"the file has more than {MAX_VALUES} values; split it, one file for each owner")
        if anchor is not None:
            self._anchors[anchor] = node
        if not self._open:
            self.documents.append(node)
            return
        frame = self._open[-1]
        parent = frame.node
        parent.size += node.size
        if isinstance(parent.value, list):
            parent.value.append(node)
        elif isinstance(parent.value, dict):
            if frame.key is None:
                frame.key = node
                if (first := parent.value.get(str(node.value))) is not None:
                    self._note(node, f"this key is here twice (first on line {first.line}); keep one of them")
            else:
                node.line, node.column = frame.key.line, frame.key.column
                parent.value.setdefault(str(frame.key.value), node)
                frame.key = None

    def _expects_key(self) -> bool:
        return bool(self._open) and isinstance(self._open[-1].node.value, dict) and self._open[-1].key is None

    def _fault(self, node: Node, message: str) -> FileFault:
        path: list[int | str] = []
        for frame in self._open:
            if isinstance(frame.node.value, list):
                path.append(len(frame.node.value))
            elif frame.key is not None:
                path.append(str(frame.key.value))
        return FileFault(self._source, node.line, node.column, written(tuple(path)), message)

    def _note(self, node: Node, message: str) -> None:
        self.faults.append(self._fault(node, message))

    def _stop(self, node: Node, message: str) -> NoReturn:
        raise CalendarFileError([*self.faults, self._fault(node, message)])
