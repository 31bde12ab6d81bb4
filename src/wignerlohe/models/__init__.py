"""The models of the paper, one per file: the equation first, then its terms. No time is stepped here."""
