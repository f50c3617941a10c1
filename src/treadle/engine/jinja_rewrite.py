"""Puts a counter around whatever a compiled template would do without asking its environment."""

from typing import Final, cast

from jinja2 import TemplateSyntaxError, nodes

# Names of filters that no template can spell.
COUNTED: Final = "counted items"
JOINED: Final = "joined pieces"
MADE: Final = "made value"

_REPEATED = (nodes.For, nodes.Macro, nodes.CallBlock, nodes.Block)
_LOADING = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


def rewrite(tree: nodes.Template) -> nodes.Template:
    """`tree`, changed in place: loops go through COUNTED, concatenations through JOINED, new containers through MADE.

    Literal text that can be repeated becomes a value, so that it is looked at like any output. Raises
    TemplateSyntaxError where another template is asked for.
    """
    _rewrite(tree, repeated=False)
    return tree


def _rewrite(node: nodes.Node, *, repeated: bool) -> nodes.Node:
    repeated = repeated or isinstance(node, _REPEATED)
    for name, value in node.iter_fields():
        if isinstance(value, list):
            items = cast("list[object]", value)
            items[:] = [_rewrite(item, repeated=repeated) if isinstance(item, nodes.Node) else item for item in items]
        elif isinstance(value, nodes.Node):
            setattr(node, name, _rewrite(value, repeated=repeated))
    return _replaced(node, repeated=repeated)


def _replaced(node: nodes.Node, *, repeated: bool) -> nodes.Node:
    match node:
        case nodes.For(iter=nodes.Expr() as values):
            node.iter = _through(values, COUNTED)
        case nodes.Concat():
            return _through(nodes.List(node.nodes, lineno=node.lineno), JOINED)
        case nodes.List() | nodes.Dict() | nodes.Tuple(ctx="load") | nodes.Getitem(arg=nodes.Slice()):
            return _through(node, MADE)
        case nodes.TemplateData() if repeated:
            return nodes.Const(node.data, lineno=node.lineno)
        case _ if isinstance(node, _LOADING):
            raise TemplateSyntaxError("a template here cannot load other templates", node.lineno)
        case _:
            pass
    return node


def _through(node: nodes.Expr, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
