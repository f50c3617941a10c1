"""Whether the order of a set can show in a result: Monty keeps insertion order, CPython the order of hashes.

Reads the syntax tree only, so a set is followed through plain names and nothing else; wherever it could go further,
the answer is yes.
"""

import ast

_BUILDERS = frozenset({"set", "frozenset"})
_MAKING = frozenset({"difference", "intersection", "symmetric_difference", "union"})
_CHANGING = frozenset(
    {"add", "clear", "difference_update", "discard", "intersection_update", "isdisjoint", "issubset", "issuperset",
     "remove", "symmetric_difference_update", "update"}
)  # fmt: skip
_BLIND = frozenset({"bool", "frozenset", "isinstance", "len", "set"})
_ORDERING = frozenset({"max", "min", "sorted"})
_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)


def order_may_show(tree: ast.AST) -> bool:
    """True unless every set of the code is only asked for members, size or sorted contents."""
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None and _makes_set(node.value, set())
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in _BUILDERS and not _is_called(node, parents):
            return True
        if _is_set(node, names) and not _is_harmless(node, parents, names):
            return True
    return False


def _is_called(node: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    parent = parents[node]
    return isinstance(parent, ast.Call) and parent.func is node


def _is_set(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.Name):
        return node.id in names and isinstance(node.ctx, ast.Load)
    return _makes_set(node, names)


def _makes_set(node: ast.AST, names: set[str]) -> bool:
    if isinstance(node, ast.BinOp) and isinstance(node.op, _OPERATORS):
        return any(_is_set(side, names) or _is_view(side) for side in (node.left, node.right))
    if isinstance(node, ast.Call):
        function = node.func
        if isinstance(function, ast.Name):
            return function.id in _BUILDERS
        return isinstance(function, ast.Attribute) and function.attr in _MAKING
    return isinstance(node, ast.Set | ast.SetComp)


def _is_view(node: ast.AST) -> bool:
    """The keys or items of a dict, which combine to sets."""
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ("keys", "items")


def _is_harmless(node: ast.AST, parents: dict[ast.AST, ast.AST], names: set[str]) -> bool:
    parent = parents[node]
    match parent:
        case ast.Compare() | ast.Expr():
            return True
        case ast.If() | ast.While() | ast.IfExp():
            return parent.test is node
        case ast.UnaryOp():
            return isinstance(parent.op, ast.Not)
        case ast.BinOp():
            return _makes_set(parent, names)
        case ast.Assign():
            return all(isinstance(target, ast.Name) and target.id in names for target in parent.targets)
        case ast.AnnAssign() | ast.AugAssign():
            return isinstance(parent.target, ast.Name) and parent.target.id in names
        case ast.comprehension():
            return isinstance(parents[parent], ast.SetComp)
        case ast.Attribute():
            return parent.attr in _CHANGING | _MAKING and _is_called(parent, parents)
        case ast.Call(func=ast.Name(id=name)):
            return name in _BLIND or (name in _ORDERING and not any(word.arg == "key" for word in parent.keywords))
        case ast.Call(func=ast.Attribute(value=owner, attr=method)):
            return method in _CHANGING | _MAKING and _is_set(owner, names)
        case _:
            return False
