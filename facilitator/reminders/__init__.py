"""Reminders: what somebody who prepares an activity is reminded of, when, and that it happens once.

`hours` knows when people work, `plan` what there is to remind of, `store` keeps it and claims what is due. Where a reminder is read is for
others to say: `web.slack.reminding`.
"""
