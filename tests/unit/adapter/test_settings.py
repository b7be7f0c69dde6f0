"""Settings come from the environment and one file, what is wrong is named, and no secret is ever shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from adapter.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    Config = Callable[[str], Path]


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.startswith("TIMEBOK_"):
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A TOML file that TIMEBOK_CONFIG names."""

    def write(text: str) -> Path:
        path = tmp_path / "timebok.toml"
        path.write_text(text, encoding="utf-8")
        monkeypatch.setenv("TIMEBOK_CONFIG", str(path))
        return path

    return write


def test_everything_has_a_default() -> None:
    settings = Settings()
    assert settings.database_url.get_secret_value() == "sqlite:///timebok.db"
    assert settings.zone == ZoneInfo("Europe/Oslo")
    assert settings.check_replies
    assert settings.her_ids == ()
    assert settings.health_port is None


def test_everything_is_told_of_on_the_page_for_operators() -> None:
    page = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"`{name}`" not in page] == []


def test_an_empty_variable_is_one_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AMQP_CA_FILE", "AMQP_SERVER_NAME", "AMQP_PASSWORD_FILE", "DATABASE_PASSWORD_FILE"):
        monkeypatch.setenv(f"TIMEBOK_{name}", "")
    assert not Settings().broker.tls.is_set


def test_the_environment_says_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEBOK_AMQP_URL", "amqp://me:hemmelig@broker/")
    monkeypatch.setenv("TIMEBOK_HER_IDS", " 91095, 91096,")
    monkeypatch.setenv("TIMEBOK_ZONE", "Europe/Stockholm")
    monkeypatch.setenv("TIMEBOK_CHECK_REPLIES", "false")
    settings = Settings()
    assert settings.amqp_url.get_secret_value() == "amqp://me:hemmelig@broker/"
    assert settings.her_ids == ("91095", "91096")
    assert settings.zone == ZoneInfo("Europe/Stockholm")
    assert settings.check_replies is False


def test_the_file_says_it_and_the_environment_wins(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config('her_ids = ["91095", "91096"]\nbatch = 7\nprefetch = 9\nzone = "Europe/Stockholm"\n')
    monkeypatch.setenv("TIMEBOK_BATCH", "8")
    settings = Settings()
    assert (settings.her_ids, settings.batch, settings.prefetch) == (("91095", "91096"), 8, 9)
    assert settings.zone == ZoneInfo("Europe/Stockholm")


def test_what_is_passed_wins_over_both(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    config("batch = 7")
    monkeypatch.setenv("TIMEBOK_BATCH", "8")
    assert Settings(batch=9).batch == 9


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIMEBOK_CONFIG", str(tmp_path / "nowhere.toml"))
    with pytest.raises(FileNotFoundError, match=r"TIMEBOK_CONFIG names .*nowhere\.toml"):
        Settings()


def test_a_setting_that_does_not_exist_is_named(config: Config) -> None:
    config("databse_url = 'x'")
    with pytest.raises(ValidationError, match="databse_url"):
        Settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HER_IDS", "91095,x", "her_ids"),
        ("HER_IDS", "0", "her_ids"),
        ("ZONE", "Oslo", "zone"),
        ("ZONE", "../../etc/passwd", "zone"),
        ("PREFETCH", "0", "prefetch"),
        ("BATCH", "many", "batch"),
        ("QUEUE_TYPE", "stream", "queue_type"),
        ("HEALTH_PORT", "70000", "health_port"),
        ("MAX_BYTES", "1", "max_bytes"),
        ("MAX_DEPTH", "251", "max_depth"),
        ("GRACE", "0", "grace"),
        ("LOG_LEVEL", "loud", "log_level"),
        ("NOW", "soon", "now"),
    ],
)
def test_a_value_that_makes_no_sense_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"TIMEBOK_{name}", value)
    with pytest.raises(ValidationError, match=words):
        Settings()


def test_no_secret_is_shown_when_settings_are_printed() -> None:
    settings = Settings(amqp_url="amqp://me:hemmelig@b/", database_url="postgresql+psycopg://me:hemmelig@b/x")
    assert "hemmelig" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        Settings().batch = 1


def test_the_clock_is_the_worlds_clock() -> None:
    before = datetime.now(UTC)
    assert before <= Settings().clock() <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("now", "moment"),
    [
        ("2027-03-01T08:00", datetime(2027, 3, 1, 7, tzinfo=UTC)),
        ("2027-03-01T08:00:00Z", datetime(2027, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_a_clock_that_is_set_goes_on_from_there(now: str, moment: datetime) -> None:
    settings = Settings(now=now)
    first, second = settings.clock(), settings.clock()
    assert moment <= first <= second < moment + timedelta(minutes=5)
    assert first.tzinfo is UTC
