"""Absolute paths are cut down to their last name; everything else stays."""

import sys

import pytest

from playbook.folders import without_folders


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"{sys.prefix}/lib/lifelines/utils.py:12: Warning: x", "utils.py:12: Warning: x"),
        ("<p>/home/anna/clients/kunden.csv</p>", "<p>kunden.csv</p>"),
        (r"C:\Users\anna\kunden.csv: odd", "kunden.csv: odd"),
        ("/tmp/ipykernel_12/345.py:1: UserWarning", "a cell:1: UserWarning"),
        ("see https://example.com/home/anna and /usr/share/doc", "see https://example.com/home/anna and doc"),
        ('</td></tr><a href="02_lifecycle.html">', '</td></tr><a href="02_lifecycle.html">'),
        ("data:image/png;base64,+/home/abc/def==", "data:image/png;base64,+/home/abc/def=="),
        ("12/05/2024, and/or, /Shop/Women/Shoes", "12/05/2024, and/or, /Shop/Women/Shoes"),
    ],
)
def test_only_the_last_name_of_a_path_stays(text, shown):
    assert without_folders(text) == shown
