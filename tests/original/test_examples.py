"""The examples of the first library's readme run after changing the model and what pydantic has retired."""

from dataclasses import dataclass
from typing import Generic, TypeVar

import pytest
from pydantic import BaseModel, Field

from llm_strategy import llm_explicit_function, llm_strategy
from llm_strategy.testing import ScriptedModel

P = TypeVar("P")
R = TypeVar("R")
H = TypeVar("H")


class TaskRun(BaseModel, Generic[P, R, H]):
    """
    The task run. This is the 'data' we use to optimize the hyperparameters.
    """

    task_parameters: P = Field(..., description="The task parameters.")
    hyperparameters: H = Field(..., description="The hyperparameters used for the task. We optimize these.")
    all_chat_chains: dict = Field(..., description="The chat chains from the task execution.")
    return_value: R | None = Field(..., description="The results of the task. (None for exceptions/failure.)")
    exception: list[str] | str | None = Field(..., description="Exception that occurred during the task execution.")


class TaskReflection(BaseModel):
    """The reflections on the task."""

    feedback: str = Field(..., description="What could be improved in the results?")
    evaluation: str = Field(..., description="The evaluation of the outputs given the task.")


class TaskInfo(BaseModel, Generic[P, R, H]):
    """The task run and the reflection on the experiment."""

    task_parameters: P = Field(..., description="The task parameters.")
    hyperparameters: H = Field(..., description="The hyperparameters used for the task. We optimize these.")
    reflection: TaskReflection = Field(..., description="The reflection on the task.")


class OptimizationInfo(BaseModel, Generic[P, R, H]):
    """The data we use to optimize the hyperparameters."""

    older_task_summary: str | None = Field(None, description="A summary of previous experiments.")
    task_infos: list[TaskInfo[P, R, H]] = Field(..., description="The most recent tasks we have run.")
    best_hyperparameters: H = Field(..., description="The best hyperparameters we have found so far.")


class OptimizationStep(BaseModel, Generic[P, R, H]):
    """The next optimization steps."""

    best_hyperparameters: H = Field(..., description="The best hyperparameters we have found so far.")
    suggestion: str = Field(..., description="The suggestions for the next experiments.")
    task_parameters_suggestions: list[P] = Field(..., description="What to try next.", min_length=1, max_length=4)
    hyperparameter_suggestions: list[H] = Field(..., description="What to try next.", min_length=1, max_length=2)


class ImprovementProbability(BaseModel):
    considerations: list[str] = Field(..., description="The considerations for potential improvements.")
    probability: float = Field(..., description="The probability of improvement.")


class LLMOptimizer:
    @llm_explicit_function
    @staticmethod
    def reflect_on_task_run(language_model, task_run: TaskRun[P, R, H]) -> TaskReflection:
        """
        Reflect on the results given the task parameters and hyperparameters.
        """
        raise NotImplementedError

    @llm_explicit_function
    @staticmethod
    def summarize_optimization_info(language_model, optimization_info: OptimizationInfo[P, R, H]) -> str:
        """
        Summarize the optimization info.
        """
        raise NotImplementedError

    @llm_explicit_function
    @staticmethod
    def suggest_next_optimization_step(
        language_model,
        optimization_info: OptimizationInfo[P, R, H],
    ) -> OptimizationStep[P, R, H]:
        """
        Suggest the next optimization step.
        """
        raise NotImplementedError

    @llm_explicit_function
    @staticmethod
    def probability_for_improvement(
        language_model,
        optimization_info: OptimizationInfo[P, R, H],
    ) -> ImprovementProbability:
        """
        Return the probability for improvement (between 0 and 1).
        """
        raise NotImplementedError


class Topic(BaseModel):
    topic: str


class Essay(BaseModel):
    text: str


class Style(BaseModel):
    temperature: float = 0.5


REFLECTION = TaskReflection(feedback="Good.", evaluation="Fine.")
RUN = TaskRun[Topic, Essay, Style](
    task_parameters=Topic(topic="tea"),
    hyperparameters=Style(),
    all_chat_chains={},
    return_value=Essay(text="Tea is good."),
    exception=None,
)
INFO = OptimizationInfo[Topic, Essay, Style](
    task_infos=[TaskInfo(task_parameters=Topic(topic="tea"), hyperparameters=Style(), reflection=REFLECTION)],
    best_hyperparameters=Style(),
)


