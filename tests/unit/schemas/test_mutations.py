"""What nobody thought of: valid messages changed at random, on which both validators must agree.

The changes are drawn from a fixed seed, so that a failure comes back when it is run again.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest
from lxml import etree

MESSAGES = sorted((Path(__file__).parent / "messages").glob("*.xml"))
ROUNDS = 100
TEXTS = ["", "x", "æ", "-5", "007", "true", "2..16", "2.16", "2026-02-30", "2026-02-10", "PT15M", "NaN"]
TEXTS += ["2026-02-10T09:45:00", "2026-02-10T09:45:00.5Z", "2026-02-10T24:00:00", " 2026-02-10\n"]
# Of base64 and of addresses the two have ideas of their own, and of text in Content: see test_differences.
NO_TEXT = {"Content", "FileReference", "Base64Container"}
NO_TEXT |= {"Modulus", "Exponent", "DigestValue", "SignatureValue"}
NO_ATTRIBUTE = {"TeleAddress", "REF", "Reference", "Transform", "DigestMethod", "SignatureMethod"}
NO_ATTRIBUTE |= {"CanonicalizationMethod", "baseProperty"}


def drop(element: etree._Element, chance: Random) -> None:
    if (parent := element.getparent()) is not None:
        parent.remove(element)


def duplicate(element: etree._Element, chance: Random) -> None:
    if element.getparent() is not None:
        element.addnext(deepcopy(element))


def swap(element: etree._Element, chance: Random) -> None:
    if (following := element.getnext()) is not None:
        element.addprevious(following)


def move(element: etree._Element, chance: Random) -> None:
    target = chance.choice(list(element.getroottree().iter("*")))
    if element not in target.iterancestors() and element is not target:
        target.append(element)


def rename(element: etree._Element, chance: Random) -> None:
    other = chance.choice(list(element.getroottree().iter("*")))
    element.tag = etree.QName(etree.QName(element).namespace, etree.QName(other).localname)


def estrange(element: etree._Element, chance: Random) -> None:
    other = chance.choice(list(element.getroottree().iter("*")))
    element.tag = etree.QName(etree.QName(other).namespace, etree.QName(element).localname)


def drop_attribute(element: etree._Element, chance: Random) -> None:
    if element.attrib:
        del element.attrib[chance.choice(sorted(element.attrib))]


def alter_attribute(element: etree._Element, chance: Random) -> None:
    if element.attrib and etree.QName(element).localname not in NO_ATTRIBUTE:
        element.set(chance.choice(sorted(element.attrib)), chance.choice(TEXTS))


def add_attribute(element: etree._Element, chance: Random) -> None:
    if etree.QName(element).localname not in NO_ATTRIBUTE:
        element.set(chance.choice(["V", "S", "Id", "{urn:x}y"]), chance.choice(TEXTS))


def alter_text(element: etree._Element, chance: Random) -> None:
    if etree.QName(element).localname not in NO_TEXT:
        element.text = chance.choice(TEXTS)


CHANGES = [drop, duplicate, swap, move, rename, estrange]
CHANGES += [drop_attribute, alter_attribute, add_attribute, alter_text]


def mutants(message: Path) -> Iterator[tuple[str, bytes]]:
    original = etree.fromstring(message.read_bytes())
    chance = Random(message.stem)
    for number in range(ROUNDS):
        root = deepcopy(original)
        change = CHANGES[number % len(CHANGES)]
        element = chance.choice(list(root.iter("*")))
        what = f"{message.stem} {number}: {change.__name__} {root.getroottree().getelementpath(element)}"
        change(element, chance)
        yield what, etree.tostring(root)


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.stem)
def test_both_validators_agree_on_any_change(
    message: Path, judge: Callable[[bytes], tuple[bool, bool]]
) -> None:
    seen = Counter[bool]()
    for what, mutant in mutants(message):
        by_libxml2, by_xmlschema = judge(mutant)
        assert by_libxml2 == by_xmlschema, what
        seen[by_libxml2] += 1

    assert min(seen[True], seen[False]) > ROUNDS // 10, "too one-sided to tell anything"
