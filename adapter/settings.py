"""Every setting there is, with its default: from the environment (``TIMEBOK_…``) or a TOML file.

The environment wins. Secrets are kept as secrets: they are in no ``repr``, no log and no error.
"""

from __future__ import annotations

import os
import tomllib
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from adapter.errors import TimebokError
from adapter.mailbox.broker import Broker, Tls

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def _zone(value: object) -> ZoneInfo:
    if isinstance(value, ZoneInfo):
        return value
    try:
        return ZoneInfo(str(value))
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{value} is not the name of a time zone; one is Europe/Oslo") from None


def _list(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


_HerId = Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]
_HerIds = Annotated[tuple[_HerId, ...], NoDecode, BeforeValidator(_list)]


def _or_none(value: object) -> object:
    """An empty variable, as containers pass on what nobody has set, is no name of a file."""
    return value or None


_File = Annotated[Path | None, BeforeValidator(_or_none)]
_Sources = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_list)]
_Pauses = Annotated[tuple[Annotated[float, Field(gt=0)], ...], NoDecode, BeforeValidator(_list)]


_Text = Annotated[str | None, BeforeValidator(_or_none)]


class SettingsFault(TimebokError):
    """The file with the settings cannot be read. The message names it and says where it is wrong."""


_PORTAL = ("portal_her_id", "portal_name", "portal_parent_her_id", "portal_parent_name")
_SEAL = ("seal_keys", "seal_parties", "seal_authorities", "seal_revocation_lists")


def _check_without_password(url: str) -> None:
    # Only now: whoever has no such file may have no store to open either, such as a container's check.
    from sqlalchemy import make_url  # noqa: PLC0415
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
        sqlite, password = parsed.get_backend_name() == "sqlite", parsed.password
    except (ArgumentError, ValueError):
        return  # whoever opens it says so, without a word of it
    if sqlite:
        raise ValueError("TIMEBOK_DATABASE_PASSWORD_FILE is set, and SQLite has no passwords")
    if password is not None:
        raise ValueError(
            "the password is in TIMEBOK_DATABASE_URL and in TIMEBOK_DATABASE_PASSWORD_FILE; it must be in one"
        )


def _file_source(settings: type[BaseSettings]) -> TomlConfigSettingsSource | None:
    file = os.environ.get("TIMEBOK_CONFIG")
    if not file:
        return None
    if not Path(file).is_file():
        raise FileNotFoundError(f"TIMEBOK_CONFIG names {file}, and there is no such file")
    try:
        return TomlConfigSettingsSource(settings, Path(file))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise SettingsFault(f"TIMEBOK_CONFIG names {file}, which cannot be read: {why}") from None


