"""Work that consumers elsewhere do: wait for it, or do it here when nobody else does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from wirewatch.settings import Settings
from wirewatch.stream.admin import READS, members, positions
from wirewatch.stream.consumer import Consumed, Until, slow_group
from wirewatch.stream.dead_letters import waiting_by_consumer

LOOK_EVERY_S = 1.0

log = logging.getLogger(__name__)

Run = Callable[[Settings, Until], Consumed]


def work_off(settings: Settings, consumer: str, run: Run) -> Consumed:
    """Return when all that waits for ``consumer`` now is done: by those at work already, else by ``run`` here.

    Where some are at work they are only watched; should the last of them go, the rest is done here. What is counted is
    what was waiting, and what of ``consumer``'s went to the dead letters meanwhile. Raises what ``run`` does.
    """
    groups = [group for group in (consumer, slow_group(consumer)) if group in READS]
    if not at_work(settings, groups):
        return run(settings, Until.END)
    before = positions(settings)
    ends = {tp: at.end for group in groups for tp, at in before[group].items()}
    waiting_before = sum(at.end - at.done for group in groups for at in before[group].values())
    refused_before = _refused(settings, consumer)
    log.info("%s is at work elsewhere; waiting for %d messages", consumer, waiting_before)
    while True:
        now = positions(settings)
        if all(now[group][tp].done >= ends[tp] for group in groups for tp in before[group]):
            return Consumed(waiting_before, max(0, _refused(settings, consumer) - refused_before))
        if not at_work(settings, groups):
            log.info("%s is gone; its work is done here", consumer)
            return run(settings, Until.END)
        time.sleep(LOOK_EVERY_S)


def at_work(settings: Settings, groups: Sequence[str]) -> bool:
    """Whether every one of these consumer groups has a process at work."""
    present = members(settings)
    return all(present[group] for group in groups)


def _refused(settings: Settings, consumer: str) -> int:
    return waiting_by_consumer(settings, (consumer,)).get(consumer, 0)
