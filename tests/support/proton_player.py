"""Plays sample messages as an AMQP 1.0 peer, as many at once as may be, and tells what came back for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from adapter.dialects.port import Receipt
from adapter.message import Lane
from adapter.playing.exchange import Exchange
from tests.support.proton_hub import Came, ProtonHub, message_of

if TYPE_CHECKING:
    from adapter.message import Inbound
    from adapter.playing.cases import Case, Sending
    from adapter.playing.letters import Letters


class Player:
    """Plays cases over ``hub``. ``letters`` makes the messages, and reads the bodies that come back."""

    def __init__(self, hub: ProtonHub, letters: Letters) -> None:
        self._hub, self._letters = hub, letters
        self._sent: dict[str, Inbound] = {}
        self._earlier: dict[str, int] = {}  # answers that another message under the same id has had

    def play(self, name: str, case: Case) -> None:
        """Send what is to come before, wait for its answers, and send the message; wait for none of it."""
        for number, sending in enumerate(case.before):
            self._send(f"{name} {number}", sending)
            self.wait_for([f"{name} {number}"])
        self._send(name, case.sending)

    def wait_for(self, names: list[str]) -> None:
        """Take in what comes until all of these are answered in full."""
        in_time = self._hub.wait_until(lambda: all(map(self._is_done, names)))
        assert in_time, f"no answer to {[name for name in names if not self._is_done(name)]}"

    def message_id(self, name: str) -> str | None:
        return self._sent[name].properties.message_id

    def exchange(self, name: str, outcome: str) -> Exchange:
        """What came back. ``outcome`` is what became of it, if that was in silence."""
        inbound = self._sent[name]
        opened = self._letters.read(inbound.body)
        error, receipt, reply = self._found(name)
        return Exchange(
            file=Path(name),
            function=opened.about.function if opened else None,
            code=opened.about.code if opened else None,
            outcome="refused" if error else "answered" if receipt or reply else outcome,
            apprec=receipt and {"status": receipt[0].status, "codes": list(receipt[0].errors)},
            reply=reply and {"function": reply[0].about.function, "code": reply[0].about.code},
            error=error and {"condition": error.named["errorCondition"]},
            documents={
                kind: found[1].body for kind, found in (("apprec", receipt), ("reply", reply)) if found
            },
        )

    def answers(self, name: str) -> list[Came]:
        properties = self._sent[name].properties
        about = properties.message_id or properties.correlation_id
        return self._hub.answers_to(about)[self._earlier[name] :]

    def receipt_replies(self) -> int:
        """Take every reply to a message that was receipted, as the hub does, with an AppRec."""
        count = 0
        for name in self._sent:
            _error, receipt, reply = self._found(name)
            if receipt and reply and (inbound := self._letters.receipt(reply[1].body)):
                self._put(inbound)
                count += 1
        return count

    def _send(self, name: str, sending: Sending) -> None:
        self._sent[name], self._earlier[name] = self._letters.inbound(sending), 0
        self._earlier[name] = len(self.answers(name))
        self._put(self._sent[name])

    def _put(self, inbound: Inbound) -> None:
        waits = inbound.lane is Lane.SYNC
        self._hub.send(message_of(inbound.body, inbound.properties, waits=waits), inbound.queue)

    def _is_done(self, name: str) -> bool:
        error, receipt, reply = self._found(name)
        return bool(error or reply or (receipt and receipt[0].status != "1"))

    def _found(self, name: str) -> tuple[Came | None, Any, Any]:
        """The error message; the AppRec and the reply, each read and as it came."""
        error = receipt = reply = None
        for came in self.answers(name):
            if "errorCondition" in came.named:
                error = came
            elif isinstance(opened := self._letters.read(came.body), Receipt):
                receipt = opened, came
            else:
                reply = opened, came
        return error, receipt, reply
