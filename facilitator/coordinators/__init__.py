"""Who may look after activities, and what they did: accounts, sign-in, sessions, rights, the audit, flags. Works over storage alone.

Every function works inside the caller's unit of work. `rights` says who may do what; `audit` is where every read of words and every
change is written, in the same transaction. The pages are in web/review.
"""
