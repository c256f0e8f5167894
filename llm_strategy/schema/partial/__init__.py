"""Values that are not finished yet: their types, and how they are read from JSON that is being written."""

from llm_strategy.schema.partial.building import MISSING as MISSING
from llm_strategy.schema.partial.building import Building as Building
from llm_strategy.schema.partial.building import Node as Node
from llm_strategy.schema.partial.growth import Growth as Growth
from llm_strategy.schema.partial.growth import Partial as Partial
from llm_strategy.schema.partial.growth import Whole as Whole
from llm_strategy.schema.partial.growth import growth as growth
from llm_strategy.schema.partial.nodes import node_of as node_of
from llm_strategy.schema.partial.objects import EnvelopeNode as EnvelopeNode