class Settings(BaseSettings):
    """The settings of timebok. ``TIMEBOK_CONFIG`` names the TOML file; its keys are the fields' names."""

    model_config = SettingsConfigDict(
        env_prefix="TIMEBOK_",
        extra="forbid",
        frozen=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,  # what is wrong may be the half of a password
    )

    amqp_url: SecretStr = SecretStr("amqp://guest:guest@localhost:5672/")
    """Where the broker is: ``amqp://``, or ``amqps://`` with TLS; with user and password, or without."""

    amqp_user_file: _File = None
    """A file with the user at the broker, and nothing else."""

    amqp_password_file: _File = None
    """A file with the password at the broker. It is read at each connect."""

    amqp_ca_file: _File = None
    """The certificates of the authorities that the broker's may be from (PEM), instead of the machine's."""

    amqp_server_name: Annotated[str | None, BeforeValidator(_or_none)] = None
    """The name to look for in the broker's certificate, where it is not the one in the URL."""

    amqp_certificate_file: _File = None
    """Our certificate (PEM), for a broker that asks for one."""

    amqp_key_file: _File = None
    """Its key (PEM); without this setting it lies in the same file."""

    amqp_key_passphrase_file: _File = None
    """A file with the passphrase of that key."""

    database_url: SecretStr = SecretStr("sqlite:///timebok.db")
    """The booking store: SQLite, or PostgreSQL (``postgresql+psycopg://…``) for several replicas."""

    database_password_file: _File = None
    """A file with the password of the store. It is read at each connect."""

    her_ids: _HerIds = ()
    """The parties to answer for (``91095,91096``); none means every owner of a calendar in the store."""

    zone: Annotated[ZoneInfo, BeforeValidator(_zone)] = ZoneInfo("Europe/Oslo")
    """Where the clock of the messages and of the calendars hangs."""

    schemas: Path | None = None
    """A folder with a ``catalogue.toml`` and schemas to use instead of timebok's own."""

    check_replies: bool = True
    """Whether each form of reply (all but its texts) is validated before the first of it leaves."""

    declare_queues: bool = True
    """Whether timebok declares its queues; otherwise they have to be there."""

    queue_type: Literal["auto", "quorum", "classic"] = "auto"
    """What kind of queues to declare; ``auto`` is quorum where the broker has them."""

    prefetch: Annotated[int, Field(ge=1, le=10_000)] = 200
    """How many messages of each lane may be in hand at once."""

    batch: Annotated[int, Field(ge=1, le=1_000)] = 50
    """How many waiting messages may share one transaction."""

    open_replies: Annotated[int, Field(ge=1)] = 10_000
    """How many replies may be committed and not sent yet; no more messages are taken beyond that."""

    retry_pauses: _Pauses = (5, 30, 120, 600, 1800, 3600)
    """Seconds before each new try of a message that we failed on; after the last it is parked."""

    retry_pauses_sync: _Pauses = (1, 2, 4)
    """The same where the sender waits, which it does for 15 seconds."""

    keep_bodies: Annotated[float, Field(gt=0)] = 30
    """Days that the bodies of messages are kept. They hold patients."""

    keep_messages: Annotated[float, Field(ge=14)] = 400
    """Days that it is remembered which messages have been here; longer than anything is tried again."""

    resend_after: Annotated[float, Field(gt=0)] = 10.0
    """Seconds that whoever has committed a reply has to send it, before it is sent from the outbox."""

    grace: Annotated[float, Field(gt=0)] = 20.0
    """How many seconds a stop may take to finish what is in hand."""

    health_host: str = "127.0.0.1"
    health_port: Annotated[int, Field(ge=0, le=65_535)] | None = None
    """Where to answer ``GET /live`` and ``GET /ready``; nowhere unless the port is set."""

    max_bytes: Annotated[int, Field(ge=1_000)] = 5_000_000
    max_elements: Annotated[int, Field(ge=100)] = 50_000
    max_depth: Annotated[int, Field(ge=20, le=250)] = 100
    max_attributes: Annotated[int, Field(ge=100)] = 50_000
    """How large a message may be; anything larger is refused unread."""

    seal_keys: _File = None
    """The folder with our own keys. With it and the next three every message is sealed, otherwise none."""

    seal_parties: _File = None
    """The counterparties with their certificates: a TOML file, or a folder of them."""

    seal_authorities: _File = None
    """The certificates of those who issue certificates: a file, or a folder."""

    seal_revocation_lists: _Sources = Field(default=(), repr=False)  # addresses may hold passwords
    """Where the lists of revoked certificates are: files, folders and http addresses."""

    seal_passphrase_file: _File = None
    """A file with the passphrase of the keys that need one."""

    patients_key_file: _File = None
    """A file with the key under which lists of patients are kept: at least 32 bytes."""

    portal_her_id: Annotated[_HerId | None, BeforeValidator(_or_none)] = None
    """Whom we tell what staff do to an appointment. With it and the next three they are told, else nobody."""

    portal_name: _Text = None
    portal_parent_her_id: Annotated[_HerId | None, BeforeValidator(_or_none)] = None
    portal_parent_name: _Text = None
    """What they are called, and the organisation that they belong to."""

    portal_process: Literal["avtaleutsending", "timereservasjon"] = "avtaleutsending"
    """In which process they take it: ours alone, or that of the bookings (helsenorge.md, C5)."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "text"] = "json"

    now: datetime | None = None
    """For try-outs only: the time it is when timebok starts, local to ``zone``; the clock goes on from it."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature; no .env is read
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the same
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What was passed wins over the environment, and that over the file."""
        file = _file_source(settings_cls)
        return (init_settings, env_settings) if file is None else (init_settings, env_settings, file)

    @property
    def broker(self) -> Broker:
        """The broker of these settings."""
        return self.broker_at(self.amqp_url.get_secret_value())

    def broker_at(self, url: str) -> Broker:
        """Another one, with the same ways in. Raises ``WrongBroker``."""
        tls = Tls(
            self.amqp_ca_file,
            self.amqp_certificate_file,
            self.amqp_key_file,
            self.amqp_key_passphrase_file,
            self.amqp_server_name,
        )
        return Broker(url, tls, self.amqp_user_file, self.amqp_password_file)

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        """What cannot work is told at the start, and not at the first try."""
        _ = self.broker
        if self.database_password_file:
            _check_without_password(self.database_url.get_secret_value())
        return self

    @model_validator(mode="after")
    def _seal_whole(self) -> Self:
        """A seal of which something was forgotten must not come out as no seal at all."""
        missing = self._missing(_SEAL)
        if missing and (len(missing) < len(_SEAL) or self.seal_passphrase_file):
            raise ValueError(f"half a seal is set: {', '.join(missing)} is missing")
        return self

    @model_validator(mode="after")
    def _portal_whole(self) -> Self:
        """Else what staff do would be told to nobody, and nobody would know."""
        missing = self._missing(_PORTAL)
        if 0 < len(missing) < len(_PORTAL):
            raise ValueError(f"half a portal is set: {', '.join(missing)} is missing")
        return self

    def _missing(self, names: Sequence[str]) -> list[str]:
        return [name for name in names if not getattr(self, name)]

    @cached_property
    def _offset(self) -> timedelta:
        if self.now is None:
            return timedelta()
        there = self.now if self.now.tzinfo else self.now.replace(tzinfo=self.zone)
        return there - datetime.now(UTC)

    def clock(self) -> datetime:
        """What time it is: aware UTC."""
        offset = self._offset  # before the clock is read: it is worked out the first time
        return datetime.now(UTC) + offset


def file_settings() -> Mapping[str, object]:
    """What the file says that ``TIMEBOK_CONFIG`` names, unchecked. Raises as ``Settings`` does for a file."""
    source = _file_source(Settings)
    return {} if source is None else source()
