"""Changes to texts as a model writes them: whole files, search and replace, unified diffs."""

from llm_strategy.errors import EditError as EditError
from llm_strategy.planner.editing.edits import Delete as Delete
from llm_strategy.planner.editing.edits import Edit as Edit
from llm_strategy.planner.editing.edits import Patch as Patch
from llm_strategy.planner.editing.edits import Replace as Replace
from llm_strategy.planner.editing.edits import Write as Write
from llm_strategy.planner.editing.edits import edited as edited
