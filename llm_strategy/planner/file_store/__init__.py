"""The files of a workspace: changed as a whole or not at all, with every version kept."""

from llm_strategy.errors import EditsRefusedError as EditsRefusedError
from llm_strategy.planner.file_store.changes import Change as Change
from llm_strategy.planner.file_store.changes import Version as Version
from llm_strategy.planner.file_store.search import Hit as Hit
from llm_strategy.planner.file_store.store import Applied as Applied
from llm_strategy.planner.file_store.store import FileStore as FileStore
