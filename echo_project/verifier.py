"""`tools/verify_audit.py`: the modules of `org.chain` in one file, which needs nothing but Python."""

from __future__ import annotations

import ast

from echo_project.configuration import BASE_DIR
from org import chain

FOLDER = BASE_DIR / "org" / "chain"
OWN = ("org", "__future__")


def joined() -> str:
    """One program: what the last module says of itself, every import once, then the code of all."""
    modules: set[str] = set()
    names: dict[str, set[str]] = {}
    code, said = [], ""
    for name in chain.MODULES:
        text = (FOLDER / f"{name}.py").read_text()
        tree = ast.parse(text)
        said = ast.get_docstring(tree, clean=False) or ""
        last = 0
        for node in tree.body:
            if isinstance(node, ast.Import):
                modules |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.setdefault(node.module or "", set()).update(alias.name for alias in node.names)
            else:
                continue
            last = node.end_lineno or last
        code.append("\n".join([f"# --- {name} ".ljust(120, "-"), *text.splitlines()[last:]]))
    imports = [f"import {name}" for name in sorted(modules)]
    imports += [
        f"from {name} import {', '.join(sorted(names[name]))}"
        for name in sorted(names)
        if name.split(".")[0] not in OWN
    ]
    made = "Written by `manage.py docs` from org/chain, by which Echo itself verifies."
    head = ["#!/usr/bin/env python3", f'"""{said}\n{made}\n"""', "", "from __future__ import annotations", ""]
    return "\n".join([*head, *imports, "", "\n\n\n".join(code)]) + "\n"
