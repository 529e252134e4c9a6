"""Mutants that nobody wrote: one mistake of a common kind at one place of the reference.

Each kind is a mistake that people make: a check is forgotten, not called, or turned round; a limit
is off by one; one of two conditions is left out.  A mutant is made in the syntax tree of one
function, so it is named by what stands there and not by a line:

    venice_ref/e2ee/envelope.py _split forgotten len(blob) < MIN_ENVELOPE_SIZE

Messages, annotations and documentation are left alone: a change there is no mistake that a peer
could see.
"""

from __future__ import annotations

import ast
from typing import Any, Callable, Dict, Final, Iterator, List, NamedTuple, Optional, Tuple

__all__ = ["KINDS", "Mutation", "mutations"]

KINDS: Final = {
    "forgotten": "a refusal is forgotten",
    "always": "a refusal does not ask for its condition",
    "uncalled": "a check is not called",
    "inverted": "a condition is turned round",
    "boundary": "a comparison is off by one",
    "either": "and is taken for or, or the reverse",
    "half": "one of several conditions is left out",
    "off-by-one": "a number is one too large",
    "other-text": "a text is another one",
    "no-effect": "an assignment is left out and the value before it stays",
}
"""What each kind is."""

MAX_NAME: Final = 90

_SWAPPED: Final = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip

_Change = Callable[[], None]


class Mutation(NamedTuple):
    """One mistake at one place; `apply` makes it in the tree that it came from."""

    name: str
    lines: range
    """Where the statement stands; of one with a body, its head."""
    apply: _Change
    undo: _Change


def mutations(tree: ast.Module, source: str, file: str) -> Iterator[Mutation]:
    """Yield every mutation of the functions of a module; one has to be undone before the next."""
    rows = [row.encode("utf-8") for row in source.splitlines()]
    seen: Dict[str, int] = {}
    for qualified, function in _functions(tree.body, ""):
        for lines, (kind, nodes, apply, undo) in _of_block(function.body):
            text = " without ".join(_text(rows, node) for node in nodes)
            name = f"{file} {qualified} {kind} {text[:MAX_NAME]}"
            seen[name] = seen.get(name, 0) + 1
            number = f" #{seen[name]}" if seen[name] > 1 else ""
            yield Mutation(name + number, lines, apply, undo)


_Function = Tuple[str, ast.FunctionDef]
_Found = Tuple[str, Tuple[ast.AST, ...], _Change, _Change]


def _text(rows: List[bytes], node: ast.AST) -> str:
    """Return a node as it stands in the source, with single spaces."""
    at: Any = node
    if at.lineno == at.end_lineno:
        found = rows[at.lineno - 1][at.col_offset : at.end_col_offset]
    else:
        first, last = rows[at.lineno - 1], rows[at.end_lineno - 1]
        between = rows[at.lineno : at.end_lineno - 1]
        found = b" ".join([first[at.col_offset :], *between, last[: at.end_col_offset]])
    return " ".join(found.decode("utf-8").split())


def _functions(body: List[ast.stmt], prefix: str) -> Iterator[_Function]:
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{prefix}{node.name}.")


def _of_block(body: List[ast.stmt]) -> Iterator[Tuple[range, _Found]]:
    for at, statement in enumerate(body):
        lines = _head(statement)
        for found in _of_statement(body, at):
            yield lines, found
        for name, value in ast.iter_fields(statement):
            if name in {"body", "orelse", "finalbody"}:
                yield from _of_block(value)
            elif name == "handlers":
                for handler in value:
                    yield from _of_block(handler.body)


def _head(statement: ast.stmt) -> range:
    inner = getattr(statement, "body", None)
    last = inner[0].lineno - 1 if inner else statement.end_lineno or statement.lineno
    return range(statement.lineno, max(last, statement.lineno) + 1)


def _of_statement(body: List[ast.stmt], at: int) -> Iterator[_Found]:
    statement = body[at]
    documented = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    if documented:
        return
    if isinstance(statement, ast.Raise):
        if statement.exc is not None:
            yield _replaced(body, at, "forgotten", statement.exc)
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        yield _replaced(body, at, "uncalled", statement)
    if isinstance(statement, ast.AugAssign):
        yield _replaced(body, at, "no-effect", statement)
    if isinstance(statement, ast.If) and any(isinstance(one, ast.Raise) for one in statement.body):
        for kind, value in (("forgotten", False), ("always", True)):
            yield _set(statement, "test", ast.Constant(value), kind, statement.test)
    for name, value in ast.iter_fields(statement):
        if name in {"value", "test", "iter"} and isinstance(value, ast.expr):
            yield from _of_expression(statement, name, value)


