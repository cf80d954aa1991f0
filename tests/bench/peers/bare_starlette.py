"""The peer of the gateway: a bare Starlette endpoint on uvicorn that reads the body and answers 204. Argument: the port."""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


async def read(request: Request) -> Response:
    await request.body()
    return Response(status_code=204)


if __name__ == "__main__":
    app = Starlette(routes=[Route("/in/{connector}/{account}", read, methods=["POST"])])
    port = int(sys.argv[1])
    uvicorn.run(app, port=port, http="httptools", loop="uvloop", ws="none", lifespan="off", log_level="error")
