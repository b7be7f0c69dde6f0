"""The hub and the adapter in one process, without a broker: what a tester needs is Python and the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapter.outcome import Kind, dispatches_of, name_of
from adapter.playing.exchange import Exchange

if TYPE_CHECKING:
    from adapter.batch import Batches
    from adapter.message import Inbound
    from adapter.outcome import Outcome
    from adapter.playing.cases import Sending
    from adapter.playing.letters import Letters


class InProcess:
    """Sends messages straight through the road that the service takes."""

    def __init__(self, batches: Batches, letters: Letters) -> None:
        self._batches = batches
        self._letters = letters

    async def send(self, sending: Sending, _expected: str | None = None) -> Exchange:
        """Send a message, and take in the replies to it as the hub does, with an AppRec."""
        inbound = self._letters.inbound(sending)
        outcome = self._process(inbound)
        by_kind = {dispatch.kind: dispatch for dispatch in dispatches_of(outcome)}
        apprec, reply, error = by_kind.get(Kind.APPREC), by_kind.get(Kind.REPLY), by_kind.get(Kind.ERROR)
        if apprec and reply and (receipt := self._letters.receipt(reply.outbound.body)):
            self._process(receipt)
        return Exchange(
            file=sending.file,
            function=outcome.about.function,
            code=outcome.about.code,
            outcome=name_of(outcome),
            apprec={"status": apprec.code, "codes": list(apprec.errors)} if apprec else None,
            reply={"function": reply.function, "code": reply.code} if reply else None,
            error={"condition": error.code} if error else None,
            documents={str(kind): one.outbound.body for kind, one in by_kind.items() if one.outbound.body},
        )

    def _process(self, inbound: Inbound) -> Outcome:
        return self._batches.process([inbound])[0]
