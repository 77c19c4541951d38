"""The table of what was foretold and what happened, kind by kind and release by release, for the documentation."""

from collections import Counter

import kinds
from forecast import AGREEING, agree
from tools import MINORS

BEGIN, END = "<!-- verdicts: begin -->", "<!-- verdicts: end -->"
ENDS = ["lives", "reads", "loses", "mute", "dies", "no restore"]


def publish(file, found, releases, base):
    """Renews the section of a document between its two marks. `found` has the forecast and the life of every kind on every
    release."""
    before, _, rest = file.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{file} has no section between {BEGIN} and {END}")
    file.write_text(f"{before}{BEGIN}\n{_section(found, releases, base)}{END}{after}")


def _section(found, releases, base):
    versions = [releases[minor].version for minor in MINORS]
    lines = [
        f"{len(found)} starts: {len(kinds.KINDS)} kinds of `{base}`, each restored by the real tool of {', '.join(versions)} and "
        "started on the server of the same version.",
        "",
        *_row("server", "starts", "agree", "stricter", "wrong", *ENDS),
        *_row(*["---"] * (5 + len(ENDS))),
    ]
    for minor in MINORS:
        lives = {kind: pair for (kind, each), pair in found.items() if each == minor}
        ends = Counter(life.end for _, life in lives.values())
        marks = Counter(_mark(kind, *pair) for kind, pair in lives.items())
        lines += _row(releases[minor].version, len(lives), marks[""], marks["*"], marks["**"], *(ends[end] for end in ENDS))
    for title, group in kinds.GROUPS.items():
        lines += ["", f"**{title}**", "", *_row(*versions, "kinds"), *_row(*["---"] * (len(MINORS) + 1))]
        alike = {}
        for kind in group:
            cells = tuple(_cell(kind, *found[kind, minor]) for minor in MINORS)
            alike.setdefault(cells, []).append(_code(kind))
        for cells, names in alike.items():
            lines += _row(*cells, ", ".join(names))
    return "\n".join(lines) + "\n"


def _cell(kind, told, life):
    mark = _mark(kind, told, life)
    return f"{mark}{told.word}, {life.end}{mark}"


def _mark(kind, told, life):
    """Nothing for those that agree, and the emphasis of those that are stricter than they must be, and of those that are wrong."""
    if life.end in AGREEING[told.word]:
        return ""
    return "*" if agree(kind, told, life) else "**"


def _row(*cells):
    return [f"| {' | '.join(map(str, cells))} |"]


def _code(name):
    """A name as code within a table: a bar would end its cell."""
    return f"`` {name} ``".replace("|", "\\|") if "`" in name else f"`{name}`".replace("|", "\\|")
