"""Words that mean the same in the groups we serve, and their usual misspellings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SYNONYMS: Mapping[str, Sequence[str]] = {
    "crps": (
        "crps", "rsd", "rsds", "crps1", "crps2", "crpsd", "cprs", "crsp",
        "algodystrophy", "algoneurodystrophy", "causalgia", "sudeck", "sudecks",
        "complex regional pain syndrome", "complex regional pain", "reflex sympathetic dystrophy",
        "reflex sympathetic dystrophy syndrome", "sudecks atrophy", "crps rsd", "rsd crps",
    ),
    "ldn": (
        "ldn", "lnd", "lda naltrexone", "low dose naltrexone", "lowdose naltrexone",
        "low does naltrexone", "low dosage naltrexone", "ldn naltrexone", "l d n",
        "low dose ldn",
    ),
    "naltrexone": (
        "naltrexone", "naltraxone", "naltrexon", "naltroxone", "naltrexin", "naltrexzone",
        "naltrxone", "naltrexalone", "naltrexene", "naltrexon", "naltrexona", "naltrexonum",
        "nalterxone", "naltrex", "nalrtexone", "naltrexen", "revia", "vivitrol", "nal trexone",
        "neltrexone", "naltrixone", "naltrekson", "naltreksone",
    ),
    "naloxone": (
        "naloxone", "nalaxone", "naloxon", "naloxene", "naloxan", "narcan", "narkan", "narcane",
        "nyxoid", "kloxxado", "evzio", "zimhi", "nalox", "naloxine",
    ),
}
"""One word to all that mean it; several words may mean it together."""
