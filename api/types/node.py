"""Relay's interface: anything with a global id."""

import strawberry


@strawberry.interface(description="Anything that can be asked for by its id.")
class Node:
    id: strawberry.ID
