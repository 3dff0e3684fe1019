"""Which rows go into which shard, night after night. Pure: tables in, tables out."""

from __future__ import annotations

from tasks.plan.place import PlanSettings, plan_shards
from tasks.plan.settle import Settled, settle
from tasks.plan.shard_plans import RefreshPlan, Rows, ShardPlan, as_new, choose_by_hash, hash_keys

__all__ = [
    "PlanSettings",
    "RefreshPlan",
    "Rows",
    "Settled",
    "ShardPlan",
    "as_new",
    "choose_by_hash",
    "hash_keys",
    "plan_shards",
    "settle",
]
