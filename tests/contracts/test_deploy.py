"""What deploy/ says must be true of the product: settings that exist, commands that exist, files that exist."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from coordinator import keys
from coordinator.cli import main
from coordinator.settings import Settings, variable

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
SETTINGS = {variable(each.name) for each in fields(Settings)}
OUTSIDE = {"CHORUS_DOMAIN"}  # read by compose and Caddy, not by Chorus


def has_command(words: list[str]) -> bool:
    """Whether `chorus words…` names a command whose options exist."""
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    options = {name for parameter in command.params for name in parameter.opts}
    return not isinstance(command, click.Group) and all(word in options for word in words if word.startswith("--"))


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_deploy_names_only_settings_that_exist() -> None:
    named = {name for path in DEPLOY.iterdir() for name in re.findall(r"CHORUS_[A-Z_]+", path.read_text(encoding="utf-8"))}

    assert named - SETTINGS - OUTSIDE == set()


def test_readme_names_only_commands_that_exist() -> None:
    text = (DEPLOY / "README.md").read_text(encoding="utf-8") + (ROOT / "README.md").read_text(encoding="utf-8")
    # `chorus` before a plain word, not a path (/var/lib/chorus), a unit (systemctl … chorus) or the service of a container.
    commands = re.findall(r"(?:`|bin/|^|&& )chorus ((?:[a-z]+)(?: (?:steward|check|update))?(?: --?[a-z]+)*)", text, re.MULTILINE)

    assert commands
    assert [command for command in commands if not has_command(command.split())] == []


def test_compose_runs_commands_that_exist(compose: Any) -> None:
    ours = {name: service["command"] for name, service in compose["services"].items() if service.get("image") == "chorus"}

    assert {name: has_command(command) for name, command in ours.items()} == dict.fromkeys(
        ("migrate", "web", "worker-short", "worker-long"), True
    )


def test_compose_processes_share_database_redis_and_key(compose: Any) -> None:
    environments = [service["environment"] for service in compose["services"].values() if service.get("image") == "chorus"]

    assert all(environment == environments[0] for environment in environments)
    assert {"CHORUS_BASE_URL", "CHORUS_DATABASE_URL", "CHORUS_REDIS_URL", "CHORUS_SECRET_KEY"} <= environments[0].keys()


def test_compose_lets_out_only_who_has_to_fetch(compose: Any) -> None:
    """Calendars of groups are fetched by jobs of the long queue; the other networks lead nowhere, or to the proxy alone."""
    out = {name for name, service in compose["services"].items() if "outside" in service.get("networks", [])}

    assert out == {"caddy", "worker-long"}
    assert keys.JOB_QUEUES[keys.JOB_BUSY] == keys.QUEUE_LONG
    assert compose["networks"]["inside"] == {"internal": True}


def test_compose_holds_no_secret() -> None:
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8") + (DEPLOY / "env.example").read_text(encoding="utf-8")
    secrets = re.findall(r"(?:PASSWORD|SECRET_KEY)(?:: |=)(\S*)", text)

    assert secrets
    assert [value for value in secrets if value and not value.startswith("${")] == []


def test_dockerfile_copies_only_what_exists() -> None:
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)

    assert sources
    assert [name for line in sources for name in line.split() if not (ROOT / name).exists()] == []


def test_image_holds_the_engine_that_the_operator_names_and_none_by_default(compose: Any) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    builds = [service["build"]["args"] for service in compose["services"].values() if service.get("image") == "chorus"]

    assert 'ARG APERTIUM_PACKAGES=""\n' in dockerfile
    assert '"$APERTIUM_PACKAGES"' in dockerfile
    assert builds == [{"APERTIUM_PACKAGES": "${APERTIUM_PACKAGES:-}"}] * 4
    assert "\nAPERTIUM_PACKAGES=\n" in (DEPLOY / "env.example").read_text(encoding="utf-8")


def test_units_run_commands_that_exist() -> None:
    lines = [
        line for path in DEPLOY.glob("*.service") for line in re.findall(r"^ExecStart=.*bin/chorus (.+)$", path.read_text(), re.MULTILINE)
    ]

    assert len(lines) == 2
    assert all(has_command(line.replace("'", "").split('"')[0].split()) for line in lines)
