"""Ideas behind the words of a crisis, for `knowledge.safety`.

Nobody can list every way to say that one wants to die, but the ways share few ideas: who (`self`,
`child`), what (`die`, `took`, `breathe`), how much (`many`) and when (`now`). A classifier which
sees ideas, and which of them stand together, recognises "she necked the lot" when it has learned
"he swallowed them all". Add a word to an idea here when people use it that way; what an idea
means for the verdict is learned from `crisis.yaml`, not written here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from knowledge.features import parts_of, sequence_features

PAIR_WINDOW = 8
"""The largest distance, in words, of two ideas that make a pair."""

_TABLE = """
die: die dies dying died dead ded death deaths perish grave coffin funeral
kill: kill kills killing killed kil killin unalive unaliv* murder strangle hang hanging hanged
    shoot shooting drown drowning stab
kms: kms kys ctb unalive sewerslide
suicide: suicid* suicde suicdal suicidle sucid* suiside suisid* sucide icide su1cid* s1cid*
    suicdial suicdle sui
selfharm: selfharm* sh cutting slash* slit razor blade wrists wrist thighs
harm: hurt hurting harm* cut cuts burn burned hitting punish scratch bleed
self: myself myslf meself himself herself themselves themself yourself self
me: me my mine i im ive id ill
end: end ending ended ends finish* over quit checking leave leaving gone log done
life: life live living alive exist existing existence lives world earth being
want: want wants wanted wanna wnna wana wish wishes wishing wished hope hoping hopes pray
    praying ready rather sooner prefer let please
plan: plan planned planning going gonna decided decide deciding about tried try attempt* chosen
    picked googled looked way ways how method* search
think: think thinking thought thoughts mind head voices feel feeling feels urge* idea dream
not: dont not no never wont without nothing nobody isnt doesnt didnt wouldnt none
cant: cant cannot couldnt carnt cnt unable struggling struggle hard trouble difficult difficulty
    barely hardly
goodbye: goodbye* bye farewell note forgive sorry message remember goodnight
burden: burden better off miss relieved worthless easier happier
wake: wake waking woken woke wakes awake rouse come
sleep: sleep asleep sleepy drowsy
forever: forever permanent permanently anymore tonight soon sunday friday monday tomorrow
    christmas last
means: bridge roof train tracks rope gun pistol rifle noose cliff cliffs ledge knife stash
    window belt rafters bullet sidearm edge balcony jump jumping multi storey garage
took: took taken tuk tok swallow* drank drunk downed popped necked ate eaten licked chewed gave
    given inject* sniffed snorted had bit mixed emptied sucked
take: take taking takes drink eat eating
od: overdos* od odd oding ods oded overdsoe overdoes
all: all whole entire everything every both lot lots full
many: bottle bottles box boxes pack packet packets packs month months weeks many much load loads
    handful fistful double doubled twice extra empty bunch ton dozen strip 2
number: three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty hundred
too: too way more
meds: pill pills tablet tablets tablts tabs tab med meds medication* medicine medicines capsule
    capsules patch patches drops painkiller* prescription ldn naltrexone tramadol oxy oxycodone
    oxycontin morphine codeine fentanyl methadone gabapentin pregabalin lyrica amitriptyline
    paracetamol tylenol acetaminophen ibuprofen benzo* valium diazepam xanax percocet vicodin
    norco hydrocodone opioid* opiate* heroin insulin zopiclone baclofen zolpidem ambien
    clonazepam lorazepam temazepam duloxetine stuff
poison: poison* bleach antifreeze toxic chemicals cleaner fluid monoxide berries weedkiller
    detergent battery
lethal: lethal leathal letal fatal deadly deadliest dangerous
dose: dose doses amount dosage quantity enough limit
amount: many much
child: son daughter baby toddler kid kids child kiddo grandson granddaughter niece nephew
    teenager teen little year yo boy girl lad
person: husband wife hubby mum mom mam mother dad father nan gran grandma grandad brother sister
    he she hes shes they him her partner boyfriend girlfriend someone lady mate flatmate
    roommate housemate neighbour neighbor friend aunt uncle cousin bf gf ex coworker
throat: throat throte thorat troat tongue tounge tong lips lip mouth airway windpipe
face: face eyes eye smile cheek
swell: swel* swol* clos* tight tightening puff* huge blister* lumpy big bigger blown balloon*
    massive trhoat block* grow
