"""What syncd does: each action asks (store, servers), decides by a rule, and saves. Doors call actions, never the store."""
