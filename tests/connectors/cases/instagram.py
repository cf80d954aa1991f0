import dataclasses

from app.connectors.instagram import Instagram
from tests.connectors.cases import messenger

CASE = dataclasses.replace(messenger.CASE, connector=Instagram(), bodies=messenger.bodies("instagram"))
