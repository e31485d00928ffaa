"""The addon's readme fragments become reStructuredText that docutils understands."""

import build_readme
from toolbox import markdown

FRAGMENT = """\
See [the
manual](https://example.org/a_b), **bold**, *one*, _two_, `a_` and b_ or a|b.

# Head

1. First
   goes on
    - nested
    - again

2. Second:

   ```bash
   setup/demo --check
   ```

- another list

| A | B |
|---|---|
| x | `y` |

![Picture](../static/description/icon.png)
"""
EXPECTED = """\
See `the manual <https://example.org/a_b>`__, **bold**, *one*, *two*, ``a_`` and b\\_ \
or a\\|b.

Head
----

1. First
   goes on

   - nested
   - again

2. Second:

   .. code-block:: bash

      setup/demo --check

- another list

.. list-table::
   :header-rows: 1

   * - A
     - B
   * - x
     - ``y``

.. figure:: static/description/icon.png
   :alt: Picture
"""


def test_a_fragment_is_translated():
    assert markdown.to_rst(FRAGMENT, 2) == EXPECTED


def test_headings_count_from_the_first_kind_that_is_used():
    text = "### A\n\n```bash\n# no heading\n```\n\n##### B\n"
    lines = markdown.to_rst(text, 2).splitlines()
    assert lines[lines.index("A") + 1] == "----"
    assert lines[lines.index("B") + 1] == "~~~~"


def test_the_translation_is_clean():
    page = "Page\n====\n\n" + markdown.to_rst(FRAGMENT, 2)
    assert build_readme.warnings(page) == []


def test_broken_markup_is_reported():
    assert build_readme.warnings("a ``b")
    assert build_readme.warnings("A\n=\n\nB\n-\n\nC\n~\n\nD\n=\n\nE\n~\n")
