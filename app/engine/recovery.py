"""What happens between an assignment and the first record."""

from typing import Any

from faust.tables.manager import TableManager
from faust.tables.recovery import RebalanceAgain, Recovery


class TakeOver(Recovery):
    """Without tables Faust's recovery only resumes the streams; ours takes the source partitions over before that.

    `_wait` ends the take-over when another rebalance or the end of the process comes first.
    """

    async def _resume_streams(self, generation_id: int = 0) -> None:
        if self.app.consumer_generation_id == generation_id:
            await self._wait(self._take_over())
        await super()._resume_streams(generation_id=generation_id)

    async def _take_over(self) -> None:
        if not await self.app.take_over(self.app.consumer.assignment()):
            raise RebalanceAgain  # cancelling instead would end this service


class NoTables(TableManager):
    """Faust's table manager, with TakeOver as its recovery and no tables."""

    @property
    def recovery(self) -> Any:
        """Ours, made when first asked for, as in Faust."""
        if self._recovery is None:
            self._recovery: Any = TakeOver(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    def add(self, table: Any) -> Any:
        """Refused."""
        raise TypeError(f"Table {table}: state belongs in a processor (app.processor), where it is exact")
