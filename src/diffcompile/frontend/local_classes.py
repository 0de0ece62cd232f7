"""Classes that are defined in a function: made as they stand, by a function of what they see.

    def f(x, dt):                         def f(dt, $1):
        class Body(Base):                     class Body($1):
            rate = 2.0 * x                        rate = $2
            def step(self, v):                    def step(self, v):
                return v + dt                         return v + dt
                                              return Body

Where the value of an operand is only known when the program runs, the class is made of a :class:`Slot` instead; who
specialises a method that sees one looks up what it stands for.
"""

from __future__ import annotations
import __future__

import ast
import copy
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gast

from diffcompile.errors import UnsupportedError
from diffcompile.frontend.cells import shared_in
from diffcompile.frontend.lower.names import seen_by_method
from diffcompile.frontend.source import Scope, Source, class_definition

MAKING = frozenset({"abc", "attr", "attrs", "contextlib", "dataclasses", "enum", "functools", "typing"})
"""Modules whose functions are called to make a class: ``dataclass``, ``field``, ``auto``, ``cached_property``."""
_CALCULATING = {"partial", "reduce", "cmp_to_key"}


class Slot:
    """Stands, in a class that was made when the code is compiled, for a value that exists when it runs."""

    def __init__(self, name: str) -> None:
        self.name = name

    def refuse(self, *args: Any) -> Any:
        """Whatever is done with the value while the class is made, or by code that is not compiled."""
        raise UnsupportedError(
            f"{self.name}, which a class in a function sees, is used where it is not known",
            why="the class is made when the code is compiled",
            advice="define the class at module level",
        )

    __hash__ = object.__hash__
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __len__ = __iter__ = __contains__ = refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = refuse
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = refuse
    __neg__ = __pos__ = __abs__ = __float__ = __int__ = __complex__ = __index__ = __array__ = refuse
    __getitem__ = __setitem__ = __delitem__ = __str__ = __repr__ = __format__ = refuse


@dataclass(frozen=True, slots=True, eq=False)
class LocalClass:
    """The statement of a class in a function; called with the values of its operands it makes the class."""

    name: str
    around: str
    """The function around it."""
    tree: ast.ClassDef
    operands: tuple[str, ...]
    """What the operands are called: variables that methods see, then expressions."""
    shared: int
    """How many of them are variables that methods see."""
    roles: dict[str, str]
    """Of expressions: ``base``, ``metaclass``, ``decorator``, ``callee``, ``option``, ``default`` or ``attribute``."""
    path: str
    globals: dict[str, Any]
    through: frozenset[str]
    """Variables of which the operand is the object that holds them."""
    code: list[Any] = field(default_factory=list)

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, *values: Any) -> type:
        """Make the class as the program does."""
        if not self.through:
            return self.made(values)
        names = tuple(_holder(name) if name in self.through else name for name in self.operands)
        return replace(self, tree=_shared_tree(self.tree, self.through), operands=names, code=[]).made(values)

    def made(self, values: Sequence[Any]) -> type:
        """Make the class of values, or of slots for them."""
        if not self.code:
            arguments = ast.arguments([], [ast.arg(name) for name in self.operands], None, [], [], None, [])
            body = [self.tree, ast.Return(ast.Name(self.tree.name, ast.Load()))]
            maker = ast.FunctionDef(self.around, arguments, body, [], None)
            if sys.version_info >= (3, 12):
                maker.type_params = []
            ast.copy_location(maker, self.tree)
            module = ast.fix_missing_locations(ast.Module([maker], []))
            flags = __future__.annotations.compiler_flag
            self.code.append(compile(module, self.path, "exec", flags, dont_inherit=True))
        found: dict[str, Any] = {}
        exec(self.code[0], self.globals, found)
        made: type = found[self.around](*values)
        return made


def _holder(name: str) -> str:
    """Return what the object is called whose attribute a variable is."""
    return f"$cells_{name}"


def _shared_tree(tree: ast.ClassDef, through: frozenset[str]) -> ast.ClassDef:
    """Return a class whose methods see variables as attributes of objects."""
    return _Shared({name: _holder(name) for name in through}).visit(copy.deepcopy(tree))  # type: ignore[no-any-return]


class _Shared(ast.NodeTransformer):
    """Rewrites the methods of a class."""

    def __init__(self, shared: dict[str, str]) -> None:
        self.shared = shared

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return ast.fix_missing_locations(gast.gast_to_ast(shared_in(gast.ast_to_gast(node), self.shared)))

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return ast.fix_missing_locations(gast.gast_to_ast(shared_in(gast.ast_to_gast(node), self.shared)))


@dataclass(slots=True)
class Parts:
    """What becomes of the statement of a class: a maker without operands, and the expressions for these."""

    maker: LocalClass
    seen: tuple[str, ...]
    """The variables of the function around that the methods see."""
    expressions: list[Any]
    decorators: list[Any]
    """Decorators of the program's own, the outermost first."""


def taken_apart(source: Source, node: Any, own: set[str], through: frozenset[str]) -> Parts:
    """Return the statement of a class as a maker and its operands; ``own`` are the variables of the functions around.

    Those in ``through`` are attributes of objects.

    Raises:
        UnsupportedError: the statement holds something else than methods and attributes.
    """
    found = class_definition(source, node)
    if found is None:
        raise UnsupportedError("the text of this class is not to be had", span=source.span(node))
    return _Reader(source, found, own).parts(through)


