"""Names of functions, and the functions that are meant by them."""

import gc
import threading

import pytest

from llm_strategy.errors import HyperparameterError
from llm_strategy.hyperparameters import Hyperparameters, track_hyperparameters
from llm_strategy.hyperparameters.registry import registered, registered_names


def make(default=1):
    @track_hyperparameters
    def made(*, _x: int = default):
        return _x

    return made


def test_a_function_that_is_defined_after_a_scope_works_in_it():
    with Hyperparameters({make(): {"x": 2}}) as scope:
        later = make()
        assert later() == 2

        @track_hyperparameters
        def another(*, _y: int = 3):
            return _y

        assert another() == 3
    assert scope[another].y == 3


def test_functions_do_not_stay_alive():
    function = make()
    name = function.config_name
    scope = Hyperparameters({function: {"x": 2}})
    assert registered(name) is function

    del function
    gc.collect()

    assert registered(name) is None
    assert name not in registered_names()
    assert scope[name].x == 2
    with pytest.raises(HyperparameterError, match="No tracked function"):
        Hyperparameters.model_validate_json(scope.model_dump_json())


def test_the_newest_function_of_a_name_that_is_alive_is_meant():
    older, newer = make(1), make(2)

    assert registered(older.config_name) is newer
    del newer
    gc.collect()
    assert registered(older.config_name) is older


def test_functions_may_be_defined_in_many_threads():
    made, started = [], threading.Barrier(8)

    def define(number):
        started.wait()
        for _ in range(50):
            made.append(make(number))
            assert made[0].config_name in registered_names()

    threads = [threading.Thread(target=define, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 400
    assert registered(made[0].config_name) in made
