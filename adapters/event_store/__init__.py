"""How events are kept: recorder, mapper, hash chain, snapshots, and readers that follow along."""
