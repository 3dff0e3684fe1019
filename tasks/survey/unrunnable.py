"""What `init` says instead of a config whose run would be refused, or publish nothing."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping

from tasks.config_keys import ConfigKeys, SourceKeys
from tasks.discover.proposals import Proposal, UnsettledLayoutError
from tasks.errors import LayoutError
from tasks.images.named_formats import never_read
from tasks.publish import OutputSettings, refuse_guests, refuse_overlap
from tasks.reasons import Reason
from tasks.report.gates import Gates
from tasks.samples import Discovery, count_values
from tasks.storage import is_url
from tasks.survey.starting import Target, name_of, with_label_file
from tasks.survey.surveying import place_of


def refuse_output(target: Target, label_file: str = "") -> None:
    """Raise where a run would refuse the output of *target*, as far as that is known without the network.

    Args:
        target: What the config is for.
        label_file: The name of the label file that was found in the source; empty where none was.

    Raises:
        OutputError: It lies in the source, or the source in it; or it holds other things.
    """
    output, source = (
        place if is_url(place) else os.path.normpath(place_of(place)) for place in (target.output, target.source)
    )
    settings = OutputSettings(path=output)
    refuse_overlap(output, with_label_file(source, label_file))
    refuse_guests(settings, name_of(target.source))


def refuse_unrunnable(found: Discovery) -> None:
    """Raise where more of *found* is rejected before any image is opened than a run admits.

    Raises:
        LayoutError: None of its images is of a format that any config admits, by name.
        UnsettledLayoutError: It is; each proposal is a config that runs.
    """
    if unread := never_read(found.samples["location"]):
        raise LayoutError(f"No image can be read: {unread}.")
    reasons = count_values(found.rejections["reason"])
    rejected, limit = sum(reasons.values()), Gates().max_reject_fraction
    if rejected <= limit * found.listed:
        return
    told = ", ".join(f"{count:,} × {reason}" for reason, count in reasons.items())
    what = (
        f"{rejected:,} of {found.listed:,} images would be rejected ({told}), more than `gates.max_reject_fraction` "
        f"admits ({limit:.0%}), so this config would publish nothing. Mend the source, or say what becomes of them:"
    )
    raise UnsettledLayoutError.of("rejected", what, _proposals(found, reasons), found.notices)


def _proposals(found: Discovery, reasons: Mapping[str, int]) -> list[Proposal]:
    source: SourceKeys = {"layout": found.layout, **found.keys.get("source", {})}
    share = min(1.0, math.ceil(100 * sum(reasons.values()) / max(found.listed, 1) + 1) / 100)
    ways: list[tuple[str, SourceKeys]] = []
    if reasons.get(Reason.UNEVEN_DEPTH.value):
        ways += [
            ("an image in a folder that has classes below it has that folder's class", {"uneven": "keep"}),
            ("such an image has the topmost folder's class", {"uneven": "top"}),
        ]
    if reasons.get(Reason.NO_LABEL.value):
        ways.append(("images without a label shall be kept, as label -1", {"allow_unlabeled": True}))
    proposals = [Proposal(says, {**found.keys, "source": {**source, **more}}) for says, more in ways]
    rejected: ConfigKeys = {**found.keys, "source": source, "gates": {"max_reject_fraction": share}}
    return [*proposals, Proposal("they are to be rejected", rejected)]
