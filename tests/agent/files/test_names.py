"""Names of files, as strangers choose them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.files.names import LONGEST, clean_name


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Team photo.JPG", "Team photo.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\ana\\offer.pdf", "offer.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.jpg"),
        ("a\r\nSet-Cookie: x=1.jpg", "a Set-Cookie_ x=1.jpg"),
        ("\x00\x1b[31m.jpg", "[31m.jpg"),
        ("Offer 2.0", "Offer 2.0.jpg"),
        ("....", "photo.jpg"),
        ("", "photo.jpg"),
        ("фото команды.jpeg", "фото команды.jpg"),
    ],
)
def test_a_name_is_kept_as_far_as_it_is_harmless(given: str, kept: str) -> None:
    assert clean_name(given, ".jpg", otherwise="photo") == kept


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_any_name_can_be_kept_shown_and_sent(name: str) -> None:
    kept = clean_name(name, ".pdf")
    assert kept.endswith(".pdf")
    assert len(kept) <= LONGEST
    assert kept.isprintable()
    assert not set(kept) & set('/\\<>:"|?*`\r\n')
    assert not kept.startswith(".")
    assert clean_name(kept, ".pdf") == kept
