"""Settings: read once, refused by name and value, shown without secrets."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coordinator.errors import Invalid, Problem
from coordinator.settings import MASK, Settings, describe, read_settings, to_environ, variable

ROOT = Path(__file__).resolve().parent.parent
KEY = "k" * 40


def problems_of(environ: dict[str, str]) -> list[tuple[str, str, str]]:
    with pytest.raises(Invalid) as caught:
        read_settings(environ)
    return [(p.field, p.code, p.value) for p in caught.value.problems]


def test_settings_with_nothing_set_are_embedded() -> None:
    settings = read_settings({})

    assert settings == Settings()
    assert settings.embedded_database
    assert settings.effective_database_url == "sqlite+aiosqlite:///.data/chorus.db"
    assert (settings.host, settings.port, settings.heartbeat_s, settings.poll_ms) == ("127.0.0.1", 8000, 15, 1000)


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]  # the point of the test


def test_settings_set_in_the_environment_win_over_defaults_and_options_over_both() -> None:
    settings = read_settings({"CHORUS_PORT": "9000", "CHORUS_HOST": "0.0.0.0", "CHORUS_DATA": "elsewhere"}, port=9001, host=None)

    assert (settings.port, settings.host, settings.data) == (9001, "0.0.0.0", Path("elsewhere"))


def test_settings_empty_variable_counts_as_unset() -> None:
    assert read_settings({"CHORUS_PORT": " ", "CHORUS_BASE_URL": ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("CHORUS_PORT", "eighty", "setting_number"),
        ("CHORUS_PORT", "70000", "setting_number"),
        ("CHORUS_PORT", "-1", "setting_number"),
        ("CHORUS_PORT", "٨٠٨٠", "setting_number"),
        ("CHORUS_HEARTBEAT_S", "0", "setting_number"),
        ("CHORUS_LOG_LEVEL", "loud", "setting_choice"),
        ("CHORUS_BASE_URL", "chorus.example.org", "setting_url"),
        ("CHORUS_BASE_URL", "https://chorus.example.org/path", "setting_base_url"),
        ("CHORUS_BASE_URL", "https://", "setting_base_url"),
        ("CHORUS_DATABASE_URL", "mysql://root@db/chorus", "setting_url"),
        ("CHORUS_REDIS_URL", "http://cache", "setting_url"),
        ("CHORUS_TRUSTED_PROXIES", "the proxy", "setting_network"),
        ("CHORUS_HOST", "a\x00b", "setting_unprintable"),
        ("CHORUS_TRANSLATOR", "deepl", "setting_choice"),
        ("CHORUS_LIBRETRANSLATE_URL", "127.0.0.1:5000", "setting_url"),
        ("CHORUS_LIBRETRANSLATE_URL", "http://", "setting_engine_url"),
        ("CHORUS_TRANSLATE_TIMEOUT_S", "0", "setting_number"),
    ],
)
def test_settings_with_a_wrong_value_name_key_and_value(name: str, value: str, code: str) -> None:
    [(field, found, shown)] = problems_of({name: value})

    assert (field, found) == (name, code)
    assert shown == value.replace("\x00", "\ufffd")


def test_settings_libretranslate_without_an_address_is_refused() -> None:
    assert problems_of({"CHORUS_TRANSLATOR": "LibreTranslate"}) == [("CHORUS_LIBRETRANSLATE_URL", "missing", "")]


def test_settings_of_the_engine_are_read() -> None:
    url = {"CHORUS_LIBRETRANSLATE_URL": "https://translate.example.org/lt/"}

    settings = read_settings({"CHORUS_TRANSLATOR": "libretranslate", "CHORUS_LIBRETRANSLATE_KEY": "hunter2", **url})

    assert (settings.translator, settings.libretranslate_url, settings.translate_timeout_s) == (
        "libretranslate",
        "https://translate.example.org/lt",
        10,
    )
    assert Settings().translator == "auto"
    assert "hunter2" not in repr(settings)


def test_settings_report_every_fault_at_once() -> None:
    found = problems_of({"CHORUS_PORT": "x", "CHORUS_LOG_LEVEL": "y", "CHORUS_TRUSTED_PROXIES": "a, 10.0.0.0/8, b"})

    assert [(field, value) for field, _, value in found] == [
        ("CHORUS_PORT", "x"),
        ("CHORUS_TRUSTED_PROXIES", "a"),
        ("CHORUS_TRUSTED_PROXIES", "b"),
        ("CHORUS_LOG_LEVEL", "y"),
    ]


def test_settings_misspelt_variable_is_refused_with_the_likely_name() -> None:
    with pytest.raises(Invalid) as caught:
        read_settings({"CHORUS_DATABSE_URL": "sqlite://", "CHORUS_TEST_SEED": "1"})

    assert caught.value.problems == (
        Problem("CHORUS_DATABSE_URL", "setting_unknown", "CHORUS_DATABSE_URL", ("CHORUS_DATABASE_URL",)),
    )  # fmt: skip


def test_settings_short_secret_key_is_refused_without_being_repeated() -> None:
    [(field, code, shown)] = problems_of({"CHORUS_SECRET_KEY": "hunter2"})

    assert (field, code, shown) == ("CHORUS_SECRET_KEY", "setting_secret_short", MASK)


@pytest.mark.parametrize("url", ["https://me:hunter2@translate.example.org", "https://translate.example.org/?api_key=hunter2"])
def test_settings_engine_address_with_a_secret_is_refused_without_it(url: str) -> None:
    [(field, code, shown)] = problems_of({"CHORUS_LIBRETRANSLATE_URL": url})

    assert (field, code) == ("CHORUS_LIBRETRANSLATE_URL", "setting_engine_url")
    assert "hunter2" not in shown


@pytest.mark.parametrize("url", ["redis://:hunter2@cache:abc/0", "ftp://me:hunter2@cache/0", "redis://me:a/hunter2@cache/0"])
def test_settings_refused_url_keeps_its_password(url: str) -> None:
    [(_, _, shown)] = problems_of({"CHORUS_REDIS_URL": url})

    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("given_url", "completed"),
    [
        ("postgresql://u@db/chorus", "postgresql+psycopg://u@db/chorus"),
        ("postgres://u@db/chorus", "postgresql+psycopg://u@db/chorus"),
        ("sqlite:////srv/chorus.db", "sqlite+aiosqlite:////srv/chorus.db"),
        ("postgresql+psycopg://u@/chorus?host=/run/pg", "postgresql+psycopg://u@/chorus?host=/run/pg"),
    ],
)
def test_settings_database_url_is_completed_with_its_driver(given_url: str, completed: str) -> None:
    assert read_settings({"CHORUS_DATABASE_URL": given_url}).database_url == completed


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://chorus:hunter2@db/chorus",
        "postgresql+psycopg://chorus:hun@ter2@db/chorus",
        "postgresql+psycopg://chorus@db/chorus?password=hunter2&host=db",
    ],
)
def test_describe_masks_secrets_wherever_they_stand(url: str) -> None:
    settings = read_settings({"CHORUS_DATABASE_URL": url, "CHORUS_REDIS_URL": "redis://:hunter2@cache/0", "CHORUS_SECRET_KEY": KEY})

    shown = {row.name: row.value for row in describe(settings)}

    assert all(secret not in str(row) + repr(settings) for row in describe(settings) for secret in ("hunter2", "hun@ter2", "ter2", KEY))
    assert shown["CHORUS_REDIS_URL"] == f"redis://:{MASK}@cache/0"
    assert shown["CHORUS_SECRET_KEY"] == MASK


def test_describe_shows_each_setting_once_with_help() -> None:
    rows = describe(Settings())

    assert [row.name for row in rows] == [variable(each.name) for each in fields(Settings)]
    assert all(row.help.endswith(".") for row in rows)


@given(
    port=st.integers(0, 65535),
    proxies=st.lists(st.ip_addresses().map(str), max_size=3).map(tuple),
    level=st.sampled_from(["debug", "info", "warning", "error"]),
    data=st.from_regex(r"[a-z/]{1,20}", fullmatch=True),
)
def test_to_environ_tells_a_child_the_same_settings(port: int, proxies: tuple[str, ...], level: str, data: str) -> None:
    settings = Settings(port=port, trusted_proxies=proxies, log_level=level, data=Path(data), secret_key=KEY)

    assert read_settings(to_environ(settings)) == settings


def test_settings_are_each_explained_to_the_operator() -> None:
    """Contract: deploy/README.md has a row for every variable, and knows no other."""
    text = (ROOT / "deploy" / "README.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(CHORUS_[A-Z_]+)`", text))

    assert documented == {variable(each.name) for each in fields(Settings)}


def test_settings_are_each_read_by_something() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for folder in ("coordinator", "worker") for path in (ROOT / folder).rglob("*.py"))

    unread = [each.name for each in fields(Settings) if not re.search(rf"settings\.{each.name}\b|self\.{each.name}\b", sources)]

    assert unread == []