def _of_expression(parent: ast.AST, field: str, node: ast.expr) -> Iterator[_Found]:
    """Yield the mutations of an expression, and of those inside it."""
    if isinstance(node, (ast.Compare, ast.BoolOp)) or field == "test":
        negated = ast.UnaryOp(ast.Not(), node)
        yield _set(parent, field, negated, "inverted", node)
    if isinstance(node, ast.Compare):
        yield from _of_comparison(node)
    if isinstance(node, ast.BoolOp):
        yield from _of_conditions(parent, field, node)
    if isinstance(node, ast.Constant):
        yield from _of_constant(parent, field, node)
    if isinstance(node, (ast.Lambda, ast.JoinedStr)):
        return
    for name, value in ast.iter_fields(node):
        if isinstance(value, ast.expr):
            yield from _of_expression(node, name, value)
        elif isinstance(value, list):
            yield from _of_list(value)


def _of_conditions(parent: ast.AST, field: str, node: ast.BoolOp) -> Iterator[_Found]:
    other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    yield _set(node, "op", other, "either", node)
    for left_out in range(len(node.values)):
        rest = node.values[:left_out] + node.values[left_out + 1 :]
        if len(rest) > 1:
            yield _set(node, "values", rest, "half", node, node.values[left_out])
        else:
            yield _set(parent, field, rest[0], "half", node, node.values[left_out])


def _of_list(values: List[Any]) -> Iterator[_Found]:
    for at, value in enumerate(values):
        if isinstance(value, ast.comprehension):
            for condition in range(len(value.ifs)):
                yield _item(value.ifs, condition, ast.Constant(value=True), "forgotten")
                yield from _of_item(value.ifs, condition)
            yield from _of_expression(value, "iter", value.iter)
        elif isinstance(value, ast.keyword):
            if value.arg not in {"rule", "where", "what"}:
                yield from _of_expression(value, "value", value.value)
        elif isinstance(value, ast.expr):
            yield from _of_item(values, at)


def _of_item(values: List[Any], at: int) -> Iterator[_Found]:
    holder = ast.Expr(value=values[at])

    def through(apply: _Change) -> _Change:
        def change() -> None:
            apply()
            values[at] = holder.value

        return change

    node = holder.value
    for kind, nodes, apply, undo in _of_expression(holder, "value", node):
        yield kind, nodes, through(apply), through(undo)


def _of_comparison(node: ast.Compare) -> Iterator[_Found]:
    for at, operator in enumerate(node.ops):
        other = _SWAPPED[type(operator)]()
        if isinstance(operator, (ast.Lt, ast.LtE, ast.Gt, ast.GtE)):
            yield _item(node.ops, at, other, "boundary", node)
        elif len(node.ops) > 1:
            yield _item(node.ops, at, other, "inverted", node)


def _of_constant(parent: ast.AST, field: str, node: ast.Constant) -> Iterator[_Found]:
    if isinstance(node.value, bool):
        yield _set(parent, field, ast.Constant(not node.value), "inverted", node)
    elif isinstance(node.value, int):
        yield _set(parent, field, ast.Constant(node.value + 1), "off-by-one", node)
    elif isinstance(node.value, str):
        yield _set(parent, field, ast.Constant(node.value + "x"), "other-text", node)
    elif isinstance(node.value, bytes):
        yield _set(parent, field, ast.Constant(node.value + b"x"), "other-text", node)


def _replaced(body: List[ast.stmt], at: int, kind: str, node: ast.AST) -> _Found:
    old = body[at]
    new = ast.copy_location(ast.Pass(), old)

    def apply() -> None:
        body[at] = new

    def undo() -> None:
        body[at] = old

    return kind, (node,), apply, undo


def _set(
    parent: ast.AST, field: str, new: object, kind: str, node: ast.expr, *more: ast.expr
) -> _Found:
    old = getattr(parent, field)

    def apply() -> None:
        setattr(parent, field, new)

    def undo() -> None:
        setattr(parent, field, old)

    return kind, (node, *more), apply, undo


def _item(
    values: List[Any], at: int, new: ast.AST, kind: str, shown: Optional[ast.AST] = None
) -> _Found:
    old = values[at]

    def apply() -> None:
        values[at] = new

    def undo() -> None:
        values[at] = old

    return kind, (shown or old,), apply, undo
