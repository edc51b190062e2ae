"""The benchmarks (``script/bench``): figures against a peer or a limit, measured in the same run."""
