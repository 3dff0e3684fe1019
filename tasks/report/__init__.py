"""What a run found, against what its config admits."""
