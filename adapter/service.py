"""The roof: the only place where real things are wired together. Nothing happens here."""

from __future__ import annotations

from datetime import timedelta
from os import urandom
from typing import TYPE_CHECKING

from adapter.batch import Batches
from adapter.database import open_engine
from adapter.dialects.helsenorge.dialect import Helsenorge
from adapter.dialects.helsenorge.envelope import OK, REJECTED
from adapter.dialects.helsenorge.functions import CODECS
from adapter.dialects.helsenorge.inspection import Inspector
from adapter.dialects.helsenorge.leaving import Forms
from adapter.dialects.helsenorge.names import (
    APPREC_FUNCTION,
    CONDITIONS,
    NOTICE_FUNCTIONS,
    OUR_OWN,
    Asked,
    Function,
    process_of,
)
from adapter.dialects.helsenorge.notices import HelsenorgeNotices, Portal
from adapter.errors import KeysUnavailable, StoreUnavailable
from adapter.mailbox.connection import check
from adapter.mailbox.rabbitmq import RabbitMailbox
from adapter.mailbox.settings import QueueType, RabbitSettings
from adapter.message import Lane
from adapter.patients_key import HOW_TO, SETTING, read_fingerprint
from adapter.pipeline import Pipeline
from adapter.serving import Service
from adapter.staffing import Staffing, Telling
from adapter.wrapping import Plain
from adapter.xml.parsing import Limits
from adapter.xml.schema import Schema
from handlers.desk.groups import groups
from handlers.desk.office import Office
from handlers.desk.store import Desk
from schemas import Catalogue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from adapter.mailbox.broker import Broker
    from adapter.metrics import Metrics
    from adapter.settings import Settings
    from adapter.wrapping import Wrapping


_SEAL_ITSELF = 50_000  # bytes around a letter, with the certificates in them


def new_id() -> str:
    """A fresh random UUID (version 4), as every id of ours is; ``uuid4`` would take twice the time."""
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def make_dialect(settings: Settings) -> Helsenorge:
    """The dialect with the schemas and limits of the settings."""
    schema = Schema(Catalogue.load(settings.schemas))
    return Helsenorge(schema, settings.zone, _limits(settings), new_id, check_replies=settings.check_replies)


def make_notices(settings: Settings) -> HelsenorgeNotices | None:
    """Who writes to the portal of the settings; ``None`` where they name none."""
    her_id, name = settings.portal_her_id, settings.portal_name
    parent_her_id, parent_name = settings.portal_parent_her_id, settings.portal_parent_name
    if her_id is None or name is None or parent_her_id is None or parent_name is None:
        return None
    portal = Portal(her_id, name, parent_her_id, parent_name, settings.portal_process)
    forms = Forms(Schema(Catalogue.load(settings.schemas)), check=settings.check_replies)
    return HelsenorgeNotices(portal, settings.zone, new_id, forms)


def make_staffing(settings: Settings, engine: Engine) -> Staffing:
    """What carries out the wishes of staff."""
    return Staffing(engine, settings.clock, new_id, make_office(settings), make_telling(settings))


def make_telling(settings: Settings) -> Telling:
    """What tells the portal. Where there is a seal it fetches revocation lists, which may take a while."""
    notices = make_notices(settings)
    if notices is None:
        return Telling(None, Plain())
    wrapping = make_wrapping(settings)
    wrapping.refresh(settings.clock())
    return Telling(notices, wrapping)


def make_inspector(settings: Settings) -> Inspector:
    """A judge of documents, with the schemas and limits of the settings."""
    return Inspector(Schema(Catalogue.load(settings.schemas)), settings.zone, _limits(settings))


def make_wrapping(settings: Settings, her_ids: Sequence[str] = ()) -> Wrapping:
    """The seal of the settings, for the parties ``her_ids``, or none where they have none.

    Raises ``KeysUnavailable``.
    """
    keys, others, roots = settings.seal_keys, settings.seal_parties, settings.seal_authorities
    if keys is None or others is None or roots is None:
        return Plain()
    # Only now: what it needs takes ten megabytes, and whoever seals nothing has no use for it.
    from adapter.seal import seal_from_files  # noqa: PLC0415
    from adapter.seal.sealed import Sealed  # noqa: PLC0415

    return Sealed(
        seal_from_files(
            keys,
            others,
            roots,
            settings.seal_revocation_lists,
            passphrase=settings.seal_passphrase_file,
            max_bytes=settings.max_bytes + _SEAL_ITSELF,
        ),
        her_ids,
    )