breathe: breath* brethe breeth* air gasp* chok* wheez* suffocat* respiration oxygen lungs
chest: chest chets chect breastbone jaw
heart: heart hart
pain: pain pains pian pressure crushing attack hurts hurt squeez* tightness
racing: racing stopping palpitations pounding explode stop stopped stops
stroke: stroke stork droop* dropped slur* lopsided gibberish numb weak sided speech wonky
    jumbled
collapse: collaps* unconscious uncon* unrespons* passed pass out faint* blacked blacking
    seizure* siezure* seizing fit fitting fits fitted convuls* consciousness respond* slumped
    limp blackout floor floppy shaking jerking
blood: blood bleed* haemorrhage froth
colour: blue grey gray purple white pale cold clammy
help: ambulance 911 999 112 000 emergency paramedic* crisis hotline epipen anaphyla* anaphal*
    allergic alergic allergy reaction cpr defibrillator help hospital samaritans
now: now right just minutes started suddenly sudden today since hours ago morning
past: years year once history 2015 2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 recovered
    past awareness twenties teens childhood
asks: does do can could is are what which why how where should would will
foot: foot feet leg legs hand hands arm arms ankle knee limb skin toe toes finger fingers
    shoulder wrist
ldn: ldn naltrexone crps article section leaflet naloxone drug spray
lol: lol haha lmao joke joking hahaha rofl
affairs: will wills funeral cremat* buri* solicitor testament insurance passwords password affairs
    arranged arrangements sorted order letter letters ashes belongings bank paperwork
faith: god lord jesus christ allah heaven hell pray prays prayed praying soul maker angel angels
    bless mercy sin paradise church priest imam gods
tool: hammer lighter scissors fist fists wall head needle needles pin pins cigarette* iron kettle
    punch punching punched bang banging banged smash scald*
water: river sea lake canal ocean water waves bath weir
alcohol: wine beer beers vodka whisky whiskey gin rum sherry booze alcohol drunk pint pints brandy
    cider hangover champagne
sick: sick vomit* puk* throwing dizzy woozy nause* sweat* shak* trembl* drows* confus* halluc*
    itch* rash hives fever feverish
mild: bit little slightly slight usual usually normal normally odd funny
pet: cat cats dog dogs puppy kitten horse horses pony budgie parrot rabbit hamster goldfish fish
    hens chickens vet vets cow cows sheep bird birds
nature: plant plants houseplant* garden gardening lawn grass tree trees flowers flower roses rose
    orchid tomatoes tomato weeds lettuce* slugs seeds leaves bulbs allotment compost hedge
food: tea coffee cake cakes curry pizza soup biscuit biscuits chocolate cheese bread dough sourdough
    dinner lunch breakfast supper pasta rice chips crisps toast egg eggs salad sandwich yoghurt
    yogurt juice milk sugar lasagne cuppa snack snacks meal cook cooking cooked baking bake
thing: phone wifi internet battery batteries laptop printer computer screen keyboard mouse tv
    telly car van bike bicycle fridge freezer oven kettle washing hoover hoovering vacuum mattress
    chair wheelchair table sofa drawers shoe shoes boot boots socks trousers jeans coat hat gloves
    umbrella bag lamp bulb boiler engine machine clock watch crutch crutches walker cushion
home: room kitchen bathroom bedroom lounge stairs sink house flat bungalow roof floor door
media: film films movie movies book books novel series episode season song songs music podcast game
    games gaming netflix show shows quiz crossword puzzle minecraft fortnite boss level character
    characters theatre play concert band album drama thriller villain author chapter story plot
    documentary news cinema finale spoiler* trailer
sport: match team cup league goal goals gym swim swimming football soccer cricket rugby darts
    basketball baseball golf tennis marathon bingo yoga pilates dance dancing knitting crochet
    sewing hike hiking
work: work job office shift shifts colleagues manager teacher class school uni university college
    course exam exams homework deadline project presentation career
admin: form forms claim appeal email emails letter pip benefits council copay bill bills price
    prices cost costs invoice queue parking tax refund receipt website
clinic: doctor doctors dr gp consultant specialist nurse clinic appointment appointments referral
    physio therapist therapy pharmacist pharmacy chemist surgery xray mri scan dentist neurologist
    rheumatologist waiting
