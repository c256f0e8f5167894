import pytest

from llm_strategy.errors import ConfigurationError
from llm_strategy.sandbox import Limits


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), True, "5"])
def test_a_limit_is_a_number_above_zero(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match="memory_mib"):
        Limits(memory_mib=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["memory_mib", "processes", "disk_mib", "files", "output_kib", "tool_calls"])
@pytest.mark.parametrize("wrong", [0.5, 512.5, 10**15])
def test_all_but_seconds_are_whole_numbers_that_a_machine_may_have(name: str, wrong: float) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}=.* Use a whole number above 0, up to"):
        Limits(**{name: wrong})  # type: ignore[arg-type]


def test_seconds_may_have_a_fraction_and_an_end() -> None:
    assert Limits(seconds=0.5).seconds == 0.5
    with pytest.raises(ConfigurationError, match="seconds=1e"):
        Limits(seconds=1e300)
