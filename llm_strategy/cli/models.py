"""`llm-strategy models`: list, fetch and serve the models that run on this machine."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from llm_strategy.models.registry import DEFAULT_MODEL, MODELS, Source, find_model

__all__ = ["app"]

app = typer.Typer(help="List, fetch and serve the models that run on this machine.", no_args_is_help=True)

_Name = Annotated[str, typer.Argument(help="Name of a known model; `list` shows them.")]
_NameOrPath = Annotated[str, typer.Argument(help="Name of a known model, or path of a .gguf file.")]


@app.command("list")
def list_models() -> None:
    """Show the known models and which of them are here."""
    from llm_strategy.models.store import is_present, store_folder

    table = Table("name", "parameters", "size", "licence", "here?", caption=f"in {store_folder()}")
    for model in MODELS.values():
        name = f"{model.name} (default)" if model.name == DEFAULT_MODEL else model.name
        here = "yes" if is_present(model) else "no"
        table.add_row(name, model.parameters, f"{model.size / 1e6:.0f} MB", model.licence, here)
    Console().print(table)


@app.command()
def pull(
    name: _Name = DEFAULT_MODEL,
    source: Annotated[Source | None, typer.Option(help="Only source to try; default: each, in this order.")] = None,
) -> None:
    """Fetch a model's file, verify it, and print its path. Does nothing when it is here."""
    from llm_strategy.models.progress import shown_progress
    from llm_strategy.models.pull import pull as fetch

    model = find_model(name)
    with shown_progress(model.name) as progress:
        path = fetch(model, progress=progress, source=source)
    typer.echo(str(path))


@app.command()
def path(name: _Name = DEFAULT_MODEL) -> None:
    """Print the path of a model's file, after verifying that it is here and whole."""
    from llm_strategy.models.store import locate

    typer.echo(str(locate(find_model(name))))


@app.command()
def serve(  # noqa: PLR0913  one option a setting
    name: _NameOrPath = DEFAULT_MODEL,
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8080,
    api_key: Annotated[str, typer.Option(envvar="LLM_STRATEGY_API_KEY", help="Key; default: a random one.")] = "",
    threads: Annotated[int, typer.Option(min=0, help="Threads; 0 takes the processors of this process.")] = 0,
    ctx: Annotated[int, typer.Option(min=64, help="Tokens of one conversation.")] = 8192,
    parallel: Annotated[int, typer.Option(min=1, help="Requests worked on at once.")] = 2,
) -> None:
    """Serve a model in the form of OpenAI's API until Ctrl-C."""
    from llm_strategy.models.serve import serve, serving

    with serving(
        name, host=host, port=port, api_key=api_key or None, n_threads=threads or None, n_ctx=ctx, n_parallel=parallel
    ) as server:
        serve(server, typer.echo)
