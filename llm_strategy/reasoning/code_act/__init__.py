"""Acting: the model does something, sees what came of it, and goes on until it gives a value."""

from llm_strategy.reasoning.code_act.actions import Action as Action
from llm_strategy.reasoning.code_act.code_act import CodeAct as CodeAct
from llm_strategy.reasoning.code_act.conversation import Taken as Taken
from llm_strategy.reasoning.code_act.wording import Wording as Wording
