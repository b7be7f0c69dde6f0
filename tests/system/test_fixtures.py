"""The sample messages, played as a tester plays them: each is answered as its folder says.

What is tested of the samples themselves: that they are complete, that they cover everything which can be
answered, and that nobody in them is a real person.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapter.database import open_engine
from adapter.dialects.helsenorge.functions import CODECS
from adapter.dialects.helsenorge.letter import MSG_INFO
from adapter.dialects.helsenorge.names import ERROR_WORDS, Tema
from adapter.dialects.helsenorge.texts import BOKMAL
from adapter.errors import TransportFault
from adapter.outcome import Answered, Ignored, Noted, Parked, Refused
from adapter.playing.cases import REQUEST, Case, Sending, find_cases, find_circumstances
from adapter.playing.filling import fill_store
from adapter.playing.in_process import InProcess
from adapter.playing.letters import Letters
from adapter.service import make_batches, make_dialect, make_inspector
from adapter.settings import Settings
from adapter.xml.parsing import Limits, parse, salvage
from handlers.desk.national_id import birth_date
from handlers.desk.reasons import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

    from adapter.dialects.helsenorge.inspection import Inspector

FIXTURES = Path(__file__).parents[2] / "fixtures"
CASES = list(find_cases([FIXTURES]))

#: Replies to messages that are right, whether or not the wish is granted.
UNDERSTOOD = {code.value for name, code in vars(Tema).items() if not name.startswith("_")} - {"26"}
#: The rows of expected.json; one that is left out would not be compared.
EXPECTED = {"outcome", "apprec", "reply", "error"}

# What no sample can show, each for a reason.
NEVER_SENT = {
    "T10": "only `timebok validate` says it: a message function that we do not know is a transport error",
}
#: What can only be wrong with a sealed message; the fixtures are plain. tests/unit/seal has each of these.
OF_THE_SEAL = {
    "transport:invalid-cms-pkcs",
    "transport:decryption-failed",
    "transport:invalid-signature",
    "transport:missing-certificate",
    "transport:invalid-certificate",
    "transport:expired-certificate",
    "transport:revoked-certificate",
    "transport:unverified-certificate",
}
NEVER_DECLINED = {
    Reason.APPOINTMENT_PASSED: "the clock would have to pass the start after the booking",
    Reason.APPOINTMENT_NOT_BEGUN: "it is said to staff only",
}

# Messages that are right in themselves; what is wrong is that they were sent, or to whom.
ONLY_WRONG_HERE = {"book/wrong-receiver", "reserve/a-reply-as-request"}


def name_of(case: Case) -> str:
    return str(case.sending.file.parent.relative_to(FIXTURES))


@pytest.fixture(scope="module")
def player() -> Iterator[InProcess]:
    """A player on one fresh store, with the calendars and the clock that the samples count on."""
    circumstances = find_circumstances([FIXTURES])
    settings = Settings(now=circumstances.now, patients_key_file=circumstances.patients_key_file)
    engine = open_engine("sqlite://")
    ours = fill_store(engine, settings, circumstances)
    letters = Letters(make_dialect(settings), ours, settings.clock)
    yield InProcess(make_batches(settings, engine, ours), letters)
    engine.dispose()


@pytest.fixture(scope="module")
def inspector() -> Inspector:
    return make_inspector(Settings())


@pytest.mark.parametrize("case", CASES, ids=name_of)
async def test_it_is_answered_as_its_folder_says(case: Case, player: InProcess) -> None:
    for sending in case.before:
        came = await player.send(sending)
        assert came.outcome in {"answered", "refused"}, f"{sending.file.name}: {came.outcome}"
    verdict, difference = (await player.send(case.sending)).as_expected(case)
    assert verdict, difference


def test_every_case_says_all_that_it_expects() -> None:
    assert [name_of(case) for case in CASES if case.sending.file.name != REQUEST] == []
    assert [name_of(case) for case in CASES if _expected(case).keys() != EXPECTED] == []


def test_what_is_understood_validates(inspector: Inspector) -> None:
    understood = [case for case in CASES if (_expected(case)["reply"] or {}).get("code") in UNDERSTOOD]
    sent = [sending for case in understood for sending in (*case.before, case.sending)]
    assert [sending.file for sending in sent if inspector.inspect(sending.body)[1]] == []


def test_what_an_apprec_says_is_what_validate_says(inspector: Inspector) -> None:
    told, found = {}, {}
    for case in CASES:
        apprec = _expected(case)["apprec"]
        if apprec and apprec["codes"] and name_of(case) not in ONLY_WRONG_HERE:
            told[name_of(case)] = apprec["codes"]
            found[name_of(case)] = [finding.code for finding in inspector.inspect(case.sending.body)[1]]
    assert found == told


def test_every_error_condition_has_a_sample() -> None:
    conditions = {kind.condition for kind in TransportFault.__subclasses__()} - OF_THE_SEAL
    assert conditions == {error["condition"] for case in CASES if (error := _expected(case)["error"])}


def test_every_error_code_of_an_apprec_has_a_sample() -> None:
    seen = {code for case in CASES if (apprec := _expected(case)["apprec"]) for code in apprec["codes"]}
    assert seen == ERROR_WORDS.keys() - NEVER_SENT.keys()


def test_every_code_of_a_reply_has_a_sample() -> None:
    seen = {reply["code"] for case in CASES if (reply := _expected(case)["reply"])}
    assert seen == UNDERSTOOD | {Tema.REJECTED.value}


def test_every_reason_to_decline_has_a_sample() -> None:
    replies = b"".join(case.documents.get("reply", b"") for case in CASES).decode()
    shown = {
        reason
        for reason, template in [*BOKMAL.declined.items(), *BOKMAL.declined_with.items()]
        if re.search(f">{re.escape(template).replace(re.escape('{detail}'), '[^<]+')}<", replies)
    }
    assert shown == set(Reason) - NEVER_DECLINED.keys()


def test_every_request_has_a_sample_that_is_answered_in_full() -> None:
    dialect = make_dialect(Settings())
    full = {
        (opened.about.function, opened.about.code)
        for case in CASES
        if "reply" in case.documents and _expected(case)["reply"]["code"] in UNDERSTOOD
        for opened in [dialect.open(case.sending.body)]
    }
    assert full >= CODECS.keys()


def test_every_outcome_that_a_message_can_have_has_a_sample() -> None:
    assert {_expected(case)["outcome"] for case in CASES} == {
        kind.__name__.lower() for kind in (Answered, Refused, Noted, Ignored, Parked)
    }


def test_nobody_in_them_is_a_real_person() -> None:
    texts = [_text(sending) for sending in _sendings()]
    lists = [*FIXTURES.glob("patients/*.txt"), FIXTURES / "replay.toml"]
    texts += [file.read_text(encoding="utf-8") for file in lists]
    numbers = {number for text in texts for number in re.findall(r"\b\d{11}\b", text)}
    assert len(numbers) > 200
    for number in numbers:
        assert int(number[2:4]) > 40, f"{number} is not of a synthetic series"


def test_synthetic_numbers_of_every_series_are_among_them() -> None:
    numbers = {number for sending in _sendings() for number in re.findall(r"\b\d{11}\b", _text(sending))}
    valid = [number for number in numbers if birth_date(number)]
    series = Counter(next(added for added in (80, 65, 40) if int(number[2:4]) > added) for number in valid)
    assert series.keys() == {40, 65, 80}
    assert any(int(number[:2]) > 40 for number in valid), "a D-number"


def test_no_case_can_be_taken_for_another() -> None:
    owners: dict[str, Path] = {}
    for sending in _sendings():
        info = _head_of(sending)
        if info is not None:
            case = next(path for path in sending.file.parents if (path / REQUEST).is_file())
            msg_id = info.findtext("{*}MsgId")
            assert owners.setdefault(msg_id, case) == case, f"{msg_id} is in {owners[msg_id]} too"


def _sendings() -> Iterator[Sending]:
    for case in CASES:
        yield from (*case.before, case.sending)


def _text(sending: Sending) -> str:
    encoding = re.search(rb'encoding="([^"]+)"', sending.body[:200].replace(b"\0", b""))
    return sending.body.decode(encoding[1].decode() if encoding else "utf-8", "replace")


def _head_of(sending: Sending) -> object:
    """MsgInfo, also of a message that breaks off later; ``None`` when it cannot be read."""
    try:
        return parse(sending.body, Limits()).find(MSG_INFO)
    except Exception:  # noqa: BLE001 - broken is what many of them are for
        return salvage(sending.body, MSG_INFO, Limits())


def _expected(case: Case) -> dict:
    return dict(case.expected or {})
