"""Conversations with a model: adapters, names, chains, and the flow that asks for one typed value."""

from llm_strategy.chat.ask import Answer as Answer
from llm_strategy.chat.ask import Question as Question
from llm_strategy.chat.ask import ask as ask
from llm_strategy.chat.chain import ChatChain as ChatChain
from llm_strategy.chat.reading import Reader as Reader
from llm_strategy.chat.reading import item_reader_for as item_reader_for
from llm_strategy.chat.reading import reader_for as reader_for
from llm_strategy.chat.resolve import ModelLike as ModelLike
from llm_strategy.chat.resolve import resolve as resolve
from llm_strategy.chat.resolve import use_model as use_model
from llm_strategy.chat.streaming import stream_items as stream_items
from llm_strategy.chat.streaming import stream_partials as stream_partials
from llm_strategy.chat.turns import Turn as Turn
from llm_strategy.chat.turns import read_turn as read_turn
