"""No password is shown: not by the command, in no error, and in no log of a start that fails."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from pydantic import SecretStr, ValidationError
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from adapter.cli.app import app, main
from adapter.database import open_engine
from adapter.errors import StoreUnavailable
from adapter.settings import Settings
from tests.reliability.processes import Processes
from tests.reliability.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = "kanarigul"
NOWHERE = "127.0.0.1:1"
URLS = {
    "amqp_url": f"amqp://me:{SECRET}@{NOWHERE}/",
    "database_url": f"postgresql+psycopg://me:{SECRET}@{NOWHERE}/x",
}
FILES = (
    "amqp_user_file",
    "amqp_password_file",
    "database_password_file",
    "amqp_key_passphrase_file",
    "seal_passphrase_file",
)
LISTS = f"http://me:{SECRET}@lists.test/a.crl,http://lists.test/b.crl?token={SECRET}"


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import os

    for name in list(os.environ):
        if name.startswith("TIMEBOK_"):
            monkeypatch.delenv(name)
    yield
    logging.getLogger().handlers.clear()
    structlog.reset_defaults()


def set_all(monkeypatch: pytest.MonkeyPatch, **settings: str) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(f"TIMEBOK_{name.upper()}", value)


def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[Any, str]:
    """The status of the command, and all that it says; an exception that it does not catch fails the test."""
    monkeypatch.setattr(sys, "argv", ["timebok", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    return ended.value.code, said.out + said.err


# --- what is set


def everything(folder: Path) -> dict[str, str]:
    """A secret in every setting that may hold one, and in every file that does."""
    for name in FILES:
        (folder / name).write_text(SECRET)
    open_urls = {name: url.replace(f"me:{SECRET}@", "") for name, url in URLS.items()}
    open_urls["amqp_url"] = open_urls["amqp_url"].replace("amqp", "amqps")
    seal = dict.fromkeys(("seal_keys", "seal_parties", "seal_authorities"), "x")
    others = {"amqp_certificate_file": "client.pem", "seal_revocation_lists": LISTS}
    return {name: str(folder / name) for name in FILES} | open_urls | seal | others


def test_every_setting_that_is_a_secret_is_tried_here() -> None:
    fields = Settings.model_fields.items()
    assert {name for name, field in fields if field.annotation is SecretStr} == set(URLS)
    assert {name for name, _ in fields if "pass" in name or "user" in name} == set(FILES)


@pytest.mark.parametrize("where", ["urls", "files"])
@pytest.mark.parametrize("arguments", [[], ["--json"]])
@pytest.mark.parametrize("source", ["environment", "file"])
def test_the_settings_are_shown_with_where_they_come_from_and_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, arguments: list[str], source: str
) -> None:
    chosen = URLS if where == "urls" else everything(tmp_path)
    if source == "environment":
        set_all(monkeypatch, **chosen)
    else:
        file = tmp_path / "timebok.toml"
        file.write_text("\n".join(f"{name} = {json.dumps(value)}" for name, value in chosen.items()))
        monkeypatch.setenv("TIMEBOK_CONFIG", str(file))
    settings = Settings()
    assert SECRET not in f"{settings!r} {settings} {settings.broker!r}"
    assert where != "urls" or SECRET not in settings.model_dump_json()
    done = CliRunner().invoke(app, ["settings", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    assert SECRET not in done.output + done.stderr
    rows = [line for line in done.output.splitlines() if any(name in line for name in chosen)]
    assert len(rows) == len(chosen)
    assert all(("the environment" if source == "environment" else "timebok.toml") in row for row in rows)
    assert done.output.count("default") == len(Settings.model_fields) - len(chosen)
    assert ("me:********@" in done.output) is ("********" in done.output)


@pytest.mark.parametrize(
    "url",
    [
        f"host=store user=me password={SECRET}",
        SECRET,
        f"postgresql+psycopg://host/x?user=me;password={SECRET}",
        f"postgresql+psycopg://host/x?passfile=x&options=-cpassword%3D{SECRET}",
    ],
)
def test_a_secret_that_is_no_url_is_not_shown_for_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    set_all(monkeypatch, database_url=url)
    done = CliRunner().invoke(app, ["settings", "--json"], catch_exceptions=False)
    assert (done.exit_code, SECRET in done.output) == (0, False)
    assert "********" in done.output


# --- what is wrong


WRONG_BROKERS = [
    f"http://me:{SECRET}@host/",
    f"me:{SECRET}@host",
    f"amqp://me:12/{SECRET}@host/",
    f"amqp://me:12#{SECRET}@host/",
    f"amqp://me:{SECRET}@host:port/",
    f"amqp://me:{SECRET}@host/?no_verify_ssl=1",
    f"amqp://me:{SECRET}@host/?{SECRET}=1",
    f"amqp://me:12?{SECRET}@host/",
    f"amqp://[me:{SECRET}@host/",
]


@pytest.mark.parametrize("url", WRONG_BROKERS)
def test_a_wrong_broker_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    set_all(monkeypatch, amqp_url=url)
    status, said = run(monkeypatch, capsys, "settings")
    assert status == 2
    assert said.startswith("timebok: ")
    assert "URL" in said
    assert SECRET not in said
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert run(monkeypatch, capsys, "replay", "fixtures/book", "--amqp", url)[1].count(SECRET) == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"amqp_url": URLS["amqp_url"], "batch": "many"},
        {"amqp_url": URLS["amqp_url"], "seal_keys": "x"},
        {"amqp_url": URLS["amqp_url"], "amqp_password_file": "x"},
        {"amqp_url": URLS["amqp_url"], "amqp_ca_file": "x"},
        {"amqp_url": "amqp://me@host/", "amqp_key_file": "x", "database_url": URLS["database_url"]},
        {"database_url": URLS["database_url"], "database_password_file": "x"},
        {"database_url": "sqlite:///x.db", "database_password_file": "x", "amqp_url": URLS["amqp_url"]},
    ],
)
def test_settings_that_do_not_go_together_are_told_without_a_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], settings: dict[str, str]
) -> None:
    set_all(monkeypatch, **settings)
    status, said = run(monkeypatch, capsys, "settings")
    assert (status, SECRET in said) == (2, False)
    assert said.startswith("timebok: ")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert SECRET not in "".join(traceback.format_exception(caught.value))


def test_a_file_of_settings_that_is_no_toml_is_named_and_not_quoted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "timebok.toml"
    file.write_text(f"amqp_url = amqp://me:{SECRET}@host/\n")
    monkeypatch.setenv("TIMEBOK_CONFIG", str(file))
    status, said = run(monkeypatch, capsys, "settings")
    assert (status, SECRET in said) == (2, False)
    assert "timebok.toml" in said
    assert "line 1" in said


WRONG_STORES = [
    f"postgresql+psycopg://me:12/{SECRET}@host/x",
    f"postgresql+psycopg://me:{SECRET}/12@host/x",
    f"postgresql+psycopg://me:{SECRET}@host:port/x",
    f"nosuch://me:{SECRET}@host/x",
    f"me:{SECRET}@host",
    URLS["database_url"],
]


@pytest.mark.parametrize("url", WRONG_STORES)
def test_a_wrong_store_is_told_without_its_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    set_all(monkeypatch, database_url=url)
    status, said = run(monkeypatch, capsys, "messages", "list")
    assert (status, SECRET in said) == (2, False)
    assert said.startswith("timebok: The database ")


# --- a start that fails


@pytest.mark.parametrize("how", ["nobody is there", "the password is wrong"])
async def test_a_start_that_fails_tells_no_password(tmp_path: Path, amqp_url: str, how: str) -> None:
    """At debug level, from the URL and from a file."""
    (tmp_path / "password").write_text(SECRET)
    place = NOWHERE if how == "nobody is there" else amqp_url.rpartition("@")[2].rstrip("/")
    store = f"sqlite:///{tmp_path / 'x.db'}"
    common = {"database_url": store, "her_ids": "91095", "log_level": "debug"}
    services = Processes(tmp_path, **common)
    try:
        file = {"amqp_url": f"amqp://guest@{place}/", "amqp_password_file": str(tmp_path / "password")}
        for settings in ({"amqp_url": f"amqp://guest:{SECRET}@{place}/"}, file):
            service = services.start(**settings)
            await eventually(
                lambda s=service: bool(s.said("mailbox.unreachable")), "it tries", 60, service.last_words
            )
            assert SECRET not in service._log.read_text()
    finally:
        services.close()


def test_parked_messages_that_cannot_be_looked_at_tell_no_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    set_all(monkeypatch, amqp_url=URLS["amqp_url"], her_ids="91095")
    status, said = run(monkeypatch, capsys, "messages", "parked")
    assert (status, SECRET in said) == (2, False)
    assert NOWHERE.partition(":")[0] in said


# --- the file with the store's password


def test_the_password_of_the_store_is_read_at_each_connect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import psycopg

    given: list[str | None] = []

    def connect(*_arguments: Any, **parameters: Any) -> Any:
        given.append(parameters.get("password"))
        raise psycopg.OperationalError("nobody is there")

    monkeypatch.setattr(psycopg, "connect", connect)
    file = tmp_path / "password"
    for password in ("first\n", "second"):
        file.write_text(password)
        with pytest.raises(StoreUnavailable, match="nobody is there"):
            open_engine(f"postgresql+psycopg://me@{NOWHERE}/x", file)
    assert given == ["first", "second"]
    file.write_text("")
    with pytest.raises(
        StoreUnavailable, match=r"TIMEBOK_DATABASE_PASSWORD_FILE names .*, which is empty"
    ) as caught:
        open_engine(f"postgresql+psycopg://me@{NOWHERE}/x", file)
    assert isinstance(caught.value.__cause__, OperationalError), "to whoever is at work, the store is away"


@pytest.mark.parametrize("setting", ["amqp_ca_file", "amqp_password_file", "amqp_key_passphrase_file"])
def test_a_start_without_a_file_that_it_needs_ends_and_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    client = tmp_path / "client.pem"
    client.write_text(SECRET)
    set_all(monkeypatch, amqp_url=f"amqps://me@{NOWHERE}/", her_ids="91095", database_url="sqlite://")
    set_all(monkeypatch, amqp_certificate_file=str(client), **{setting: str(tmp_path / "nowhere")})
    status, said = run(monkeypatch, capsys, "serve")
    assert (status, SECRET in said) == (2, False)
    assert f"timebok: TIMEBOK_{setting.upper()} names {tmp_path / 'nowhere'}, which cannot be read" in said
