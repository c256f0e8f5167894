import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.optimize.proposers.llm_settings import LLMProposerSettings


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ConfigurationError, match="reflections=-1"):
        LLMProposerSettings(reflections=-1)
    with pytest.raises(ConfigurationError, match="kept_hypotheses=30"):
        LLMProposerSettings(kept_hypotheses=30)
    with pytest.raises(ConfigurationError, match="mode='loud'"):
        LLMProposerSettings(mode="loud")
