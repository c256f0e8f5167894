"""llm-strategy over `ChatOpenAI`, in the form of the other peers: `PACKAGES`, `SETTINGS`, `Peer`."""

from langchain_openai import ChatOpenAI
from task import INSTRUCTION, TEXT, Person

from llm_strategy import llm_strategy

PACKAGES = ["llm-strategy", "langchain-openai", "pydantic"]
SETTINGS = "llm_strategy(ChatOpenAI), method by the model's profile, 3 attempts"


def extract(text: str) -> Person:
    raise NotImplementedError


extract.__doc__ = INSTRUCTION


async def aextract(text: str) -> Person:
    raise NotImplementedError


aextract.__doc__ = INSTRUCTION


class Peer:
    method = None

    def __init__(self, base_url: str):
        model = ChatOpenAI(model="gpt-4o", base_url=base_url, api_key="x")
        self.extract = llm_strategy(model)(extract)
        self.aextract = llm_strategy(model)(aextract)
        if self.method is not None:
            self.extract = self.extract.using(method=self.method)
            self.aextract = self.aextract.using(method=self.method)

    def call(self):
        return self.extract(TEXT)

    async def acall(self):
        return await self.aextract(TEXT)
