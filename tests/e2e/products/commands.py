"""Commands with their arguments."""

from __future__ import annotations

from tests.e2e.products.making import tool

CLI = {
    "argparse": tool(
        """
import argparse


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--by', type=int)
    print(10 / parser.parse_args().by)


if __name__ == '__main__':
    main()
""",
        "--by 0",
        "parser.parse_args().by",
        "(parser.parse_args().by or 1)",
    ),
    "argv given": tool(
        """
import sys


def main(argv=None):
    argv = argv or sys.argv[1:]
    print(10 / int(argv[0]))


if __name__ == '__main__':
    main()
""",
        "0",
        "int(argv[0])",
        "(int(argv[0]) or 1)",
    ),
    "module code": tool(
        """
import sys

print(10 / int(sys.argv[1]))
""",
        "0",
        "int(sys.argv[1])",
        "(int(sys.argv[1]) or 1)",
    ),
    "click": tool(
        """
import click


@click.command()
@click.option('--by', type=int)
def main(by):
    click.echo(10 / by)


if __name__ == '__main__':
    main()
""",
        "--by 0",
        "10 / by",
        "10 / (by or 1)",
        needs=("click",),
    ),
    "typer": tool(
        """
import typer

app = typer.Typer()


@app.command()
def main(by: int):
    print(10 / by)


if __name__ == '__main__':
    app()
""",
        "0",
        "10 / by",
        "10 / (by or 1)",
        needs=("typer",),
    ),
}
