"""Relative links lead to files, and to headings, that exist."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, REPOSITORY, anchors, links, read

LINKS = [(page, target) for page in PAGES for target in links(page)]


@pytest.mark.parametrize(
    ("page", "target"), LINKS, ids=[f"{page.relative_to(REPOSITORY)}:{target}" for page, target in LINKS]
)
def test_a_link_leads_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    found = (page.parent / name).resolve() if name else page

    assert found.exists()
    assert not anchor or anchor in anchors(found)


def test_every_page_of_the_docs_is_linked_from_another_one() -> None:
    reached = {(page.parent / target.partition("#")[0]).resolve() for page, target in LINKS}

    assert [page.name for page in PAGES if page.name != "README.md" and page not in reached] == []


def test_the_pages_name_no_place_of_the_machine_that_they_were_written_on() -> None:
    assert [page.name for page in PAGES if "/work/" in read(page) or "/root/" in read(page)] == []
