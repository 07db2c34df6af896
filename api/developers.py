"""What somebody needs who writes a client: the contract, and a page that says how to use it."""

from pathlib import Path

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse, PlainTextResponse

from api.schema import StudioSchema, schema_text

CONTRACT_PATH = "/schema.graphql"
PAGE_PATH = "/developers"


def developer_routes(schema: StudioSchema, web: Path) -> APIRouter:
    """The contract as SDL at CONTRACT_PATH, and the page of the folder `web` at PAGE_PATH."""
    routes = APIRouter()
    contract = schema_text(schema)

    @routes.get(CONTRACT_PATH)
    async def schema_graphql() -> Response:
        return PlainTextResponse(contract)

    @routes.get(PAGE_PATH)
    async def developers() -> Response:
        return FileResponse(web / "developers.html")

    return routes
