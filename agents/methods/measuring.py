"""The program that looks at Python text in a process of its own (`code_measures` starts it): parsed, never executed.

Reads JSON: {"packages": folder of radon, "seconds": of processor time for a file, "files": [text]}. Writes JSON lines
in the files' order: {"file": place, "syntax": fault or null} once it is parsed, {"file": place, "measured": …} when
that is done. A file that breaks it is the first without that second line.
"""

from __future__ import annotations

import ast
import gc
import io
import json
import math
import signal
import sys
import tokenize
from collections.abc import Iterator
from typing import Any

COMPLEX = 10  # McCabe 1976: what is above should be split
MOST_COMPLEX = 20  # functions told of a file
SKIPPED = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def main() -> None:
    asked = json.load(sys.stdin.buffer)
    sys.path.append(asked["packages"])
    # For radon's visitors, in this process alone.
    ast.NodeVisitor.generic_visit = descend  # type: ignore[assignment,method-assign]
    gc.disable()  # a tree has no cycles worth the looks for them, and this process ends soon
    for place, text in enumerate(asked["files"]):
        signal.setitimer(signal.ITIMER_PROF, asked["seconds"])  # when it rings the process ends, wherever it is
        for part in look(text):
            sys.stdout.write(json.dumps({"file": place, **part}) + "\n")
            sys.stdout.flush()


def look(text: str) -> Iterator[dict[str, Any]]:
    """A file's syntax, then its measures: null where it cannot be read."""
    kind = "grammar"
    try:
        tree = ast.parse(text)
        kind = "syntax"  # what is grammatical and still no program, as a `return` outside of any function
        compile(tree, "file", "exec", dont_inherit=True)
    except SyntaxError as error:
        kind = "deep" if "Exceeds the limit" in error.msg else kind  # a number too long for Python to read
        yield {"syntax": {"kind": kind, "line": error.lineno or 1, "message": error.msg}}
        yield {"measured": None}
    except ValueError as error:  # characters that are none
        yield {"syntax": {"kind": "syntax", "line": 1, "message": str(error)}}
        yield {"measured": None}
    except (RecursionError, MemoryError):
        yield {"syntax": {"kind": "deep", "line": 1, "message": "is nested too deeply or too large for Python itself"}}
        yield {"measured": None}
    else:
        yield {"syntax": None}
        try:
            yield {"measured": measure(tree, text)}
        except (RecursionError, MemoryError):
            yield {"measured": None}


def measure(tree: ast.AST, text: str) -> dict[str, Any]:
    """Cyclomatic complexity (McCabe 1976) and maintainability index (Oman and Hagemeister 1992), by radon."""
    from radon.complexity import add_inner_blocks
    from radon.metrics import h_visit_ast, mi_compute
    from radon.visitors import ComplexityVisitor, Function

    visitor = ComplexityVisitor.from_ast(tree)
    found = [each for each in add_inner_blocks(visitor.blocks) if isinstance(each, Function)]
    lines = count(text)
    described = 100 * (lines["comments"] + lines["strings"]) / lines["source"] if lines["source"] else 0.0
    volume = h_visit_ast(tree).total.volume
    index = mi_compute(volume, visitor.total_complexity, lines["logical"], described)
    worst = sorted((each for each in found if each.complexity > COMPLEX), key=lambda each: -each.complexity)
    return {
        **lines,
        "functions": len(found),
        "complexity": math.fsum(each.complexity for each in found),
        "most": max((each.complexity for each in found), default=0),
        "complex": [[each.lineno, each.fullname, each.complexity] for each in worst[:MOST_COMPLEX]],
        "more_complex": max(0, len(worst) - MOST_COMPLEX),
        "maintainability": round(index, 2),
    }


def count(text: str) -> dict[str, int]:
    """Lines as radon counts them, in one pass (its own takes time by the square of a statement's length).

    `logical` counts statements, and a colon within a line as one more; `source` lines are neither blank nor comments
    nor a string alone; `strings` are the lines of such strings.
    """
    logical = source = comments = strings = 0
    rows: set[int] = set()  # of a statement, without blank ones
    tokens, parts, filled = 0, 0, False  # of a statement; its parts between semicolons, `filled` the one that is read
    colon = ends_so = False  # whether that part holds one, and ends with one
    first = first_row = last_row = 0
    for kind, string, (row, _), (end, _), _ in tokenize.generate_tokens(io.StringIO(text).readline):
        if kind in SKIPPED:
            if kind == tokenize.COMMENT:
                comments += 1
            elif kind == tokenize.NEWLINE and tokens:
                parts += filled + (colon and not ends_so)
                if tokens == 1 and first == tokenize.STRING:
                    strings += len(rows) if first_row != last_row else 0
                else:
                    source += len(rows)
                logical += parts
                rows = set()
                tokens, parts, filled, colon, ends_so = 0, 0, False, False, False
            continue
        if not tokens:
            first, first_row = kind, row
        tokens += 1
        last_row = end
        if row == end:
            rows.add(row)
        else:
            rows.update(row + at for at, line in enumerate(string.split("\n")) if at == 0 or line.strip())
        if kind == tokenize.OP and string == ";":
            parts += filled + (colon and not ends_so)
            filled, colon, ends_so = False, False, False
        else:
            filled = True
            ends_so = kind == tokenize.OP and string == ":"
            colon = colon or ends_so
    return {"logical": logical, "source": source, "comments": comments, "strings": strings}


def descend(visitor: ast.NodeVisitor, node: ast.AST) -> None:
    """As `ast` does, but past what has neither parts nor a place (Load, Add, And …): half of all nodes of a tree."""
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            for item in value:
                if isinstance(item, ast.AST) and item._fields:
                    visitor.visit(item)
        elif isinstance(value, ast.AST) and value._fields:
            visitor.visit(value)


if __name__ == "__main__":
    main()
