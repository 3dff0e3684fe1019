from __future__ import annotations

import pytest

from tasks.label_kinds import LabelReading


@pytest.mark.parametrize(
    ("cell", "separator", "labels"),
    [
        pytest.param("cat|dog", "|", ["cat", "dog"], id="labels with a separator"),
        pytest.param(" cat | dog |cat", "|", ["cat", "dog"], id="each once, without blanks"),
        pytest.param("[1.0, 160.0]", ",", ["1.0", "160.0"], id="a list of numbers"),
        pytest.param("['sea lion', \"cat\"]", ",", ["sea lion", "cat"], id="a list of quoted texts"),
        pytest.param("['a' 'b']", " ", ["a", "b"], id="a list without commas"),
        pytest.param("[]", ",", [], id="an empty list"),
        pytest.param("[draft", ",", ["[draft"], id="one bracket is a part of the label"),
        pytest.param("[a|b]", "", ["[a|b]"], id="without a separator a cell is one label"),
        pytest.param("  ", "", [], id="nothing"),
    ],
)
def test_a_cell_holds_several_labels_as_the_separator_says(cell: str, separator: str, labels: list[str]) -> None:
    assert LabelReading("many", separator).parts_of(cell) == labels
