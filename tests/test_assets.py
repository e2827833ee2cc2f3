"""The files that are not Python are found beside the package in a checkout, and inside it in a wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from coordinator import assets


def lay_out(root: Path) -> Path:
    (root / "locales").mkdir(parents=True)
    (root / "locales" / "languages.toml").write_text("", encoding="utf-8")
    return root


def test_asset_root_in_a_checkout_is_beside_the_package() -> None:
    root = assets.asset_root()

    assert (root / "locales" / "languages.toml").is_file()
    assert (root / "web" / "templates").is_dir()
    assert (root / "demo" / "groups.csv").is_file()


def test_asset_root_in_a_wheel_is_inside_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay_out(tmp_path)  # something of the same name beside the installed package must not win
    inside = lay_out(tmp_path / "coordinator" / "_assets")
    monkeypatch.setattr(assets, "PACKAGE", tmp_path / "coordinator")

    assert assets.asset_root() == inside


def test_asset_root_missing_names_both_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "PACKAGE", tmp_path / "coordinator")

    with pytest.raises(FileNotFoundError, match=r"_assets or .*not installed completely"):
        assets.asset_root()
