"""The Lohe coupling: small systems for the nodes, one method per file, none of which knows of positions."""
