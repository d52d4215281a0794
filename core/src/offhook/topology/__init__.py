"""The three reference set-ups as data: what they ask of a site, and whether a site does it."""
