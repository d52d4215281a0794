"""Says why a phone does not ring: what happened, what it means, what to do."""
