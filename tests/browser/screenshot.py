"""Make the picture of the matrix that the README shows:

python3 -m tests.browser.screenshot A.json B.json ... [--search ENV-] [--open ENV-6]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Optional, Sequence

from conformance.report import matrix
from conformance.report.document import Report
from conformance.report.read import load_report
from tests.browser.devtools import Browser, address_of, find_browser

ROOT = Path(__file__).resolve().parent.parent.parent
TARGET = ROOT / "docs" / "images" / "matrix.png"

WIDTH, HEIGHT = 1200, 1150
MAX_BYTES = 300 * 1000


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Write the picture, and say how large it is."""
    parser = argparse.ArgumentParser(description="Makes the picture of the matrix.")
    parser.add_argument("reports", nargs="+", metavar="REPORT", help="a report in JSON")
    parser.add_argument("--open", default="", metavar="ID", help="open this requirement")
    parser.add_argument("--search", default="", metavar="TEXT", help="show what holds this text")
    parser.add_argument("--output", "-o", type=Path, default=TARGET, metavar="FILE")
    options = parser.parse_args(argv)
    reports = [load_report(name) for name in options.reports]
    picture = picture_of(reports, opened=options.open, search=options.search)
    if len(picture) > MAX_BYTES:
        sys.exit(f"the picture has {len(picture)} bytes, more than {MAX_BYTES}")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_bytes(picture)
    sys.stderr.write(f"{options.output}: {len(picture)} bytes\n")
    return 0


def picture_of(reports: Sequence[Report], *, opened: str = "", search: str = "") -> bytes:
    """Return the part of the matrix that begins with the requirements, as PNG."""
    path = find_browser()
    if path is None:
        sys.exit("no Chromium is installed, which is what makes the picture")
    with tempfile.TemporaryDirectory() as folder, Browser(path) as browser:
        page = Path(folder) / "matrix.html"
        page.write_text(matrix.render(reports), encoding="utf-8")
        browser.size(WIDTH, HEIGHT)
        browser.scheme("light")
        browser.open(address_of(page, opened))
        browser.evaluate("document.getElementById('page-search').focus()")
        browser.send("Input.insertText", text=search)
        browser.evaluate(
            "document.activeElement.blur();"
            " document.getElementById('page-requirements').scrollIntoView();"
            " scrollBy(0, document.getElementById('page-requirements')"
            ".getBoundingClientRect().top - 8)"
        )
        return browser.screenshot()


if __name__ == "__main__":
    sys.exit(main())