study: study studies trial trials research paper essay thesis dissertation statistics statistic
    percentage rate rates risk risks training prevention conference webinar talk charity fundraiser
    fundraising volunteer volunteering poster term lecture leaflet side effect effects
group: group channel server bot moderator moderators mod mods admin discord slack thread link post
    posts chat notifications zoom app meeting meetings
weather: rain raining sun sunny heat heatwave weather snow wind windy humid storm
event: party wedding birthday holiday holidays trip meetup picnic retreat barbecue visit festival
joy: lovely brilliant great happy glad fun funny enjoy* cheers thanks thank delighted proud excited
    excit* yay hooray giggle laugh laughed laughing hilarious gorgeous fab fabulous amazing awesome
    nice best wins improved better bliss treat
anger: annoy* angry furious cross grumpy irritat* mad livid rage
sad: sad low lonely alone cry crying cried tears miss gutted grief griev* upset
despair: hopeless hope despair desperate useless pointless point trapped broken empty unbearable
    bear cope coping struggling drowning exhausted torture
foreign: quiero morir morirme muero muerte matarme vivir vida dolor suicidarme veux mourir mort
    vivre vie douleur suicider sterben leben tot schmerzen umbringen nicht mehr voglio morire vita
    dolore quero morrer viver mori wil dood leven
"""
# An idea, a colon, and the words that may stand for it; a star stands for any ending.


_PAIRS, _GISTS = 3, 4


@dataclass(frozen=True, slots=True, eq=False)
class Idea:
    """A group of words with a common meaning."""

    part: bytes
    """Its name as bytes, to be hashed together with other words or ideas (`knowledge.features`)."""
    number: int
    """The number of the feature that a text has it."""


def _read_ideas() -> tuple[dict[str, tuple[Idea, ...]], dict[str, tuple[Idea, ...]]]:
    whole: dict[str, tuple[Idea, ...]] = {}
    beginnings: dict[str, tuple[Idea, ...]] = {}
    named: dict[str, Idea] = {}
    for word in _TABLE.split():
        if word.endswith(":"):
            name = word.removesuffix(":")
            [part] = parts_of([name])
            idea = named.setdefault(name, Idea(part, crc32(part, _PAIRS)))
            continue
        table = beginnings if word.endswith("*") else whole
        key = word.removesuffix("*")
        table[key] = (*table.get(key, ()), idea)
    return whole, beginnings


_WHOLE, _BEGINNINGS = _read_ideas()
_NUMBER = _WHOLE["seven"][0]
_SHORTEST = min(map(len, _BEGINNINGS))
_BY_FIRST_LETTERS = {
    letters: sorted((each for each in _BEGINNINGS if each.startswith(letters)), key=len)
    for letters in {each[:_SHORTEST] for each in _BEGINNINGS}
}

KNOWN_WORDS = tuple(_WHOLE)
"""The words of all ideas, which a vocabulary should know, to correct typing errors in them."""


def _ideas(word: str) -> tuple[Idea, ...]:
    found = _WHOLE.get(word, ())
    for beginning in _BY_FIRST_LETTERS.get(word[:_SHORTEST], ()):
        if word.startswith(beginning):
            found += _BEGINNINGS[beginning]
    return found


_KNOWN = {word: _ideas(word) for word in _WHOLE}


def ideas(word: str) -> tuple[Idea, ...]:
    """The ideas that a word may stand for, the main one first; empty for most words."""
    if (found := _KNOWN.get(word)) is not None:
        return found
    return (_NUMBER,) if word.isdigit() else _ideas(word)


def pair_features(found: Sequence[tuple[Idea, ...]]) -> list[int]:
    """Numbers for the ideas of a text, given for each word, and for all pairs of close ones."""
    places = [(at, idea) for at, several in enumerate(found) for idea in several]
    numbers = {idea.number for _, idea in places}
    for start, (at, first) in enumerate(places, 1):
        for other, second in places[start:]:
            if other - at > PAIR_WINDOW:
                break
            if first is not second:
                numbers.add(crc32(second.part, first.number))
    return list(numbers)


def gist_features(parts: Sequence[bytes], found: Sequence[tuple[Idea, ...]]) -> list[int]:
    """Numbers for runs of two and three words, each word replaced by its main idea, if any."""
    gist = [
        several[0].part if several else part for part, several in zip(parts, found, strict=True)
    ]
    return sequence_features(gist, range(2, 4), salt=_GISTS)
