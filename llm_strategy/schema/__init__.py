"""Types as a model sees them: schemas of what it is to write, data of what it is given, and the way back."""

from llm_strategy.schema.adapters import RegisteredType as RegisteredType
from llm_strategy.schema.adapters import register_type as register_type
from llm_strategy.schema.compact import compact_schema as compact_schema
from llm_strategy.schema.fenced import Code as Code
from llm_strategy.schema.fenced import Fence as Fence
from llm_strategy.schema.fenced import FencedText as FencedText
from llm_strategy.schema.fenced import Markdown as Markdown
from llm_strategy.schema.fenced import PythonCode as PythonCode
from llm_strategy.schema.fenced import fence_of as fence_of
from llm_strategy.schema.generics import bind_arguments as bind_arguments
from llm_strategy.schema.generics import bind_type_variables as bind_type_variables
from llm_strategy.schema.generics import close_type_variables as close_type_variables
from llm_strategy.schema.generics import free_type_variables as free_type_variables
from llm_strategy.schema.generics import substitute as substitute
from llm_strategy.schema.output import RETURN_KEY as RETURN_KEY
from llm_strategy.schema.output import OutputSchema as OutputSchema
from llm_strategy.schema.output import output_schema as output_schema
from llm_strategy.schema.shapes import drop_absent as drop_absent
from llm_strategy.schema.strict import StrictSchemaImpossible as StrictSchemaImpossible
from llm_strategy.schema.strict import strict_schema as strict_schema
from llm_strategy.schema.taint import distrust as distrust
from llm_strategy.schema.taint import is_untrusted as is_untrusted
from llm_strategy.schema.taint import trust as trust
from llm_strategy.schema.type_names import type_name as type_name
from llm_strategy.schema.untrusted import Untrusted as Untrusted
from llm_strategy.schema.values import to_jsonable as to_jsonable
