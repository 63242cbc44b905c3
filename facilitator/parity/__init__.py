"""The parity view: how people who use services and people who provide them rate the same points, side by side.

`figures` counts and compares, `release` decides when figures may change, `view` puts the page together, `store` reads and writes,
`outside` has the rule for figures across activities. Why it is so: docs/decisions/0014-small-groups.md.
"""
