"""Words that mean much the same to the crisis check: "signals", and which of them stand together.

Nobody can list every way to say that one wants to die, but the ways share few ideas: who (`self`,
`other`), what (`die`, `took`, `breathe`), how much (`many`) and when (`now`). A classifier that
sees ideas, and pairs of ideas, recognises "she necked the lot" when it has learned "he took all
his pills".
"""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

PAIR_WINDOW = 6
"""How many words apart two signals may stand to count as a pair."""

SIGNALS: dict[str, str] = {
    "die": (
        "die dies dying died dead death deaths perish deceased"
    ),
    "kill": (
        "kill kills killing killed kil killin unalive unaliving murder"
    ),
    "kms": (
        "kms kys ctb unalive sewerslide"
    ),
    "suicide": (
        "suicid* suicde suicdal suicidle su1cid* sucid* suiside icide selfharm* sh"
    ),
    "harm": (
        "hurt hurting harm harming cut cutting cuts slash slashing slit burn burned hang "
        "hanging hanged shoot shooting drown drowning jump jumping stab strangle starve "
        "starving punish scratch hitting bleed throw"
    ),
    "self": (
        "myself myslf meself himself herself themselves themself himslf"
    ),
    "me": (
        "me my mine i im ive id ill"
    ),
    "end": (
        "end ending ended ends finish finished finishing over quit stop stopping checking "
        "leave leaving gone go done"
    ),
    "life": (
        "life live living alive exist existing existence lives world earth being"
    ),
    "want": (
        "want wants wanted wanna wnna wish wishing wished hope hoping hopes pray praying "
        "ready rather sooner"
    ),
    "plan": (
        "plan planned planning going gonna decided decide deciding will about tried try "
        "attempt attempted attempts chosen picked googled looked way ways how method "
        "methods"
    ),
    "think": (
        "think thinking thought thoughts mind voices feel feeling feels urge urges idea"
    ),
    "not": (
        "dont not no never cant cannot couldnt wont without nothing nobody isnt doesnt "
        "didnt wouldnt"
    ),
    "goodbye": (
        "goodbye goodbyes bye farewell note forgive sorry message remember goodnight"
    ),
    "burden": (
        "burden better off miss relieved worthless"
    ),
    "wake": (
        "wake waking woken woke wakes awake rouse"
    ),
    "sleep": (
        "sleep asleep sleepy drowsy"
    ),
    "forever": (
        "forever permanent anymore again tonight soon sunday friday monday tomorrow "
        "christmas night"
    ),
    "means": (
        "bridge roof train tracks rope gun pistol rifle noose cliff cliffs ledge razor "
        "blade knife stash window belt rafters"
    ),
    "took": (
        "took taken take tuk taking swallow* drank drink drunk downed popped necked ate "
        "eaten eat chewed licked gave given inject* sniffed had used bit mixed"
    ),
    "od": (
        "overdose* overdosing overdosed overdsoe od odd oding ods oded"
    ),
    "many": (
        "all whole entire bottle bottles box boxes pack packet packets packs month months "
        "weeks too many much load loads handful double doubled twice extra empty both lot "
        "lots bunch ton dozen entire everything more"
    ),
    "meds": (
        "pill pills tablet tablets tablts tabs tab med meds medication medications medicine "
        "medicines capsule capsules patch patches drops dose doses painkillers painkiller "
        "prescription ldn naltrexone tramadol oxy oxycodone oxycontin morphine codeine "
        "fentanyl methadone gabapentin pregabalin lyrica amitriptyline paracetamol tylenol "
        "acetaminophen ibuprofen benzos valium diazepam xanax percocet vicodin norco "
        "hydrocodone opioids opiates heroin insulin"
    ),
    "poison": (
        "poison poisoned poisoning bleach antifreeze toxic chemicals cleaner fluid monoxide "
        "berries"
    ),
    "lethal": (
        "lethal leathal fatal deadly deadliest kill die od overdose"
    ),
    "dose": (
        "dose amount many much enough"
    ),
    "other": (
        "son daughter husband wife mum mom mother dad father baby toddler kid kids child "
        "grandson granddaughter nan gran friend brother sister he she hes shes they him her "
        "partner boyfriend girlfriend niece nephew teenager teen someone lady mate flatmate "
        "neighbour neighbor roommate"
    ),
    "throat": (
        "throat tongue tong lips lip face mouth airway eyes"
    ),
    "swell": (
        "swell* swollen swelled closing closed tight tightening puffy huge blisters lumpy "
        "big blown trhoat"
    ),
    "breathe": (
        "breath* breathe breathing breth air gasping choking choke wheezing suffocating "
        "brethe"
    ),
    "chest": (
        "chest heart chets"
    ),
    "pain": (
        "pain pains pressure crushing tight attack hurts squeezing racing stopping "
        "palpitations"
    ),
    "stroke": (
        "stroke droop* dropped slur* lopsided gibberish numb weak sided"
    ),
    "collapse": (
        "collapsed collapse unconscious unresponsive passed fainted fainting seizure "
        "seizures seizing fit fitting fitted convuls* consciousness responding respond "
        "slumped limp blackout conscious"
    ),
    "blood": (
        "blood bleeding"
    ),
    "colour": (
        "blue grey gray purple white"
    ),
    "helpnow": (
        "ambulance 911 999 112 emergency paramedics crisis hotline epipen anaphyla* "
        "anaphylaxis anaphylactic allergic alergic"
    ),
    "now": (
        "now right just minutes ago started suddenly sudden today since"
    ),
    "past": (
        "years year ago once history 2018 2019 2020 2021 2022 2023 2024 recovered past "
        "awareness"
    ),
    "query": (
        "does do can is are what why cause causes risk effect effects side called"
    ),
}
"""Signal to its words; a star stands for any ending."""

_WHOLE: dict[str, tuple[str, ...]] = {}
_BEGINNINGS: dict[str, tuple[str, ...]] = {}
for _signal, _words in SIGNALS.items():
    for _word in _words.split():
        _table, _word = (_BEGINNINGS, _word[:-1]) if _word.endswith("*") else (_WHOLE, _word)
        _table[_word] = (*_table.get(_word, ()), _signal)
_SHORTEST = min(map(len, _BEGINNINGS))


def signals(word: str) -> tuple[str, ...]:
    """The signals that a word gives; most words give none."""
    found = _WHOLE.get(word, ())
    for end in range(_SHORTEST, len(word) + 1):
        found += _BEGINNINGS.get(word[:end], ())
    return found


def signal_features(text: Sequence[str]) -> list[int]:
    """Numbers for the signals in a text, and for every pair of them that stand close."""
    places = [(at, signal) for at, word in enumerate(text) for signal in signals(word)]
    found = {signal for _, signal in places}
    for number, (at, first) in enumerate(places):
        for other, second in places[number + 1 :]:
            if other - at > PAIR_WINDOW:
                break
            if other > at and first != second:
                found.add(f"{first} {second}")
    return [crc32(name.encode(), 3) for name in sorted(found)]
