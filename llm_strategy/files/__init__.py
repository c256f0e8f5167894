"""Files below a folder, by paths that nobody trusts: every one is checked, and no link is followed."""

from llm_strategy.files.folder import Folder as Folder
from llm_strategy.files.foreign import foreign_folder as foreign_folder
from llm_strategy.files.held import HeldFile as HeldFile
from llm_strategy.files.paths import checked_path as checked_path
