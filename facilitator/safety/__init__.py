"""Is somebody in danger? Answered on the text as typed, with no database, network or Rasa, and nothing loaded on import.

`screen.SafetyScreen` decides; `support.load_support` gives the words and the lines to show. Nothing here keeps,
logs or raises what a person typed. Why it is built this way: docs/decisions/0007-safety-screen.md.
"""