class _Reader:
    """Reads the statement of a class, and replaces what it computes by operands."""

    def __init__(self, source: Source, found: ast.ClassDef, own: set[str]) -> None:
        self.source = source
        self.scope: Scope = source.scope
        self.own = own
        self.original = found
        self.tree = copy.deepcopy(found)
        self.bound: set[str] = set()
        """Names that the body has assigned so far."""
        self.all_bound = {name for statement in found.body for name in _bound(statement)}
        self.expressions: list[Any] = []
        self.roles: dict[str, str] = {}
        self.kept: list[Any] = []
        """Methods, and lambdas that are attributes."""

    def parts(self, through: frozenset[str]) -> Parts:
        tree = self.tree
        inner = len(tree.decorator_list)
        while inner and self.is_making(_root_callee(tree.decorator_list[inner - 1])):
            inner -= 1
        outer = [gast.ast_to_gast(decorator) for decorator in tree.decorator_list[:inner]]
        tree.decorator_list = [self.kept_or_operand(one, "decorator") for one in tree.decorator_list[inner:]]
        tree.bases = [self.operand(base, "base") for base in tree.bases]
        for keyword in tree.keywords:
            keyword.value = self.kept_or_operand(keyword.value, "metaclass" if keyword.arg == "metaclass" else "option")
        tree.body = [self.statement(statement) for statement in tree.body]
        seen = sorted({name for method in self.kept for name in seen_by_method(method)} & self.own - {tree.name})
        if tree.name in self.own and outer and any(tree.name in seen_by_method(method) for method in self.kept):
            self.refuse(tree, "a decorated class in a function whose methods name the class is not supported")
        names = (*seen, *self.roles)
        around = self.source.name if self.source.name.isidentifier() else "f"
        maker = LocalClass(
            tree.name, around, tree, names, len(seen), self.roles, self.source.path, self.scope.globals, through
        )
        return Parts(maker, tuple(seen), self.expressions, outer)

    def refuse(self, node: ast.AST, what: str) -> None:
        raise UnsupportedError(what, span=self.source.span(node), advice="define it at module level")

    def statement(self, node: ast.stmt) -> ast.stmt:
        match node:
            case ast.FunctionDef():
                node = self.method(node)
            case ast.Assign():
                node.value = self.kept_or_operand(node.value, "attribute")
            case ast.AnnAssign():
                if node.value is not None:
                    node.value = self.kept_or_operand(node.value, "attribute")
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                pass
            case _:
                self.refuse(node, "a statement in a class that is defined in a function is not supported")
        for part in ast.walk(node) if isinstance(node, ast.Assign | ast.AnnAssign) else ():
            if isinstance(part, ast.Subscript | ast.Attribute | ast.NamedExpr) and not isinstance(
                getattr(part, "ctx", ast.Store()), ast.Load
            ):
                self.refuse(node, "this assignment in a class that is defined in a function is not supported")
        self.bound.update(_bound(node))
        return node

    def method(self, node: ast.FunctionDef) -> ast.FunctionDef:
        args = node.args
        self.kept.append(gast.ast_to_gast(node))
        args.defaults = [self.kept_or_operand(default, "default") for default in args.defaults]
        args.kw_defaults = [d and self.kept_or_operand(d, "default") for d in args.kw_defaults]
        node.decorator_list = [self.kept_or_operand(one, "decorator") for one in node.decorator_list]
        return node

    def kept_or_operand(self, node: ast.expr, role: str) -> ast.expr:
        """Return an expression with all that is computed outside of the class replaced by operands."""
        match node:
            case ast.Constant():
                return node
            case ast.Lambda():
                self.kept.append(gast.ast_to_gast(node))
                node.args.defaults = [self.kept_or_operand(one, "default") for one in node.args.defaults]
                return node
            case ast.Call() if self.is_making(node.func) or self.reads_own(node):
                node.func = self.kept_or_operand(node.func, "callee")
                role = "option" if role == "decorator" else role
                node.args = [self.kept_or_operand(one, role) for one in node.args]
                for keyword in node.keywords:
                    keyword.value = self.kept_or_operand(keyword.value, role)
                return node
        if not self.reads_own(node):
            return self.operand(node, role)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr):
                setattr(node, name, self.kept_or_operand(value, role))
            elif isinstance(value, list):
                setattr(node, name, [self.kept_or_operand(v, role) if isinstance(v, ast.expr) else v for v in value])
        return node

    def operand(self, node: ast.expr, role: str) -> ast.expr:
        """Have an expression computed by the function around."""
        if self.reads_own(node):
            self.refuse(node, "this expression in a class that is defined in a function is not supported")
        name = f"${len(self.roles)}"
        self.roles[name] = role
        self.expressions.append(gast.ast_to_gast(node))
        return ast.copy_location(ast.Name(name, ast.Load()), node)

    def reads_own(self, node: ast.expr) -> bool:
        """Tell whether an expression reads what the body of the class has assigned."""
        read = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)}
        if read & (self.all_bound - self.bound):
            self.refuse(node, "a name that the class assigns later is read in its body")
        if read & self.bound and any(isinstance(part, _SCOPES) for part in ast.walk(node)):
            self.refuse(node, "a comprehension over names of a class that is defined in a function is not supported")
        return bool(read & self.bound)

    def is_making(self, node: ast.expr) -> bool:
        """Tell whether an expression names one of the functions that classes are made with."""
        path: list[str] = []
        while isinstance(node, ast.Attribute):
            path.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id in self.own | self.bound:
            return False
        try:
            value = self.scope.lookup(node.id)
        except NameError:
            return False
        for name in reversed(path):
            value = getattr(value, name, None)
        return makes_classes(value)


_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def makes_classes(value: Any) -> bool:
    """Tell whether ``value`` is called to make a class or one of its members, and does nothing else."""
    if value in (property, staticmethod, classmethod):
        return True
    module = str(getattr(value, "__module__", "")).partition(".")[0]
    return module in MAKING and getattr(value, "__name__", "") not in _CALCULATING


def _root_callee(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement of a class binds."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}
