"""The manual's pictures: each is shown somewhere, each that is shown is there."""

import re
from html.parser import HTMLParser

import pytest
from toolbox import paths, screenshots

DESCRIPTION = paths.ADDON / "static/description"
FRAGMENTS = sorted((paths.ADDON / "readme").glob("*.md"))
IMAGE = re.compile(r"!\[(?P<alt>[^\]]*)\]\((?P<path>[^)]+)\)")
FIGURE = re.compile(r"^\.\. figure:: (?P<path>\S+)", re.MULTILINE)


class StorePage(HTMLParser):
    """What the Apps store forbids or needs, as far as it can be told."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.outside = set(), {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.add(tag)
        if tag == "img":
            self.images[attributes["src"]] = attributes.get("alt")
        self.outside += [
            value
            for name, value in attrs
            if name in ("src", "href", "style") and value and "//" in value
        ]
        self.outside += [name for name, _value in attrs if name.startswith("on")]


@pytest.fixture(scope="module")
def store_page():
    return StorePage((DESCRIPTION / "index.html").read_text())


def shown_in_fragments():
    """Return {file: alternative text}."""
    return {
        (fragment.parent / found["path"]).resolve(): found["alt"]
        for fragment in FRAGMENTS
        for found in IMAGE.finditer(fragment.read_text())
    }


def test_every_picture_of_the_manual_is_there_and_told_in_words():
    shown = shown_in_fragments()
    assert shown
    assert {str(file) for file in shown if not file.exists()} == set()
    assert {str(file) for file, alt in shown.items() if len(alt) < 10} == set()


def test_no_picture_is_left_that_nobody_shows(store_page):
    shown = set(shown_in_fragments())
    shown.update((DESCRIPTION / source).resolve() for source in store_page.images)
    assert set(screenshots.MANUAL.glob("*")) - shown == set()


def test_pictures_are_small():
    sizes = {file.name: file.stat().st_size for file in screenshots.MANUAL.glob("*")}
    assert {
        name: size for name, size in sizes.items() if size > screenshots.LARGEST
    } == {}
    assert sum(sizes.values()) <= screenshots.LARGEST_TOGETHER


def test_pictures_of_the_first_page_are_there():
    shown = FIGURE.findall((paths.ROOT / "README.rst").read_text())
    assert shown
    assert [path for path in shown if not (paths.ROOT / path).exists()] == []


def test_store_page_holds_all_it_needs(store_page):
    assert not {"script", "link", "iframe", "html", "body"} & store_page.tags
    assert store_page.outside == []
    assert store_page.images
    for source, alt in store_page.images.items():
        assert (DESCRIPTION / source).exists(), source
        assert alt, source


def test_the_path_of_the_pictures_writes_each_of_them():
    walks = [paths.SETUP / f"screenshots_{name}.py" for name in ("walk", "settling")]
    walk = "".join(path.read_text() for path in walks)
    written = set(re.findall(r'\.(?:picture|window|write)\(\s*"([\w-]+)"', walk))
    assert written == {file.stem for file in screenshots.MANUAL.glob("*")}
