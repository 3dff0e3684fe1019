"""What a person reads of a run, a version, an image or a source: in a terminal, and in a log; knows no Prefect."""