def make_batches(
    settings: Settings, engine: Engine, her_ids: Sequence[str], wrapping: Wrapping | None = None
) -> Batches:
    """The whole road of a message, from bytes to what is committed, without any queue."""
    pipeline = Pipeline(make_dialect(settings), her_ids, wrapping)
    resend_after = timedelta(seconds=settings.resend_after)
    return Batches(
        engine, pipeline, settings.clock, new_id, resend_after=resend_after, office=make_office(settings)
    )


def served_processes() -> tuple[frozenset[str], frozenset[str]]:
    """The processes that we have a part in, in small letters, and those in which others are to ask us."""
    served = {process_of(function) for function, _ in CODECS}
    told = {process_of(function.value) for function in NOTICE_FUNCTIONS.values()}
    return frozenset(one.casefold() for one in served | told), frozenset(served - OUR_OWN)


def make_office(settings: Settings) -> Office:
    """What a desk has to know of the clinic that the settings describe. Raises ``KeysUnavailable``."""
    file = settings.patients_key_file
    return Office(settings.zone, None if file is None else read_fingerprint(file))


def make_engine(settings: Settings) -> Engine:
    """An engine on the store of the settings. Raises ``StoreUnavailable``."""
    return open_engine(settings.database_url.get_secret_value(), settings.database_password_file)


def make_broker(settings: Settings, url: str = "") -> Broker:
    """The broker of the settings, or the one at ``url`` with the same ways in.

    Raises ``MailboxError`` for what cannot work, also for a file that cannot be used now.
    """
    broker = settings.broker_at(url) if url else settings.broker
    check(broker)
    return broker


def make_mailbox(settings: Settings) -> RabbitMailbox:
    """The RabbitMQ mailbox of the settings."""
    return RabbitMailbox(
        RabbitSettings(
            broker=make_broker(settings),
            prefetch=dict.fromkeys(Lane, settings.prefetch),
            queue_type=QueueType(settings.queue_type),
            declare=settings.declare_queues,
        )
    )


def parties(settings: Settings, engine: Engine) -> list[str]:
    """The HER-ids to answer for: those of the settings, or else the owners of calendars in the store.

    Raises ``StoreUnavailable`` when there are none.
    """
    if settings.her_ids:
        return list(settings.her_ids)
    with engine.begin() as connection:
        owners = Desk(connection, settings.clock(), new_id).owners()
    if not owners:
        raise StoreUnavailable(
            "There is nobody to answer for: the store has no calendars. "
            "Import some with 'timebok calendar import FILE', or set TIMEBOK_HER_IDS."
        )
    return [owner.her_id for owner in owners]


def check_lists(settings: Settings, engine: Engine) -> None:
    """Whether the lists of patients in the store can be read.

    Raises ``KeysUnavailable`` when there are some and no key: whoever is blocked would not be.
    """
    if settings.patients_key_file is not None:
        return
    with engine.begin() as connection:
        lists = groups(connection)
    if lists:
        names = ", ".join(sorted({one.name for one in lists}))
        raise KeysUnavailable(
            f"The store has lists of patients ({names}), and {SETTING} names no key to read them with, so "
            "whoever is blocked would not be. Set it. "
            f"If the key is lost: {HOW_TO} Then import the lists again."
        )


def make_metrics() -> Metrics:
    """Figures that name what the dialect knows, and nothing else."""
    from adapter.metrics import Metrics  # noqa: PLC0415 - only where somebody may ask for them

    asked, statuses = frozenset(map(str, Asked)), frozenset({OK, REJECTED})
    return Metrics({**dict.fromkeys(map(str, Function), asked), APPREC_FUNCTION: statuses}, CONDITIONS)


def _limits(settings: Settings) -> Limits:
    return Limits(settings.max_bytes, settings.max_elements, settings.max_depth, settings.max_attributes)


def make_service(settings: Settings, engine: Engine, her_ids: Sequence[str]) -> Service:
    """The whole service, for the parties ``her_ids``. It does nothing until it is run."""
    wrapping = make_wrapping(settings, her_ids)
    batches = make_batches(settings, engine, her_ids, wrapping)
    metrics = None if settings.health_port is None else make_metrics()
    return Service(settings, make_mailbox(settings), engine, batches, wrapping.refresh, metrics)
