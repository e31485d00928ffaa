"""Markdown to reStructuredText, as far as a readme fragment needs it.

Headings, paragraphs, bold, italic, code, links, images, nested lists, fenced code,
quotes and tables. Anything else is passed on as it is; docutils then complains.
"""

import re

# Underlines by depth: the title of the page, a fragment's section, a fragment's own.
UNDERLINES = "==-~^'"
BULLET = re.compile(r"^(?P<indent> *)(?P<mark>[-*+]|\d+[.)]) +(?P<text>.*)")
HEADING = re.compile(r"^(?P<marks>#+) +(?P<text>.*?) *#*$")
IMAGE = re.compile(r"^!\[(?P<alt>[^\]]*)\]\((?P<path>[^)\s]+)[^)]*\)$")
INLINE = re.compile(
    r"(?P<code>`+)(?P<in_code>.+?)(?P=code)"
    r"|\[(?P<label>[^\]]+)\]\((?P<target>[^)\s]+)\)"
    r"|<(?P<address>https?://[^>]+|[\w.+-]+@[\w.-]+)>"
    r"|(?<![\w*])\*(?P<emphasis>[^*\s][^*]*)\*(?![\w*])"
    r"|(?<!\w)_(?P<stressed>[^_\s][^_]*)_(?!\w)"
)
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)")
# What means something at the end of a word in reStructuredText, and nothing here.
REFERENCE = re.compile(r"(?<=\w)_(?!\w)")
# A link whose text goes on in the next line.
BROKEN = re.compile(r"(\[[^\]\[\n]*)\n *([^\]\[\n]*\]\()")
TABLE_RULE = re.compile(r"^\|?[\s:|-]+\|?$")


def heading(text, depth):
    """Return a heading of a depth, 0 being the title with a line above it."""
    line = UNDERLINES[depth] * max(len(text), 4)
    return [line, text, line] if depth == 0 else [text, line]


def inline(text):
    """Translate what stands inside a line."""
    result, position = [], 0
    for found in INLINE.finditer(text):
        result.append(_plain(text[position : found.start()]))
        result.append(_span(found))
        position = found.end()
    result.append(_plain(text[position:]))
    return "".join(result)


def _span(found):
    """Translate one piece of code, link or emphasis."""
    if found["code"]:
        return f"``{found['in_code'].strip()}``"
    if found["label"]:
        label = found["label"].replace("`", "").replace("*", "")
        return f"`{label} <{_path(found['target'])}>`__"
    if found["address"]:
        return found["address"]
    return f"*{found['emphasis'] or found['stressed']}*"


def _plain(text):
    """Escape what only reStructuredText takes for markup."""
    return REFERENCE.sub(r"\\_", text.replace("`", r"\`").replace("|", r"\|"))


def _path(target):
    """A fragment lies one folder deeper than the page that is made of it."""
    return target.removeprefix("../")


def heading_ranks(text):
    """Return the depth of each kind of heading: whatever its marks, the first is 0."""
    found, in_code = set(), False
    for line in text.splitlines():
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code and (match := HEADING.match(line)):
            found.add(len(match["marks"]))
    return {marks: rank for rank, marks in enumerate(sorted(found))}


class Translator:
    """Translates the lines of one fragment."""

    def __init__(self, depth):
        self.depth = depth
        self.ranks = {}  # number of marks of a heading: its depth in the fragment
        self.lines = []
        self.levels = []  # open lists: (indent in Markdown, indent of the text here)

    def translate(self, text):
        """Return the translated lines."""
        self.ranks = heading_ranks(text)
        source = iter(BROKEN.sub(r"\1 \2", text).splitlines())
        table = []
        for line in source:
            if line.lstrip().startswith("|"):
                table.append(line.strip())
                continue
            if table:
                self._table(table)
                table = []
            if fence := FENCE.match(line):
                self._code(fence, source)
            else:
                self._line(line)
        if table:
            self._table(table)
        return self.lines

    def _line(self, line):
        """Translate a line that is neither code nor table."""
        stripped = line.strip()
        if not stripped:
            self._gap()
        elif found := BULLET.match(line):
            self._item(found)
        elif found := HEADING.match(line):
            self._heading(found)
        elif found := IMAGE.match(stripped):
            self._image(found, line)
        elif stripped.startswith(">"):
            self._put("   " + inline(stripped[1:].strip()), line)
        else:
            self._put(inline(stripped), line)

    def _gap(self):
        """Leave one empty line."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def _indent(self, line):
        """Return the indentation here of a line that continues something."""
        raw = len(line) - len(line.lstrip())
        lazy = bool(self.lines and self.lines[-1])
        while self.levels and raw <= self.levels[-1][0] and not lazy:
            self.levels.pop()
        return " " * (self.levels[-1][1] if self.levels else 0)

    def _put(self, text, line):
        self.lines.append(self._indent(line) + text)

    def _item(self, found):
        """Begin an item of a list; lists of another depth stand apart."""
        raw = len(found["indent"])
        before = len(self.levels)
        while self.levels and raw < self.levels[-1][0]:
            self.levels.pop()
        is_next = bool(self.levels) and raw == self.levels[-1][0]
        if is_next:
            self.levels.pop()
        outer = self.levels[-1][1] if self.levels else 0
        mark = "-" if found["mark"] in "-*+" else found["mark"]
        if not is_next or before != len(self.levels) + 1:
            self._gap()
        self.levels.append((raw, outer + len(mark) + 1))
        self.lines.append(f"{' ' * outer}{mark} {inline(found['text'])}")

    def _heading(self, found):
        self.levels = []
        self._gap()
        rank = self.ranks[len(found["marks"])]
        depth = min(self.depth + rank, len(UNDERLINES) - 1)
        self.lines += [*heading(inline(found["text"]), depth), ""]

    def _image(self, found, line):
        self._gap()
        indent = self._indent(line)
        self.lines.append(f"{indent}.. figure:: {_path(found['path'])}")
        if found["alt"]:
            self.lines.append(f"{indent}   :alt: {found['alt']}")
        self.lines.append("")

    def _code(self, fence, source):
        """Translate a fenced block up to the fence that ends it."""
        self._gap()
        indent = self._indent(fence["indent"] + "x")
        language = fence["language"]
        self.lines += [
            f"{indent}.. code-block:: {language}" if language else f"{indent}::"
        ]
        self.lines.append("")
        for line in source:
            if FENCE.match(line):
                break
            code = line.removeprefix(fence["indent"])
            self.lines.append(f"{indent}   {code}" if code.strip() else "")
        self.lines.append("")

    def _table(self, rows):
        """Translate a table, whose first row is the head."""
        self._gap()
        self.lines += [".. list-table::", "   :header-rows: 1", ""]
        for row in rows:
            if TABLE_RULE.match(row):
                continue
            mark = "* -"
            for cell in row.strip("|").split("|"):
                self.lines.append(f"   {mark} {inline(cell.strip())}".rstrip())
                mark = "  -"
        self.lines.append("")


def to_rst(text, depth):
    """Translate Markdown; its first level of headings becomes ``depth``."""
    return "\n".join(Translator(depth).translate(text)).strip() + "\n"
