"""Runs Rasa's graph as the list of steps it is.

Stock Rasa hands its graph to dask at every prediction, several times a turn: dask orders it anew, keeps a pool of workers of one, and
before that the whole input is written out for a debug line nobody reads. Here the order is worked out once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

from bot.engine.replacing import replace_once

if TYPE_CHECKING:
    from rasa.engine.graph import GraphSchema

Steps = list[tuple[str, tuple[str, ...]]]


def install() -> None:
    """Replace how a loaded model runs."""
    from rasa.engine.runner.dask import DaskGraphRunner

    replace_once(DaskGraphRunner, "run", _plainly)


def _plainly(_stock: Any) -> Any:
    from rasa.engine.exceptions import GraphRunError

    def run(self: Any, inputs: Optional[dict[str, Any]] = None, targets: Optional[list[str]] = None) -> dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        known = self.__dict__.setdefault("_facilitator_steps", {})
        if wanted not in known:
            known[wanted] = steps_to(self._graph_schema, wanted)
        # what a node is given: the name of another and what that one made
        made: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        try:
            for name, needs in known[wanted]:
                made[name] = self._instantiated_nodes[name](*(made.get(need, need) for need in needs))
        except RuntimeError as error:
            raise GraphRunError("Error running runner.") from error
        return dict(made[name] for name in wanted)

    return run


def steps_to(schema: GraphSchema, targets: tuple[str, ...]) -> Steps:
    """The nodes that `targets` need, each after those it needs itself, with what each is given."""
    nodes = schema.minimal_graph_schema(list(targets)).nodes
    steps: dict[str, tuple[str, ...]] = {}

    def add(name: str) -> None:
        if name in nodes and name not in steps:
            needs = tuple(nodes[name].needs.values())
            for need in needs:
                add(need)
            steps[name] = needs

    for target in targets:
        add(target)
    return list(steps.items())
