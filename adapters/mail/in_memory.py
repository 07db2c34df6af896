"""Letters in a list: for tests, with the same contract."""

from commands.ports.post import Letter, PostUnavailable


class InMemoryPost:
    """The `Post` of commands. `is_away` has it take no letters for a while."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.is_away = False

    def send(self, letter: Letter) -> None:
        """Keep it. Raises `PostUnavailable` while it is away."""
        if self.is_away:
            raise PostUnavailable()
        self.letters.append(letter)
