import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.sandbox import Limits


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), True, "5"])
def test_a_limit_is_a_number_above_zero(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="memory_mib"):
        Limits(memory_mib=wrong)  # type: ignore[arg-type]