def test_the_fields_of_a_run_are_shown_with_their_descriptions():
    messages = LLMOptimizer.reflect_on_task_run.prompt(RUN)
    assert "task_run: TaskRun[Topic, Essay, Style]" in messages[0].content
    assert "- task_parameters: The task parameters." in messages[0].content
    assert messages[-1].content == (
        'task_parameters: {"topic": "tea"}\nhyperparameters: {"temperature": 0.5}\nall_chat_chains: {}\n'
        'return_value: {"text": "Tea is good."}\nexception: null'
    )


def test_the_optimizer_takes_a_step():
    model = ScriptedModel(
        [
            REFLECTION.model_dump_json(),
            "Nothing yet.",
            (
                '{"best_hyperparameters": {"temperature": 0.1}, "suggestion": "Less.", '
                '"task_parameters_suggestions": [{"topic": "coffee"}], "hyperparameter_suggestions": []}'
            ),
            (
                '{"best_hyperparameters": {"temperature": 0.1}, "suggestion": "Less.", '
                '"task_parameters_suggestions": [{"topic": "coffee"}], "hyperparameter_suggestions": [{"temperature": 0.2}]}'
            ),
            '{"considerations": ["none"], "probability": 0.25}',
        ]
    )
    assert LLMOptimizer.reflect_on_task_run(model, RUN) == REFLECTION
    assert LLMOptimizer.summarize_optimization_info(model, INFO) == "Nothing yet."
    step = LLMOptimizer.suggest_next_optimization_step(model, INFO)
    assert type(step) is OptimizationStep[Topic, Essay, Style]
    assert step.task_parameters_suggestions == [Topic(topic="coffee")]
    assert step.hyperparameter_suggestions == [Style(temperature=0.2)]
    assert LLMOptimizer().probability_for_improvement(model, INFO).probability == 0.25


@pytest.mark.parametrize("run", [TaskRun(**dict(RUN)), RUN], ids=["bare", "parametrised"])
def test_types_are_found_with_and_without_parameters(run):
    assert "TaskRun[Topic, Essay, Style]" in LLMOptimizer.reflect_on_task_run.prompt(run)[0].content


AGES = ScriptedModel(["36"])
CUSTOMERS = ScriptedModel(
    [
        (
            '{"return_value": [{"key": "1", "first_name": "Amina", "last_name": "Khan", "birthdate": "1990-07-12", '
            '"address": "Lahore"}]}'
        ),
        '{"return_value": ["1"]}',
    ]
)


@llm_strategy(AGES)
@dataclass
class Customer:
    key: str
    first_name: str
    last_name: str
    birthdate: str
    address: str

    @property
    def age(self) -> int:
        """Return the current age of the customer.

        This is a computed property based on `birthdate` and the current year (2022).
        """
        raise NotImplementedError


@dataclass
class CustomerDatabase:
    customers: list[Customer]

    def find_customer_key(self, query: str) -> list[str]:
        """Find the keys of the customers that match a natural language query best (sorted by closeness to the match).

        Args:
            query: Natural language query

        Returns:
            The index of the best matching customer in the database.
        """
        raise NotImplementedError

    def load(self):
        """Load the customer database from a file."""
        raise NotImplementedError

    def store(self):
        """Store the customer database to a file."""
        raise NotImplementedError


@llm_strategy(CUSTOMERS)
@dataclass
class MockCustomerDatabase(CustomerDatabase):
    def load(self):
        self.customers = self.create_mock_customers(10)

    def store(self):
        pass

    @staticmethod
    def create_mock_customers(num_customers: int = 1) -> list[Customer]:
        """
        Create mock customers with believable data (our customers are world citizens).
        """
        raise NotImplementedError


def test_the_customer_database_runs():
    database = MockCustomerDatabase([])
    database.load()
    database.store()
    assert database.find_customer_key("the customer from Lahore") == ["1"]
    (customer,) = database.customers
    assert isinstance(customer, Customer)
    assert customer.age == 36
