"""The line under a hammer: faults by a schedule, and a ledger of what came through."""
