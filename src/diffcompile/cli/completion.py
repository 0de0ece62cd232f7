"""``diffcompile completion``: the script that makes a shell complete commands, options and targets."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

from diffcompile.cli.failures import Command, Refused

SHELLS = ["bash", "zsh", "fish"]
VARIABLE = "_DIFFCOMPILE_COMPLETE"
BASH = """\
# Bash takes `file.py:name` for three words, and `--arg x=float` for four: the line is split again, and what stands
# before the last colon or equals sign is left out.
%(complete_func)s() {
    local line=${COMP_LINE:0:COMP_POINT} words type value typed=${COMP_WORDS[COMP_CWORD]}
    IFS=$' \\t\\n' read -r -a words <<< "$line"
    local last=$(( ${#words[@]} - 1 ))
    [[ $line == *[[:space:]] ]] && last=${#words[@]}
    local word=${words[last]} before="" head
    [[ $word == --*=* ]] && word=${word#*=}
    head=${word%%[:=]*}
    if [[ $COMP_WORDBREAKS == *:*  && $COMP_WORDBREAKS == *=* && $head != "$word" && $typed != *[:=]*[:=]* ]]; then
        before=${word:0:${#head}+1}
    fi
    while IFS=',' read -r type value; do
        if [[ $type == dir ]]; then
            compopt -o dirnames
        elif [[ $type == file ]]; then
            compopt -o default
        elif [[ $type == plain ]]; then
            [[ $value == *[:/.=[] ]] && compopt -o nospace
            COMPREPLY+=("${value#"$before"}")
        fi
    done < <(env COMP_WORDS="$line" COMP_CWORD=$last %(complete_var)s=bash_complete "$1")
}

complete -o nosort -F %(complete_func)s %(prog_name)s
"""
_ZSH_ADDS = "        compadd -U -V unsorted -a completions\n"
_ZSH_ADDS_OPEN = """\
        local -a open closed
        open=(${(M)completions:#*[:/.=\\[]})
        closed=(${completions:#*[:/.=\\[]})
        (( $#open )) && compadd -U -V unsorted -S '' -a open
        (( $#closed )) && compadd -U -V unsorted -a closed
"""
"""What is not complete yet gets no space behind it. (Fish sees to that itself.)"""

_FISH_SPLITS = 'string split "," $completion'
_FISH_SPLITS_ONCE = 'string split -m 1 "," $completion'
"""What is completed may hold a comma, as ``--wrt x,y`` does."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print the completion script for SHELL.

    \b
    bash   in ~/.bashrc:  eval "$(diffcompile completion bash)"
    zsh    in ~/.zshrc:   eval "$(diffcompile completion zsh)"
    fish   diffcompile completion fish > ~/.config/fish/completions/diffcompile.fish
    """
    cls = get_completion_class(shell)
    if cls is None:
        raise Refused(f"no completion for {shell}")
    from diffcompile.cli.group import main  # noqa: PLC0415 - the group imports this module

    script: ShellComplete = cls(main, {}, "diffcompile", VARIABLE)
    template = BASH if shell == "bash" else script.source_template
    template = template.replace(_ZSH_ADDS, _ZSH_ADDS_OPEN).replace(_FISH_SPLITS, _FISH_SPLITS_ONCE)
    click.echo(template % script.source_vars())
