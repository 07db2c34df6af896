"""How long a number in a document may be: Python converts no 5,000 digits."""

from typing import Any

from graphql import FloatValueNode, GraphQLError, IntValueNode, ValidationRule

from api.json_text import DIGITS_MAX


class DocumentNumbers(ValidationRule):
    """Refuses numbers beyond `DIGITS_MAX`. Comes before every rule that converts one."""

    def enter_int_value(self, node: IntValueNode, *_: Any) -> None:
        """Check a whole number."""
        self._check(node)

    def enter_float_value(self, node: FloatValueNode, *_: Any) -> None:
        """Check a fraction."""
        self._check(node)

    def _check(self, node: IntValueNode | FloatValueNode) -> None:
        if len(node.value) > DIGITS_MAX:
            self.context.report_error(
                GraphQLError("A number has too many digits.", node, extensions={"limit": "digits"})
            )
