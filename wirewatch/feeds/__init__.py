"""Feeds: which there are, how they are fetched and read, and how often they are asked.

listed      feeds.toml: the feeds people own, and which outlets belong together
safety      which addresses may be asked
connection  connections that go to the address that was checked
compressed  bodies opened no further than a limit
fetch       one request with its redirects, within limits
parse       bytes to items: RSS, Atom, RDF, and with json_feed JSON Feed (items, html_text and dates are its parts)
identity    which article an item is, whatever it is called today
rhythm      when to ask again
state       what is known of a feed, its health, and how each answer changes them
coverage    which countries and languages are covered
discover    the feeds behind a page
opml        lists of feeds from and for other programs
robots      which pages a site lets us fetch
page        the text of an article's page
"""
