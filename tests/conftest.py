"""How long properties are searched: briefly in `make test`, for longer in `make fuzz`."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

slow_ones_too = [HealthCheck.too_slow]  # one whole shard or image an example
settings.register_profile("brief", max_examples=60, deadline=None, suppress_health_check=slow_ones_too)
settings.register_profile("fuzz", max_examples=5_000, deadline=None, suppress_health_check=slow_ones_too)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "brief"))
