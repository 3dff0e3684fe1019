"""One run, from what is asked to what is published. It knows no engine: whoever calls says how its steps are done."""
