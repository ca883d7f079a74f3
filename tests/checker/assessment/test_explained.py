"""The page that explains the score is made from the rules themselves."""

from pathlib import Path

from checker.assessment.explained import explain


def test_scoring_page_is_current() -> None:
    """docs/scoring.md says what the data say. Regenerate: python -m checker.assessment.explained > docs/scoring.md"""
    page = Path(__file__).parents[3] / "docs" / "scoring.md"
    assert page.read_text("utf-8") == explain()
