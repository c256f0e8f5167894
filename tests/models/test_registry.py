import pytest

from llm_strategy.errors import UnknownModelError
from llm_strategy.models.registry import DEFAULT_MODEL, MODELS, find_model


def test_the_default_model_is_known() -> None:
    assert find_model(DEFAULT_MODEL) is MODELS[DEFAULT_MODEL]


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_every_known_model_is_pinned_and_has_two_sources(model) -> None:
    assert len(model.sha256) == 64
    assert int(model.sha256, 16)
    assert model.hub_url.startswith("https://")
    assert model.hub_url.endswith(model.file_name)
    assert model.parts
    assert all("==" in part.requirement for part in model.parts)


def test_an_unknown_name_is_answered_with_near_matches_and_all_names() -> None:
    with pytest.raises(UnknownModelError, match=r"Did you mean 'qwen2.5-coder-1.5b'.*'smollm2-135m'.*\.gguf"):
        find_model("qwen2.5-coder1.5b")


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(UnknownModelError, match=r"'zzz'\. Known are"):
        find_model("zzz")
