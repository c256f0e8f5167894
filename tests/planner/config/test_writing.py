import os
import stat
import sys
import tomllib

import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.planner.config import KEYS, config_text, read_config, write_config


def test_a_new_file_changes_nothing_and_names_every_key(tmp_path):
    path = tmp_path / "deep" / "config.toml"
    assert write_config(path) is None
    assert read_config(file=path).origins == {}
    assert all(f"\n# {key.name} = " in path.read_text() for key in KEYS.values())


def test_with_its_signs_of_comments_taken_away_a_new_file_is_valid(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("LLM_STRATEGY_MODEL", raising=False)
    lines = [line.removeprefix("# ") if " = " in line else line for line in config_text().splitlines()]
    path = tmp_path / "all.toml"
    path.write_text("\n".join(lines))
    found = tomllib.loads(path.read_text())
    config = read_config(file=path)
    assert set(config.origins) == set(KEYS)
    assert found["planner"] == dict(config.settings)
    assert config.planner_settings().model_dump() == config.planner_settings({}).model_dump()


def test_a_file_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("model = 'mine'")
    with pytest.raises(ConfigurationError, match="--force writes a new file there, and keeps the old one"):
        write_config(path)
    assert path.read_text() == "model = 'mine'"


def test_by_force_the_old_file_is_kept_each_time_under_a_new_name(tmp_path):
    path = tmp_path / "config.toml"
    kept = []
    for number in range(3):
        path.write_text(f"model = '{number}'")
        kept.append(write_config(path, force=True))
        assert path.read_text() == config_text()
    assert [one.name for one in kept] == ["config.toml.bak", "config.toml.bak.2", "config.toml.bak.3"]
    assert [one.read_text() for one in kept] == ["model = '0'", "model = '1'", "model = '2'"]
    assert {one.name for one in tmp_path.iterdir()} == {path.name, *(one.name for one in kept)}


def test_by_force_a_file_is_written_where_there_is_none(tmp_path):
    assert write_config(tmp_path / "config.toml", force=True) is None
    assert (tmp_path / "config.toml").is_file()


def test_the_file_behind_a_link_is_written_and_the_link_stays(tmp_path):
    (tmp_path / "dotfiles").mkdir()
    behind = tmp_path / "dotfiles" / "config.toml"
    behind.write_text("model = 'mine'")
    link = tmp_path / "config.toml"
    link.symlink_to(behind)
    assert write_config(link, force=True).parent == behind.parent
    assert link.is_symlink()
    assert behind.read_text() == config_text()


def test_where_nothing_can_be_written_it_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match=r"Name another --path\."):
        write_config(tmp_path / "file" / "config.toml")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are other ones there")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_is_read_by_nobody_who_could_not_read_it_before(tmp_path, mode):
    path = tmp_path / "config.toml"
    path.write_text("model = 'mine'")
    path.chmod(mode)
    before = os.umask(0o022)
    try:
        kept = write_config(path, force=True)
    finally:
        os.umask(before)
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, kept)] == [mode, mode]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are other ones there")
@pytest.mark.parametrize("force", [False, True])
def test_a_new_file_is_its_owners_alone(tmp_path, force):
    write_config(tmp_path / "config.toml", force=force)
    assert stat.S_IMODE((tmp_path / "config.toml").stat().st_mode) == 0o600
