"""What the game has to do: only what the task says. The game in the terminal is only seen to be there."""

from pathlib import Path

import pytest
from cards import hand_value, new_deck
from game import Game


def test_a_deck_has_52_cards_and_none_twice():
    deck = new_deck(1)
    assert len(deck) == len(set(deck)) == 52
    assert {card[-1] for card in deck} == set("SHDC")
    assert {card[:-1] for card in deck} == {"A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K"}


def test_a_seed_gives_the_same_deck_again_and_another_seed_another_one():
    assert new_deck(1) == new_deck(1)
    assert new_deck(1) != new_deck(2)


@pytest.mark.parametrize(
    ("cards", "value"),
    [
        (["2S", "3H"], 5),
        (["10S", "KH"], 20),
        (["JS", "QH", "KD"], 30),
        (["AS", "KH"], 21),
        (["AS", "9H", "5D"], 15),
        (["AS", "AH"], 12),
        (["AS", "AH", "AD", "KC"], 13),
    ],
)
def test_a_hand_is_counted(cards, value):
    assert hand_value(cards) == value


def test_two_cards_are_dealt_to_each():
    game = Game(["2S", "3S", "4S", "5S", "6S"])
    assert (game.player, game.dealer) == (["2S", "3S"], ["4S", "5S"])
    assert game.result() == ""


def test_a_hit_gives_the_player_the_next_card():
    game = Game(["2S", "3S", "4S", "5S", "6S", "7S"])
    game.hit()
    assert game.player == ["2S", "3S", "6S"]
    assert game.result() == ""


def test_a_player_over_21_has_lost():
    game = Game(["KS", "QS", "4S", "5S", "6S", "7S"])
    game.hit()
    assert game.result() == "dealer"


def test_a_dealer_takes_cards_below_17():
    game = Game(["KS", "9S", "KH", "2H", "4H", "AH", "KD", "QD"])
    game.stand()
    assert game.dealer == ["KH", "2H", "4H", "AH"]
    assert game.result() == "player"


def test_a_dealer_over_21_has_lost():
    game = Game(["2S", "3S", "KH", "6H", "QH", "7H"])
    game.stand()
    assert game.dealer == ["KH", "6H", "QH"]
    assert game.result() == "player"


def test_the_higher_hand_wins():
    game = Game(["KS", "8S", "KH", "9H", "2D"])
    game.stand()
    assert game.dealer == ["KH", "9H"]
    assert game.result() == "dealer"


def test_equal_hands_are_a_draw():
    game = Game(["KS", "8S", "KH", "8H", "2D"])
    game.stand()
    assert game.result() == "draw"


def test_there_is_a_game_for_the_terminal():
    assert (Path(__file__).parents[1] / "blackjack.py").is_file()
