"""Feeds: which there are, how they are fetched and read, and how often they are asked.

listed      feeds.toml: the feeds people own, and which outlets belong together
safety      which addresses may be asked
connection  connections that go to the address that was checked
compressed  bodies opened no further than a limit
fetch       one request with its redirects, within limits
"""
