"""One run as it is sent to whoever carries it out."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from llm_strategy.hyperparameters import Hyperparameters
from llm_strategy.hyperparameters.registry import registered

if TYPE_CHECKING:
    from llm_strategy.optimize.search.orders import Order

__all__ = ["Work"]


@dataclass(frozen=True, slots=True)
class Work:
    """All that one run needs besides the task and its metric.

    Scopes hold classes that were made while the program ran: they are sent as JSON, with the modules that define the
    functions which they name.
    """

    order: Order
    """What is wanted."""
    case: Any
    """The item of the data."""
    parameters: Any
    """What the task is called with."""
    scope: Hyperparameters
    """The values of the candidate. It is copied, never entered: one scope collects for one thread."""
    reference: Any = None
    """What the seed gave at this case, for judges that compare."""
    chooses: bool = False
    """Whether the candidate may have chosen another model than the seed's: it is judged by one that cannot be asked."""

    def __reduce__(self) -> tuple[Any, ...]:
        names = {str(getattr(registered(name), "__module__", "")) for name in self.scope.root}
        modules = tuple(sorted(names - {"", "__main__"}))
        text = self.scope.model_dump_json()
        return _received, (self.order, (self.case, self.parameters, self.reference, self.chooses), text, modules)


def _received(order: Order, given: tuple[Any, Any, Any, bool], text: str, modules: tuple[str, ...]) -> Work:
    for module in modules:
        import_module(module)
    case, parameters, reference, chooses = given
    return Work(order, case, parameters, Hyperparameters.model_validate_json(text), reference, chooses)
