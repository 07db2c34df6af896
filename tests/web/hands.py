"""How somebody works a page: with a pointer, or with the keyboard alone."""

from typing import Protocol

from playwright.sync_api import FilePayload, Locator, Page, expect

TABS_MAX = 150


class Hand(Protocol):
    """What a person does to a control that they see."""

    def press(self, control: Locator) -> None:
        """A button, or a link."""

    def tick(self, control: Locator) -> None:
        """A box, or one of several."""

    def write(self, control: Locator, text: str) -> None:
        """Into a field."""

    def choose(self, control: Locator, files: list[FilePayload]) -> None:
        """Files, in the browser's own window."""


class Pointer:
    """A mouse, or a finger."""

    def press(self, control: Locator) -> None:
        """Click it."""
        control.click()

    def tick(self, control: Locator) -> None:
        """Click it, if it is not ticked."""
        control.check()

    def write(self, control: Locator, text: str) -> None:
        """Put it in."""
        control.fill(text)

    def choose(self, control: Locator, files: list[FilePayload]) -> None:
        """Hand them to the browser."""
        control.set_input_files(files)


class Keyboard:
    """Keys alone: what cannot be reached by Tab cannot be used."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def press(self, control: Locator) -> None:
        """Go there, and Enter."""
        self._go_to(control)
        self._page.keyboard.press("Enter")

    def tick(self, control: Locator) -> None:
        """Go there, and Space. Of several the one that is focused is moved with arrows."""
        if control.is_checked():
            return
        self._go_to(control)
        self._page.keyboard.press("Space")
        expect(control).to_be_checked()

    def write(self, control: Locator, text: str) -> None:
        """Go there, and type."""
        self._go_to(control)
        self._page.keyboard.press("ControlOrMeta+a")
        self._page.keyboard.insert_text(text)

    def choose(self, control: Locator, files: list[FilePayload]) -> None:
        """Go there, Space, and choose in the browser's own window."""
        self._go_to(control)
        with self._page.expect_file_chooser() as window:
            self._page.keyboard.press("Space")
        window.value.set_files(files)

    def _go_to(self, control: Locator) -> None:
        expect(control).to_be_enabled()
        for _ in range(TABS_MAX):
            if control.evaluate("one => one === document.activeElement"):
                return
            self._page.keyboard.press("Tab")
        raise AssertionError(f"no Tab leads to {control}")
