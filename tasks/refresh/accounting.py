"""Where every image of a run went, and what that changed against the version before."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from tasks.columns import Rejections
from tasks.errors import DatasetError
from tasks.publish import Run
from tasks.refresh.outcome import Account
from tasks.refresh.planning import PlannedRun
from tasks.refresh.rounds import BuiltShards


def account_of(run: Run, planned: PlannedRun, built: BuiltShards, rejections: Rejections) -> Account:
    """Where every image went.

    Raises:
        DatasetError: The sums differ, which no input can bring about.
    """
    deduplicated = pc.sum(pc.equal(rejections["stage"], "dataset")).as_py() or 0
    before = {shard.path for shard in run.history.manifest.shards} if run.history.manifest else set()
    new = [file for file in built.rows.files if file.name not in before]
    account = Account(
        listed=planned.discovery.listed,
        carried=planned.carried,
        written=sum(file.rows for file in built.rows.files),
        rejected=rejections.num_rows - deduplicated,
        deduplicated=deduplicated,
        images_fetched=built.counts["fetched"] + _count_in(planned.recalled["run"], pa.array([""])),
        images_decoded=built.counts["decoded"],
        rows_copied=built.counts["copied"],
        shards_built=len(new),
        shards_kept=len(built.rows.files) - len(new),
        bytes_written=sum(file.bytes for file in new),
    )
    if not account.balances:
        raise DatasetError(
            f"The account does not balance: {account.listed} listed + {account.carried} carried is not "
            f"{account.written} written + {account.rejected} rejected + {account.deduplicated} deduplicated. "
            "Nothing was published; this is a defect of parquetry."
        )
    return account


def changes_of(planned: PlannedRun, built: BuiltShards, rejections: Rejections) -> dict[str, int]:
    """What changed, by state; what moved is neither added nor deleted."""
    before, after = planned.past.ids, built.rows.table["sample_id"].combine_chunks()
    left_out = planned.past.left_out
    failing = pc.is_in(left_out["stage"], value_set=pa.array(["fetch", "image"]))
    added, moved = _count_others(after, before), len(built.settled.moved)
    fetched = pc.equal(rejections["stage"], "fetch")
    return {
        "unchanged": planned.plan.states.get("unchanged", 0),
        "added": added - moved,
        "changed": built.counts["changed"],
        "relabelled": planned.plan.states.get("relabelled", 0),
        "moved": moved,
        "touched": built.counts["touched"],
        "deleted": _count_others(before, after) - moved,
        "carried": planned.carried,
        "stale": built.stale.num_rows,
        "failed": int(pc.sum(fetched).as_py() or 0),
        "recovered": left_out.num_rows and _count_in(left_out["sample_id"].filter(failing).unique(), after),
        "duplicates": len(built.settled.duplicates),
        "leaks": built.settled.leaks,
        "rebalanced": sum(planned.rebalanced.values()),
        "resplit": sum(planned.resplit.values()),
    }


def _count_in(ids: pa.Array | pa.ChunkedArray, others: pa.Array) -> int:
    return int(pc.sum(pc.is_in(ids, value_set=others)).as_py() or 0)


def _count_others(ids: pa.Array, others: pa.Array) -> int:
    return len(ids) - _count_in(ids, others)
