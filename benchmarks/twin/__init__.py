"""What ours is compared with: `rules.yml` makes stock's rules-only twin, the rest makes ours on Rasa as it comes."""
