"""The larger sentence model (all-mpnet-base-v2, tuned): asked only when the small one is not sure that a message is safe."""
