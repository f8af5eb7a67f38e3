"""The daily digest and the channel it is told to."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from producers import digest
from tests.builders import replaced
from tests.receivers import webhook
from wirewatch.notify import NotSent
from wirewatch.notify.channels import add_channel
from wirewatch.settings import Settings

NOW = datetime.now(UTC)


def test_a_channel_that_is_not_made_yet_costs_the_digest_nothing_and_it_says_how_to_make_it(
    settings: Settings, tmp_path: Path
) -> None:
    line = replaced(settings, data_dir=str(tmp_path / "data"), digest="ops")
    written = digest.run(line, now=NOW)
    assert Path(written.file).is_file()
    assert written.told is None
    assert "told to nobody: `wirewatch alerts channel add ops URL` makes the channel" in written.says

    with webhook() as receiver:
        add_channel(line, "ops", receiver.url())
        receiver.status = 500
        with pytest.raises(NotSent):  # one that is there and does not answer is tried again by the task
            digest.run(line, now=NOW)
        receiver.status = 200
        written = digest.run(line, now=NOW)  # on the same day still
        assert (written.told, len(receiver.ids)) == ("ops", 1)
        assert "told to nobody" not in written.says
