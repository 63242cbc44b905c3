"""What can happen in a turn: one function for each thing a person may want, grouped by topic of conversation."""
