"""Slack: the same conversation as the widget, for people who live there (docs/slack.md, docs/decisions/0015-slack.md).

`part` puts it together; `switch` has `web.app` start it where there are tokens. `receiving` takes what Slack delivers, once. `talking`,
`boxes`, `commands`, `home`, `mentions` and `shortcuts` say what each thing leads to. `seats` knows who talks where; `showing` turns replies
into Block Kit; `sending` gets them to Slack, in order, until they are there.
"""
