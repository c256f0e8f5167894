import time
from pathlib import Path

import pytest

from llm_strategy.errors import ModelFileMissingError, ModelHashError, UnknownModelError
from llm_strategy.models import store as store_module
from llm_strategy.models.store import file_path, is_present, locate, model_path, store_folder

CONTENT = bytes(range(256)) * 400


def test_the_store_is_in_the_users_cache_by_default(monkeypatch) -> None:
    monkeypatch.delenv("LLM_STRATEGY_MODELS", raising=False)
    assert store_folder().parts[-2:] == ("llm-strategy", "models")


def test_the_environment_moves_the_store(store: Path) -> None:
    assert store_folder() == store


def test_a_missing_file_names_the_command_that_fetches_it(tiny) -> None:
    with pytest.raises(ModelFileMissingError, match=r"llm-strategy models pull tiny"):
        locate(tiny)


def test_a_file_is_hashed_once_and_then_taken_by_its_stamp(tiny, store: Path, monkeypatch) -> None:
    store.mkdir()
    file_path(tiny).write_bytes(CONTENT)
    assert is_present(tiny)
    assert locate(tiny) == file_path(tiny)
    monkeypatch.setattr(store_module, "check_hash", lambda *_: pytest.fail("hashed again"))
    assert locate(tiny) == file_path(tiny)


def test_a_changed_file_is_hashed_again_and_refused(tiny, store: Path) -> None:
    store.mkdir()
    file_path(tiny).write_bytes(CONTENT)
    locate(tiny)
    time.sleep(0.01)
    file_path(tiny).write_bytes(b"x" * len(CONTENT))
    with pytest.raises(ModelHashError, match=rf"{tiny.sha256} was expected and [0-9a-f]{{64}} was found"):
        locate(tiny)


def test_a_damaged_stamp_counts_as_none(tiny, store: Path) -> None:
    store.mkdir()
    file_path(tiny).write_bytes(CONTENT)
    (store / "tiny.gguf.verified.json").write_text("{")
    assert locate(tiny) == file_path(tiny)


def test_a_path_to_a_gguf_file_is_taken_as_it_is() -> None:
    assert model_path("/some/where/My.GGUF") == Path("/some/where/My.GGUF")


def test_any_other_name_must_be_known() -> None:
    with pytest.raises(UnknownModelError):
        model_path("/some/where/model.bin")
