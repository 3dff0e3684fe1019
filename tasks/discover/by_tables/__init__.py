"""Sources that tables describe: rows with named columns, joined, filtered, matched to files."""
