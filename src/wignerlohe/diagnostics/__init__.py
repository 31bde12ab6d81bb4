"""Pure functions of states and correlations: what a reader wants to know about them."""
