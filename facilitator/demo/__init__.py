"""A made-up activity with made-up people, so that a newcomer sees every page of the review app alive: `make demo`.

`script` reads who says what from knowledge/demo.yml, `talking` lets one of them say it through the same services as a real person, and
`build` puts it all together in an empty database.
"""
