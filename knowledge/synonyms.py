"""Synonyms of medical words in the groups that the bot serves, and their usual misspellings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_TABLE = """
crps: crps, rsd, rsds, crps1, crps2, crpsd, cprs, crsp, algodystrophy, algoneurodystrophy,
    causalgia, sudeck, sudecks, complex regional pain syndrome, complex regional pain,
    reflex sympathetic dystrophy, reflex sympathetic dystrophy syndrome, sudecks atrophy,
    crps rsd, rsd crps
ldn: ldn, lnd, lda naltrexone, low dose naltrexone, lowdose naltrexone, low does naltrexone,
    low dosage naltrexone, ldn naltrexone, l d n, low dose ldn
naltrexone: naltrexone, naltraxone, naltrexon, naltroxone, naltrexin, naltrexzone, naltrxone,
    naltrexalone, naltrexene, naltrexona, naltrexonum, nalterxone, naltrex, nalrtexone,
    naltrexen, revia, vivitrol, nal trexone, neltrexone, naltrixone, naltrekson, naltreksone
naloxone: naloxone, nalaxone, naloxon, naloxene, naloxan, narcan, narkan, narcane, nyxoid,
    kloxxado, evzio, zimhi, nalox, naloxine
"""
# One word, a colon, and all that mean it, with commas between; several words may mean it together.


def _read() -> dict[str, tuple[str, ...]]:
    entries = re.findall(r"^(\w+):([^:]*)(?=^\w+:|\Z)", _TABLE, re.MULTILINE)
    return {
        meaning: tuple(" ".join(other.split()) for other in others.split(","))
        for meaning, others in entries
    }


SYNONYMS: Mapping[str, Sequence[str]] = _read()
"""By a word: everything that is replaced by it."""
