"""Is what was written and sent what the model expects? Each check is of one message of ours, or one table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.model.clinic import CITIZENS
from tests.model.oslo import written
from tests.model.replies import Event, read_apprec, read_reply
from tests.model.templates import Envelope

if TYPE_CHECKING:
    from adapter.message import Outbound
    from tests.model.model import Expected, Model
    from tests.model.replies import Reply
    from tests.model.rig import Owed, Rig
    from tests.model.templates import Message


def kinds(expected: Expected, message: Message) -> list[str]:
    """What must be sent because of a message, in this order."""
    if expected.outcome == "refused":
        return ["error"]
    if expected.outcome != "answered":
        return []
    waits = message.letter.wish.what.waits
    return [kind for kind, is_sent in (("apprec", not waits), ("reply", expected.tema)) if is_sent]


# --- what is sent


def check_answer(row: Owed, message: Message, expected: Expected) -> None:
    """A row of the outbox is the answer that is expected; an id that it gives to an appointment is learnt."""
    wish = message.letter.wish
    text = row.body.decode() + row.properties
    strangers = [citizen for citizen in CITIZENS if citizen.national_id != wish.citizen.national_id]
    assert not [mark for citizen in strangers for mark in citizen.marks if mark in text], (
        "names another patient"
    )
    if row.kind == "error":
        assert (row.code, row.body, row.queue) == (expected.condition, b"", f"{message.sender}_error")
        return
    assert row.queue == message.reply_queue
    assert row.ttl == (15 if wish.what.waits else None)
    if row.kind == "apprec":
        assert expected.apprec is not None
        status, codes = expected.apprec
        apprec = read_apprec(row.body)
        assert (apprec.status, apprec.about) == (status, message.letter.msg_id)
        assert len(apprec.errors) == len(codes)
        assert all(error.startswith(code) for error, code in zip(apprec.errors, codes, strict=True))
        return
    _check_reply(read_reply(row.body), message, expected)


def _check_reply(reply: Reply, message: Message, expected: Expected) -> None:
    letter, wish = message.letter, message.letter.wish
    assert (reply.about, reply.function) == (letter.msg_id, letter.function)
    assert (reply.sender, reply.receiver) == (wish.owner, letter.sender)
    assert wish.flaw or reply.patient == wish.citizen.national_id
    assert reply.tema == expected.tema
    assert not expected.texts or reply.text in expected.texts
    found = [(one.id, one.first, one.last) for one in reply.resources]
    assert found == list(expected.resources)
    if reply.tema in {"03", "04"}:
        assert [(one.uid, one.start, one.end) for one in reply.events] == list(expected.slots)
    elif reply.tema in {"06", "09"}:
        (event,) = reply.events
        assert (event.uid, event.start, event.end) == (wish.uid, wish.start, wish.end)
    elif reply.tema in {"05", "08"}:
        (event,) = reply.events
        _check_appointment(event, expected)


def _check_appointment(event: Event, expected: Expected) -> None:
    appointment = expected.appointment
    assert appointment is not None
    if expected.is_new:
        appointment.id = event.uid
    owner, slot_id = appointment.key
    start, end = map(written, appointment.span)
    assert event == Event(appointment.id, start, end, slot_id, expected.status, expected.expires_at, owner)


def check_envelope(outbound: Outbound, row: Owed, message: Message) -> None:
    """What goes onto the wire is what was committed, from and to whom it should be."""
    properties, sender, owner = outbound.properties, message.sender, message.letter.wish.owner
    assert (outbound.body, outbound.queue, properties.message_id) == (row.body, row.queue, row.message_id)
    assert (outbound.ttl and outbound.ttl.total_seconds()) == row.ttl
    assert (properties.from_her_id, properties.to_her_id) == (owner, sender)
    assert properties.correlation_id == f"about-{message.id}"
    if message.envelope is Envelope.WRONG_SUBJECT:
        assert properties.headers["originalMessageId"] == message.id


# --- what is kept


def check_slots(rig: Rig, model: Model) -> None:
    assert rig.slots() == model.slots


def check_offer(rig: Rig, model: Model, owner: str) -> None:
    assert rig.offered(owner) == model.free(owner), "offered is what is free and still to come"


def check_appointments(rig: Rig, model: Model) -> None:
    """Each appointment is as the model has it, and no slot has two that live."""
    found = rig.appointments()
    living = [
        one.key for one in found if one.state == "booked" or (one.state == "held" and one.until > model.now)
    ]
    assert len(living) == len(set(living)), "a slot has two living appointments"
    ids = [one.id for one in found]
    assert len(ids) == len(set(ids))
    rows = {}
    for one in found:
        lapsed = one.state == "held" and one.until <= model.now  # nobody has looked at it since
        state = "lapsed" if lapsed else one.state
        until = one.until if state == "held" else None
        rows[one.id] = (one.key, one.national_id, state, until, (one.start, one.end))
    assert rows == {
        one.id: (
            one.key,
            one.citizen.national_id,
            one.state(model.now),
            one.until if one.state(model.now) == "held" else None,
            one.span,
        )
        for one in model.appointments
    }


def check_inbox(rig: Rig, model: Model) -> None:
    """Each message that was committed is remembered once, and none that was not."""
    found = rig.inbox()
    assert len(found) == len(model.messages)
    assert {(sender, message_id): outcome for sender, message_id, outcome in found} == model.messages
