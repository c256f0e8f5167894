"""Durable runs: every reply is written to a journal, and fed to the program when it runs again after a crash."""

from llm_strategy.flow.journal.durable import DurableRun as DurableRun
from llm_strategy.flow.journal.durable import durable as durable
from llm_strategy.flow.journal.in_flight import InFlight as InFlight
from llm_strategy.flow.journal.layer import JournalLayer as JournalLayer
from llm_strategy.flow.journal.recordable import Recordable as Recordable
from llm_strategy.flow.journal.store import JournalStore as JournalStore
from llm_strategy.flow.journal.totals import RunTotals as RunTotals
