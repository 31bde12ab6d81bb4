"""Config files: TOML tables (`tables`), their faults (`faults`), and the problem that they pose (`problem`)."""
