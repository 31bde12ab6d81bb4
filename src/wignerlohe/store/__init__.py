"""Results on disk: the labelled data set, the writer that commits it in whole time slabs, and provenance."""
