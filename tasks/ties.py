"""Things in sets that ties between them make: union by path halving (Tarjan and van Leeuwen, 1984)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)
Item = TypeVar("Item")


class Ties(Generic[Node]):
    """Nodes, of which any that are tied, however far around, are in one set; one that nothing ties is alone."""

    def __init__(self) -> None:
        self._parents: dict[Node, Node] = {}

    def __contains__(self, node: Node) -> bool:
        """Whether *node* was tied, or asked for."""
        return node in self._parents

    def root(self, node: Node) -> Node:
        """The node that stands for all of the set that *node* is in."""
        parents = self._parents
        while parents.setdefault(node, node) != node:
            parents[node] = node = parents[parents[node]]
        return node

    def tie(self, one: Node, other: Node) -> None:
        """Put *one* and *other*, and all that they are tied to, into one set."""
        self._parents[self.root(one)] = self.root(other)

    def sets(self, items: Iterable[tuple[Node, Item]]) -> Iterator[list[Item]]:
        """*items*, each with its node, in the sets of their nodes: in the order of the first of each."""
        found: dict[Node, list[Item]] = {}
        for node, item in items:
            found.setdefault(self.root(node), []).append(item)
        yield from found.values()
