"""What the command line says about the arguments of a function: their types, and values where these are needed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import numpy as np

from diffcompile.analysis.types import Type, plain, type_of
from diffcompile.cli.failures import Refused, describe_failure
from diffcompile.cli.target import Subject, find
from diffcompile.cli.targets import complete_target
from diffcompile.cli.values import complete_names, complete_size, complete_type, complete_value, named_axes
from diffcompile.describe import annotated_type, described, parse_type
from diffcompile.pipeline import Request
from diffcompile.testing.examples import CannotMake, Sizes, from_description, from_type
from diffcompile.testing.marks import gradcheck_of

VAGUE = ("any", "number", "?[...]")
"""Types of which nothing is known that would shorten the code."""


@dataclass(slots=True)
class Given:
    """What options said about the parameters of a subject."""

    subject: Subject
    wrt: str | None
    texts: dict[str, str] = field(default_factory=dict)
    """The descriptions of ``--arg``."""
    types: dict[str, Type] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    """What ``--set`` and the example of the function give."""
    sizes: Sizes = field(default_factory=dict)
    seed: int = 0

    def request(self, *, with_value: bool = False) -> Request:
        """Return what the compiler is to do."""
        return self.subject.request(self.types, self.values, self.wrt, with_value=with_value)

    def default_file(self, ending: str) -> Path:
        """Return the file to write, in the present folder, where none is named."""
        return Path((self.subject.name or self.subject.function.__name__.strip("<>")) + ending)

    def positions(self) -> list[int]:
        """Return which parameters are differentiated, not counting ``self``."""
        skipped = len(self.subject.prefix)
        return [number - skipped for number in self.request().wrt]

    def arguments(self) -> tuple[Any, ...]:
        """Return a value for each parameter: given, described, a default, or made up from the annotation.

        Raises:
            Refused: nothing is known about a parameter; the message says how to give it.
        """
        for t, value in self.subject.prefix:
            if value is None:
                name = self.subject.all_names()[0]
                raise Refused(f"which object is {name}?\n  try: --set {name}={t!r}(...)")
        rng = np.random.default_rng(self.seed)
        found = []
        for parameter, annotation in self.subject.own_parameters():
            name = parameter.name
            if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
                continue
            try:
                if name in self.values:
                    found.append(self.values[name])
                elif name in self.texts:
                    found.append(from_description(self.texts[name], rng, self.sizes))
                elif parameter.default is not parameter.empty:
                    found.append(parameter.default)
                elif (text := described(annotation)) is not None:
                    found.append(from_description(text, rng, self.sizes))
                elif annotation is not None:
                    found.append(from_type(annotated_type(annotation), rng))
                else:
                    raise CannotMake("it has neither an annotation nor a default")
            except CannotMake as error:
                types = f"--arg {name}=float  or  --arg {name}=float64[3,4]  for random numbers, or  "
                if isinstance(annotation, type) and annotation not in (list, dict, tuple, object, np.ndarray):
                    advice = f"--set {name}={annotation.__qualname__}(...)"
                else:
                    advice = f"{types}--set {name}=EXPRESSION"
                raise Refused(f"which value of {name}? ({error})\n  try: {advice}") from None
        return tuple(found)


def hint_at_types(request: Request) -> None:
    """Say on stderr, where the types of parameters are not known, how the code gets shorter and faster."""
    names = [*request.code.captures, *(parameter.name for parameter in request.code.parameters)]
    unknown = [name for name, t in zip(names, request.types, strict=True) if repr(plain(t)) in VAGUE]
    if unknown:
        arguments = " ".join(f'--arg "{name}=..."' for name in unknown)
        click.echo(
            f"note: made for every type, as nothing is known of {', '.join(unknown)}; shorter and faster with\n"
            f"  {arguments}\n"
            "  where ... is float, int, float64[n], float64[:,3] and the like; annotations will do as well",
            err=True,
        )


def target_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add TARGET and the options that say how it is called."""
    for option in (
        click.option(
            "--size", "sizes", multiple=True, metavar="NAME=N", help="The length of a named axis.",
            shell_complete=complete_size,
        ),
        click.option(
            "--set", "settings", multiple=True, metavar="NAME=EXPR",
            help="The value of a parameter: a Python expression in the module's namespace.",
            shell_complete=complete_value,
        ),
        click.option(
            "--arg", "described", multiple=True, metavar="NAME=TYPE", help="The type of a parameter; repeatable.",
            shell_complete=complete_type,
        ),
        click.option(
            "--wrt", metavar="X,Y",
            help="Differentiate these (names or positions). Default: the first that can be.",
            shell_complete=complete_names,
        ),
        click.argument("target", shell_complete=complete_target),
    ):  # fmt: skip
        command = option(command)
    return command


