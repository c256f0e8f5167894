"""What the game has to do: only what the task says. The window is opened by SDL's driver for no screen."""

import os

import pytest
from snake import Game


def ahead(game, x, y):
    head = game.snake[0]
    return (head[0] + x, head[1] + y)


def fed(game, cells):
    """Let the snake, which moves right, eat in each of the next steps."""
    for _ in range(cells):
        game.food = ahead(game, 1, 0)
        game.step()
    game.food = (0, 0)


def test_a_game_begins_in_the_middle():
    game = Game(20, 10)
    assert len(game.snake) == 3
    (x, y), second, third = (tuple(cell) for cell in game.snake)
    assert (second, third) == ((x - 1, y), (x - 2, y))
    assert 7 <= x <= 13
    assert 4 <= y <= 6
    assert (game.score, game.is_over) == (0, False)


@pytest.mark.parametrize("seed", range(20))
def test_food_lies_on_a_free_cell(seed):
    game = Game(6, 4, seed=seed)
    x, y = game.food
    assert 0 <= x < 6
    assert 0 <= y < 4
    assert (x, y) not in [tuple(cell) for cell in game.snake]


def test_a_step_moves_the_snake_right():
    game = Game(20, 10)
    game.food = (0, 0)
    head, body = ahead(game, 1, 0), [tuple(cell) for cell in game.snake[:2]]
    game.step()
    assert [tuple(cell) for cell in game.snake] == [head, *body]


@pytest.mark.parametrize(("direction", "x", "y"), [("up", 0, -1), ("down", 0, 1)])
def test_the_snake_turns(direction, x, y):
    game = Game(20, 10)
    game.food = (0, 0)
    head = ahead(game, x, y)
    game.turn(direction)
    game.step()
    assert tuple(game.snake[0]) == head


def test_it_turns_left_after_up():
    game = Game(20, 10)
    game.food = (0, 0)
    head = ahead(game, -1, -1)
    for direction in ("up", "left"):
        game.turn(direction)
        game.step()
    assert tuple(game.snake[0]) == head


def test_turning_back_is_ignored():
    game = Game(20, 10)
    game.food = (0, 0)
    head = ahead(game, 1, 0)
    game.turn("left")
    game.step()
    assert tuple(game.snake[0]) == head
    assert not game.is_over


def test_eating_makes_it_longer():
    game = Game(20, 10)
    game.food = ahead(game, 1, 0)
    eaten = game.food
    game.step()
    assert (len(game.snake), game.score) == (4, 1)
    assert tuple(game.food) != eaten
    assert tuple(game.food) not in [tuple(cell) for cell in game.snake]


@pytest.mark.parametrize("direction", ["right", "up", "down"])
def test_a_wall_ends_the_game(direction):
    game = Game(12, 8)
    game.turn(direction)
    for _ in range(13):
        if not game.is_over:
            game.food = (0, 0)
            game.step()
    assert game.is_over


def test_running_into_itself_ends_the_game():
    game = Game(30, 20)
    fed(game, 4)
    for direction in ("up", "left", "down"):
        assert not game.is_over
        game.turn(direction)
        game.step()
    assert game.is_over


@pytest.fixture
def pygame(monkeypatch):
    """Let pygame draw nowhere; these tests are skipped where it is not installed."""
    monkeypatch.setitem(os.environ, "SDL_VIDEODRIVER", "dummy")
    monkeypatch.setitem(os.environ, "SDL_AUDIODRIVER", "dummy")
    return pytest.importorskip("pygame")


def test_the_window_draws_frames_and_gives_the_game_back(pygame):
    from main import run

    assert isinstance(run(frames=3), Game)


def test_the_window_can_be_closed(pygame, monkeypatch):
    from main import run

    opened = pygame.display.set_mode

    def closed_at_once(*given, **named):
        window = opened(*given, **named)
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        return window

    monkeypatch.setattr(pygame.display, "set_mode", closed_at_once)
    assert isinstance(run(), Game)
