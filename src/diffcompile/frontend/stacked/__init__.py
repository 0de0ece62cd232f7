"""Write functions that call themselves, or each other, as one loop with a stack of its own.

    def double(node):                    def double(node):
        node.value *= 2.0                    root, frame = Frame(), Frame()
        for part in node.parts:              frame.piece, frame.node = 0, node
            double(part)                     frames = [root, frame]
                                             while len(frames) > 1:
                                                 frame = frames[-1]
                                                 if frame.piece == 0:
                                                     node = frame.node
                                                     node.value *= 2.0
                                                     frame.items, frame.number = node.parts, 0
                                                     frame.piece = 1
                                                 else:
                                                     items, number = frame.items, frame.number
                                                     if number < len(items):
                                                         part = items[number]
                                                         frame.number, frame.piece = number + 1, 1
                                                         call = Frame()
                                                         call.piece, call.node = 0, part
                                                         frames.append(call)
                                                     else:
                                                         frames.pop()

What holds of loops over objects then holds of the recursion: all that it changes is memory of one function. A variable
that is needed behind a call is an attribute of its frame, from the end of one piece to the start of the next.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace

import gast

from diffcompile.frontend.matching import remove_matches
from diffcompile.frontend.nodes import nodes_under
from diffcompile.frontend.source import Source
from diffcompile.frontend.stacked.pieces import Member, NotStackedError, Pieces, Site, place_of
from diffcompile.frontend.stacked.writing import Writer

__all__ = ["Member", "NotStackedError", "Site", "place_of", "stacked"]

_FOREIGN = (
    gast.AsyncFunctionDef, gast.ClassDef, gast.Yield, gast.YieldFrom, gast.Await, gast.NamedExpr,
)  # fmt: skip


def stacked(members: Sequence[Member]) -> Source:
    """Return the first of some functions, written such that none of them is called.

    Raises:
        NotStackedError: one of them has a form for which this is not done.
    """
    first = members[0].source
    nodes = [copy.deepcopy(member.source.node) for member in members]
    taken: set[str] = set()
    for node in nodes:
        if not isinstance(node, gast.FunctionDef) or node.args.vararg or node.args.kwarg:
            raise NotStackedError
        for part in nodes_under(node):
            if isinstance(part, _FOREIGN) or (isinstance(part, gast.FunctionDef) and part is not node):
                raise NotStackedError
            if isinstance(part, gast.Name):
                taken.add(part.id)
                if part.id in ("super", "locals", "vars"):
                    raise NotStackedError
    writer = Writer(taken, len(members))
    builders = []
    for number, (member, node) in enumerate(zip(members, nodes, strict=True)):
        node.body = remove_matches(node.body)
        subjects: dict[str, str] = {}
        for part in nodes_under(node):
            if isinstance(part, gast.Name) and part.id.startswith("$subject"):
                if part.id not in subjects:
                    subjects[part.id] = writer.fresh("subject")
                part.id = subjects[part.id]
        builders.append(Pieces(number, member, node, members, writer))
    for number, builder in enumerate(builders):
        if number and builder.foreign & builders[0].locals:
            raise NotStackedError
        builder.rename()
    writer.returning = {number for number, builder in enumerate(builders) if builder.returns}
    for builder in builders:
        builder.build()
    body = writer.text(nodes[0], members[0].parameters)
    node = nodes[0]
    node.body = [*(part for part in writer.declared), *body]
    return replace(first, node=node, cache={})