def gather(
    target: str,
    wrt: str | None,
    described: Sequence[str],
    settings: Sequence[str],
    sizes: Sequence[str],
    *,
    example: bool = True,
    seed: int = 0,
) -> Given:
    """Import what ``target`` names and read the options; ``example`` asks for the example of ``gradcheckable``."""
    subject = find(target)
    names = [parameter.name for parameter, _ in subject.own_parameters()]
    given = Given(subject, wrt, seed=seed)
    marked = gradcheck_of(subject.called) or gradcheck_of(subject.function)
    if marked is not None and example:
        made = marked.arguments()
        given.values.update(zip(names, made or (), strict=False))
    for name, text in _pairs(settings, "--set"):
        _require_known(name, subject.all_names(), subject, "--set")
        value = _evaluated(name, text, subject)
        if name in names:
            given.values[name] = value
        else:
            given.subject = subject.bound_to(value)
    for name, text in _pairs(described, "--arg"):
        _require_known(name, subject.all_names(), subject, "--arg")
        try:
            given.types[name] = parse_type(text, name)
        except ValueError as error:
            raise click.BadParameter(f"{name}: {error}", param_hint="--arg") from None
        given.texts[name] = text
        given.values.pop(name, None)
    for name, text in _pairs(sizes, "--size"):
        if not text.strip().isdecimal():
            raise click.BadParameter(f"{text!r} is no length", param_hint="--size")
        given.sizes[name] = int(text)
    _require_axes(given)
    for name, value in given.values.items():
        given.types.setdefault(name, type_of(value, name))
    return given


def _pairs(texts: Sequence[str], option: str) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    shape = {"--arg": "name=type, as x=float64[3,4] is", "--size": "name=number, as n=100 is"}
    for text in texts:
        name, equals, rest = text.partition("=")
        name = name.strip()
        if not equals or not name.isidentifier():
            form = shape.get(option, "name=expression, as x=np.ones(3) is")
            raise click.BadParameter(f"{text!r} is not of the form {form}", param_hint=option)
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint=option)
        found[name] = rest
    return list(found.items())


def _require_known(name: str, names: list[str], subject: Subject, option: str) -> None:
    if name not in names:
        raise click.BadParameter(
            f"{subject.function.__qualname__} has no parameter {name!r}; it has {', '.join(names) or 'none'}",
            param_hint=option,
        )


def _require_axes(given: Given) -> None:
    """Check that the axes whose lengths are given are named by some type."""
    texts = [*given.texts.values(), *(described(annotation) or "" for _, annotation in given.subject.own_parameters())]
    axes = list(dict.fromkeys(name for text in texts for name in named_axes(text)))
    for name in given.sizes:
        if name not in axes:
            have = f"the axes are {', '.join(axes)}" if axes else "no type names one, as float64[n] does"
            raise click.BadParameter(f"no axis is called {name!r}: {have}", param_hint="--size")


def _evaluated(name: str, text: str, subject: Subject) -> Any:
    """Return the value of an expression in the namespace of the user's module; ``np`` is there in any case."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
        return eval(compile(tree, f"<--set {name}>", "eval"), {"np": np, **subject.function.__globals__})
    except Exception as error:  # the user's expression may raise anything
        raise click.BadParameter(f"{name}={text}: {describe_failure(error)}", param_hint="--set") from error
