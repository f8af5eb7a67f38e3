"""Write .env from .env.example, each empty value replaced by a random secret; what an existing .env has stays.

A secret is 32 random bytes in URL-safe base64: what Airflow takes as a Fernet key, long enough for Kibana's
encryption keys, and without a character that has a meaning in a URL, in JSON or in a .env file.
"""

from __future__ import annotations

import base64
import os
import re
import sys
from pathlib import Path


def filled(example: str) -> str:
    """The text of .env for this .env.example: `NAME=` gets a secret of its own, everything else stays."""
    return re.sub(r"(?m)^(\w+=)$", lambda line: line[1] + base64.urlsafe_b64encode(os.urandom(32)).decode(), example)


def missing(text: str, example: str) -> dict[str, str]:
    """The lines of this .env.example, by their names, whose names this .env has not."""
    lines = {found[1]: found[0] for found in re.finditer(r"(?m)^(\w+)=.*$", example)}
    return {name: line for name, line in lines.items() if not re.search(rf"(?m)^{name}=", text)}


def main(folder: Path) -> int:
    """Write ``folder``/.env, readable by its owner only, or add to it what a newer wirewatch wants; exit code 0."""
    target = folder / ".env"
    example = (folder / ".env.example").read_text(encoding="utf-8")
    try:
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        text = target.read_text(encoding="utf-8")
        new = missing(text, example)
        with target.open("a", encoding="utf-8") as file:
            file.write("\n" if new and text and not text.endswith("\n") else "")
            file.writelines(f"{filled(line)}\n" for line in new.values())
        added = f"{', '.join(new)} added, the rest" if new else "it"
        print(f"{target} is already there: {added} stays as it is; remove it first to get new secrets")
        return 0
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(filled(example))
    print(f"{target} written, readable by you only")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()))
