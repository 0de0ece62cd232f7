"""``python -m diffcompile`` is the command ``diffcompile``."""

from diffcompile.cli import main

if __name__ == "__main__":
    main(prog_name="diffcompile")
