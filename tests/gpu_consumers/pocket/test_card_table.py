"""The model card says what evaluation printed, and marks what was missed."""

import json

from gpu_consumers.engines.pocket.recipe.card_table import rows


def test_a_missed_goal_is_marked_and_a_line_without_a_value_is_left_out() -> None:
    printed = [
        json.dumps({"measure": "glasses", "value": 0.95, "goal": 0.98, "holds": False, "n": 500}),
        json.dumps({"measure": "expression", "value": 1.0, "goal": 0.98, "holds": True}),
        json.dumps({"measure": "twin 3", "seconds": 66.0}),
        "Loading weights: 100%",
    ]
    *_, glasses, expression = rows(printed)
    assert glasses == "| glasses | 0.95 |  |  | 500 | 0.98 | **no** |"
    assert expression.endswith("| 0.98 | yes |")
