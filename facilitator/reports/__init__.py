"""What coordinators take away: exports of what people let them read, row by row, and figures fit to be shown.

`fit` makes what people typed harmless in any program, `rows` reads it in batches, `files` writes tables down, `lines` writes everything
down, and `tickets` keeps how far each export has got.
"""
