"""What must never be stored is taken out at the door: names, numbers, addresses, dates of birth.

`redact.Redactor` does it; `names.looks_like_full_name` checks a pseudonym. Nothing is loaded on import, nothing reaches
the network, and nothing here logs or raises what a person typed. Why it is so: docs/decisions/0008-redaction.md.
"""
