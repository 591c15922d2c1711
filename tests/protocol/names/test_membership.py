"""Which ROIs are all targets of a kind. The expectations are read off the names and types by hand."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtcheck.case import Roi
from rtcheck.protocol.names.aliases import Aliases
from rtcheck.protocol.names.helpers import helper_sign
from rtcheck.protocol.names.membership import Selection, select_targets

KINDS = ("GTV", "CTV", "PTV")
NAMED_KINDS = (*KINDS, "ITV")


def drawn(*named_and_typed: tuple[str, str]) -> tuple[Roi, ...]:
    return tuple(Roi(number=k, name=name, type=kind, contours=7) for k, (name, kind) in enumerate(named_and_typed, 1))


def members(selection: Selection) -> list[str]:
    return [roi.name for roi in selection.members]


def doubts(selection: Selection) -> list[str]:
    return [doubt.roi.name for doubt in selection.doubts]


def state(name: str, type: str, kind: str = "GTV", *, beside: tuple[tuple[str, str], ...] = (("GTV1", "GTV"),)) -> str:
    """Whether a ROI is a "member", in "doubt" or "left out" of all targets of a kind, beside others in its set."""
    selection = select_targets(kind, drawn(*beside, (name, type)))
    return "member" if name in members(selection) else "doubt" if name in doubts(selection) else "left out"


def names_of(text: str) -> list[str]:
    """Names between bars and line ends."""
    return [name.strip() for name in re.split(r"[|\n]", text) if name.strip()]


# --- type and name agree ------------------------------------------------------------------------------------------

SPELLINGS_OF_A_GTV = """
    GTV|GTV2|gtv 3|GTVp|GTVn2|GTV_Liver|GTV-T|GTV_5000|GTVnd|GTV 50 Gy|GTV(1)|GTV (2)|GTV-PET|GTV-MRI|GTV#2|GTV/2
    GTVseg8|GTVprim|GTVsum|GTVges|GTVHCC|GTVLK|GTV_T+N|GTVexsp|GTV PET/CT|GTV_MRT_T1|GTV.1|GTV:2|GTV No 2|GTVnx
    GTV_boost|GTVtotal|GTV all|GTVs|GTV links|GTV re|L GTV|MOD1_GTV|Boost GTV|H&N GTV|liver_gtv|Lung GTV|preGTV
    GTV Leber|GTV foie|GTV\N{EM DASH}PET|G.T.V.|G T V|MRI-GTV|GTV chest wall|GTV Temporallappen|GTV Testis|GTV nodes
"""


@pytest.mark.parametrize("name", names_of(SPELLINGS_OF_A_GTV))
def test_a_gtv_by_type_that_is_called_gtv_in_any_clinics_way_is_a_member(name):
    assert state(name, "GTV") == "member"


@pytest.mark.parametrize("name", ["Rezidiv", "Lesion 1", "HCC segment 7", "Tumor", "M1", "Herd A", "Tumorbett", ""])
def test_a_gtv_by_type_whose_name_says_nothing_else_is_a_member(name):
    assert state(name, "GTV") == "member"


@pytest.mark.parametrize("name", ["GTV", "GTV_2", "gtv 1", "GTVp"])
@pytest.mark.parametrize("type", ["", "NONE", "ORGAN"])
def test_where_no_type_tells_targets_apart_a_plain_name_makes_a_member(name, type):
    assert state(name, type, beside=(("Liver", type), ("PTV_1", type))) == "member"


@pytest.mark.parametrize(
    ("name", "type", "kind"),
    [
        ("CTV_5400", "CTV", "CTV"),
        ("CTV-N 60", "CTV", "CTV"),
        ("PTV 1mm (off brainstem)", "PTV", "PTV"),  # a PTV is a CTV with a margin, and is named after it
        ("H&N PTV_55 Gy", "PTV", "PTV"),
        ("PTV_5mm", "PTV", "PTV"),
        ("PTV_GTV", "PTV", "PTV"),
        ("PGTVnd", "PTV", "PTV"),
        ("pGTV", "GTV", "GTV"),
        ("pGTV", "PTV", "PTV"),
        ("iGTV", "", "ITV"),
        ("ITV_4D", "CTV", "ITV"),  # DICOM has no type for an ITV
        ("PTV70 GY", "", "PTV"),
        ("PTV48.6_sg", "", "PTV"),
        ("HR-CTV", "CTV", "CTV"),
        ("Zielvolumen", "PTV", "PTV"),
        ("大体肿瘤", "GTV", "GTV"),
        ("计划靶区", "PTV", "PTV"),
    ],
)
def test_the_other_kinds_have_their_own_ways(name, type, kind):
    assert state(name, type, kind, beside=()) == "member"


# --- type and name do not agree -----------------------------------------------------------------------------------


SPELLINGS_THAT_MAY_BE_NONE = """
    GTV_5mm|GTV+5mm|GTV_1cm|GTV+0.5|GTV expanded|GTV_ring1|GTVring|GTV_PRV05|GTV_old2|GTV opt|GTVopt|GTVeval|GTVOpt
    zGTV|_GTV|xGTV|NOT GTV|nonGTV|GTV-PTV|PTV-GTV|GTV1-GTV2|Liver-GTV|GTV-Liver|GTV and cord|GTV&Leber|GTV/CTV|GTV+PTV
    iGTV|aGTV|PGTV|GTV shell|GTV copy|GTV 95%|Anneau GTV|GTV Rand|GTV sans PET|GTV minus Blase|GTV外扩|环GTV
    GTV~|GTV noskin|GTV exkl. Haut|GTV优化|GTV seeds|GTV surface|GTV surf|zzGTV|z GTV|ZGTV
    Ring|Lesion 1 + 5 mm|Tumor Bed Block|Prostate|Leber|Breast|CTV1|ITV|Kidney_L
"""


@pytest.mark.parametrize("name", names_of(SPELLINGS_THAT_MAY_BE_NONE))
def test_a_gtv_by_type_whose_name_may_be_another_thing_is_in_doubt(name):
    assert state(name, "GTV") == "doubt"


@pytest.mark.parametrize("type", ["ORGAN", "CTV", "PTV", "CONTROL", "AVOIDANCE", "DOSE_REGION"])
@pytest.mark.parametrize("name", ["GTV2", "GTV-PET", "GTV_Liver", "gtv"])
def test_what_is_called_gtv_and_typed_otherwise_beside_gtvs_by_type_is_in_doubt(name, type):
    assert state(name, type) == "doubt"


@pytest.mark.parametrize("type", ["", "ORGAN"])
@pytest.mark.parametrize(
    "name",
    names_of(
        "GTV-PET|GTV#2|GTVHCC|Liver GTV|iGTV|Tumor 2|Lesion 1|Metastase|肿瘤|腫瘍 1|Target|pGTV|HCC-2|Zielvolumen|Mass|"
        "Guz 1|Nádor|Daganat|Tümör|Kasvain|Svulst|Опухоль|Метастаз 2|Όγκος|종양|ورم"
    ),
)
def test_without_types_a_name_that_may_be_a_gtvs_is_in_doubt(name, type):
    assert state(name, type, beside=(("GTV", type),)) == "doubt"


@pytest.mark.parametrize(
    ("name", "type", "kind"),
    [
        ("PTV", "CTV", "PTV"),
        ("PTV", "CTV", "CTV"),
        ("ITV1", "CTV", "CTV"),
        ("CTV1-CTV2", "CTV", "CTV"),
        ("PTV-bowel", "PTV", "PTV"),
        ("PTV opt", "PTV", "PTV"),
        ("zPTV", "PTV", "PTV"),
        ("PTVeval", "PTV", "PTV"),
        ("PTV+5mm", "PTV", "PTV"),
        ("PTV+", "PTV", "PTV"),
        ("PTV-", "PTV", "PTV"),
        ("-PTV", "PTV", "PTV"),
        ("PTV70-54", "PTV", "PTV"),
        ("CTV_PRV03", "CTV", "CTV"),
        ("CTV & Blase", "CTV", "CTV"),
    ],
)
def test_doubts_of_the_other_kinds(name, type, kind):
    assert state(name, type, kind, beside=(("CTV", "CTV"), ("PTV1", "PTV"))) == "doubt"


def test_types_that_two_codes_contradict_are_in_doubt():
    coded = Roi(number=1, name="Boost", type="", codes=(("99VMS_STRUCTCODE", "GTVp"),), contours=3)
    assert members(select_targets("GTV", [coded])) == ["Boost"]
    called = Roi(number=2, name="GTV", type="ORGAN", codes=(("99VMS_STRUCTCODE", "PTV_High"),), contours=3)
    assert doubts(select_targets("GTV", [called])) == ["GTV"]


# --- certainly none -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["", "ORGAN", "CONTROL", "AVOIDANCE", "PTV", "CTV"])
@pytest.mark.parametrize(
    "name",
    [
        "GTV_5mm",
        "GTV_1cm",
        "GTV_expanded",
        "GTV_ring1",
        "GTV_PRV05",
        "GTV_old2",
        "zGTV",
        "NOT GTV",
        "Liver-GTV",
        "PTV-GTV",
    ],
)
def test_a_helper_of_another_type_is_left_out(name, type):
    assert state(name, type) == "left out"


@pytest.mark.parametrize(
    ("name", "type"),
    [
        ("Liver", "ORGAN"),
        ("PTV", "PTV"),
        ("PTV_GTV", "PTV"),  # type and name agree on a PTV
        ("PGTVnd", "PTV"),
        ("Tumor bed", ""),
        ("GTV", "MARKER"),  # a point
        ("Rectum", ""),
        ("External", "EXTERNAL"),
    ],
)
def test_what_is_no_gtv_by_type_and_name_is_left_out(name, type):
    assert state(name, type) == "left out"


def test_a_pgtv_beside_its_gtv_is_the_planning_volume_also_without_types():
    rois = drawn(("GTVnd", ""), ("PGTVnd", ""))
    assert (members(select_targets("GTV", rois)), doubts(select_targets("GTV", rois))) == (["GTVnd"], [])
    assert members(select_targets("PTV", rois)) == ["PGTVnd"]


def test_the_structures_derived_from_targets_of_a_real_set_without_types():
    names = [
        "PTV_67Gy",
        "PTV_60Gy",
        "PTV_57_6Gy",
        "PTV48.6_sg",
        "Rectum-PTVs",
        "Bladder-PTVs",
        "PB-PTVs",
        "Anus_NotPTV",
        "Annulus1",
        "GTV",
    ]
    selection = select_targets("PTV", drawn(*((name, "ORGAN") for name in names)))
    assert members(selection) == names[:4]
    assert doubts(selection) == []
    assert [roi.name for roi in selection.left_out] == names[4:8]


def test_a_target_without_contours_is_missing_evidence_until_the_alias_file_says_that_it_is_none():
    rois = [*drawn(("GTV1", "GTV")), Roi(number=9, name="GTV2", type="GTV", contours=0)]
    selection = select_targets("GTV", rois)
    assert (members(selection), doubts(selection)) == (["GTV1"], ["GTV2"])
    assert selection.lines == ("not GTV: [GTV2]",)
    assert not select_targets("GTV", rois, Aliases(selections={"not GTV": ("GTV2",)})).doubts
    assert select_targets("GTV", rois, Aliases(selections={"all GTV": ("GTV2",)})).doubts


@pytest.mark.parametrize("name", ["Segment 7", "M1", "Boost", "TumorBed", "x7", "5000 (VMAT)"])
def test_a_roi_of_which_nothing_tells_what_it_is_is_named(name):
    untyped = select_targets("GTV", drawn(("GTV1", ""), ("Liver", ""), (name, "")))
    assert (members(untyped), [roi.name for roi in untyped.unclear]) == (["GTV1"], [name])
    settled = select_targets("GTV", drawn(("GTV1", ""), (name, "")), Aliases(selections={"not GTV": (name,)}))
    assert settled.unclear == ()


@pytest.mark.parametrize(
    "name", ["Leber", "Prostate+SVs", "PTV ring", "zMist", "GTV_5mm", "Annulus1", "couch", "CTV_7"]
)
def test_organs_helpers_and_other_targets_are_clear_also_without_types(name):
    assert select_targets("GTV", drawn(("GTV1", ""), (name, ""))).unclear == ()


def test_where_a_set_has_types_an_organ_by_type_is_clear():
    assert select_targets("GTV", drawn(("GTV1", "GTV"), ("5mm buffer 2x", "ORGAN"), ("x7", "ORGAN"))).unclear == ()
    assert select_targets("GTV", drawn(("GTV1", "ORGAN"), ("x7", "ORGAN"))).unclear != ()


# --- the alias file settles it ------------------------------------------------------------------------------------

DOUBTFUL = drawn(("GTV1", "GTV"), ("GTV_5mm", "GTV"), ("GTV-PET", "ORGAN"))


def settled(**lines: tuple[str, ...]) -> Selection:
    selections = {key.replace("_", " "): names for key, names in lines.items()}
    return select_targets("GTV", DOUBTFUL, Aliases(selections=selections))


def test_both_lines_are_offered_and_each_settles_its_names():
    open_set = select_targets("GTV", DOUBTFUL)
    assert open_set.lines == ("all GTV: [GTV_5mm, GTV-PET]", "not GTV: [GTV_5mm, GTV-PET]")
    assert all(line in open_set.reason for line in open_set.lines)
    both = settled(all_GTV=("GTV-PET",), not_GTV=("GTV_5mm",))
    assert (members(both), both.reason) == (["GTV1", "GTV-PET"], "")
    assert doubts(settled(all_GTV=("GTV-PET",))) == ["GTV_5mm"]


def test_a_line_that_names_some_members_takes_no_other_member_away():
    # The file is of a clinic, not of a patient: another patient's GTV1 is a GTV too.
    assert members(settled(all_GTV=("GTV-PET", "GTV_5mm"))) == ["GTV1", "GTV_5mm", "GTV-PET"]


def test_case_and_blanks_do_not_count_in_a_line_but_a_dash_does():
    assert doubts(settled(all_GTV=("gtv 5mm",))) == ["GTV-PET"]
    assert doubts(settled(not_GTV=("GTV_PET", "GTV_5mm"))) == ["GTV-PET"]


def test_an_alias_to_a_gtv_makes_a_member_and_one_to_an_organ_a_doubt():
    assert "GTV-PET" in members(select_targets("GTV", DOUBTFUL, Aliases({"GTVp": ("GTV-PET",)})))
    assert doubts(select_targets("GTV", DOUBTFUL, Aliases({"Liver": ("GTV1",)}))) == ["GTV1", "GTV_5mm", "GTV-PET"]
    assert doubts(select_targets("GTV", DOUBTFUL, Aliases({"Boost": ("GTV1",)}))) == ["GTV_5mm", "GTV-PET"]


@pytest.mark.parametrize(
    ("line", "name", "type"), [("all GTV", "PTV1", "PTV"), ("not GTV", "GTV2", "GTV"), ("all GTV", "Kidney_L", "ORGAN")]
)
def test_a_line_against_type_and_name_is_obeyed_and_named(line, name, type):
    selection = select_targets("GTV", drawn((name, type)), Aliases(selections={line: (name,)}))
    assert (name in members(selection)) == line.startswith("all")
    (doubt,) = selection.against_evidence
    assert name in doubt.why


# --- properties ---------------------------------------------------------------------------------------------------

HELPER_WORDS = names_of("""
    ring|shell|wall|edge|margin|expanded|exp|opt|optim|eval|crop|cropped|cut|minus|sub|not|no|non|without|outside|inside
    avoid|spare|sparing|push|block|help|dummy|temp|tmp|test|old|copy|prv|prv05|air|nt|couch|buffer|rind|halo|overlap
    isodose|rand|saum|ohne|nicht|hilf|alt|kopie|anneau|marge|sans|moins|ancien|anillo|margen|menos|viejo|anello|senza
    meno|vecchio|zonder|oud|margem|sem|5mm|1cm|+5mm|+0.3|2,5cm|+1
""")
TYPES = ["", "ORGAN", "GTV", "CTV", "PTV", "CONTROL", "AVOIDANCE", "NONE", "EXTERNAL"]

gaps = st.sampled_from(["", "_", " ", ".", "_ "])
labels = st.sampled_from(["", "1", "2", "_3", "p", "n1", "_Liver", " 50Gy", "_PET", "-MRI", "#2", "seg8", "(1)", "HCC"])
types = st.sampled_from(TYPES)
cases = st.sampled_from([str, str.lower, str.upper])


@st.composite
def helper_names(draw: st.DrawFn) -> tuple[str, str]:
    """(kind, a name with a helper word before or after it)."""
    kind, word, gap = draw(st.sampled_from(KINDS)), draw(st.sampled_from(HELPER_WORDS)), draw(gaps)
    if word[0].isdigit() and kind == "PTV" and word.endswith("mm"):
        word = "+" + word  # without the plus it is the PTV's own margin
    label = draw(labels)
    if word in ("no", "nt") or not gap:
        label = ""  # "no 2" is a number, and glued letters are another word
    if word[0].isdigit() or word[0] == "+":
        return kind, draw(cases)(f"{kind}{gap}{word}")
    is_before = draw(st.booleans())
    name = f"{word}{gap or '_'}{kind}{label}" if is_before else f"{kind}{label}{gap}{word}"
    return kind, draw(cases)(name)


@given(helper_names(), types, st.lists(types, max_size=2))
def test_no_name_with_a_helper_word_is_ever_silently_a_member(kind_and_name, type, others):
    kind, name = kind_and_name
    assert helper_sign(name, kind=kind)
    for wanted in NAMED_KINDS:
        beside = tuple((f"{wanted}{k}", other) for k, other in enumerate(others))
        assert name not in members(select_targets(wanted, drawn(*beside, (name, type))))


any_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)


@given(st.sampled_from(KINDS), any_text, any_text, types, st.booleans())
def test_no_roi_of_a_kind_by_type_and_name_is_ever_silently_left_out(kind, before, after, other, is_lower):
    name = f"{before}{kind.lower() if is_lower else kind}{after}"
    selection = select_targets(kind, drawn(("Liver", "ORGAN"), ("X", other), (name, kind)))
    assert name in [roi.name for roi in selection.candidates]


@given(st.sampled_from(KINDS), st.text(max_size=12), types)
def test_a_roi_is_member_or_doubt_or_neither_but_never_both_and_its_doubt_can_be_settled(kind, name, type):
    rois = drawn((name, type))
    selection = select_targets(kind, rois)
    assert len(selection.candidates) <= 1
    for line, are in (("all", 1), ("not", 0)):
        again = select_targets(kind, rois, Aliases(selections={f"{line} {kind}": (name,)}))
        assert (len(again.members), len(again.doubts)) == (are if type not in ("MARKER",) else 0, 0)


TYPED = st.sampled_from(
    [
        *(("Liver", "ORGAN"), ("Kidney_L", "ORGAN"), ("x7", "ORGAN"), ("BODY", "EXTERNAL"), ("PTV ring", "CONTROL")),
        *(("GTV1", "GTV"), ("GTV-PET", "GTV"), ("Rezidiv", "GTV"), ("Segment 7", "GTV"), ("M1", "GTV"), ("", "GTV")),
        *(("CTV_1", "CTV"), ("Boost", "PTV"), ("PTV_60", "PTV"), ("GTV_5mm", "CONTROL"), ("ITV1", "ORGAN")),
    ]
)


@given(st.sampled_from(KINDS), st.lists(st.tuples(TYPED, st.booleans()), max_size=6), st.booleans())
def test_types_that_are_lost_never_change_a_set_without_a_word(kind, rows, all_are_organs):
    """Some types are empty, or all are ORGAN: a set may become smaller, but never silently."""
    before = select_targets(kind, drawn(*(typed for typed, _ in rows)))
    blank = [(name, "" if is_lost else type) for (name, type), is_lost in rows]
    as_organs = [(name, "ORGAN") for (name, _), _ in rows]
    after = select_targets(kind, drawn(*(as_organs if all_are_organs else blank)))
    if not before.doubts and members(after) != members(before):
        assert after.doubts or after.unclear


# --- letters that only look Latin ---------------------------------------------------------------------------------

LOOK_ALIKES = [
    "G\N{CYRILLIC CAPITAL LETTER TE}V2",
    "G\N{GREEK CAPITAL LETTER TAU}V2",
    "G\N{CYRILLIC CAPITAL LETTER TE}\N{CYRILLIC CAPITAL LETTER IZHITSA}p",
    "G\N{ZERO WIDTH SPACE}TV2",
    "\N{ZERO WIDTH NO-BREAK SPACE}GTV",
    "GT\N{SOFT HYPHEN}V-PET",
    "g\N{CYRILLIC SMALL LETTER TE}v 3",
]


@pytest.mark.parametrize("type", ["ORGAN", "", "CONTROL", "PTV"])
@pytest.mark.parametrize("name", LOOK_ALIKES)
def test_a_name_that_only_looks_like_a_gtv_is_in_doubt_unless_its_type_says_so(name, type):
    assert state(name, type) == "doubt"
    assert state(name, "GTV") == "member"


def test_the_doubt_names_the_letter_that_only_looks_latin():
    (doubt,) = select_targets("GTV", drawn(("GTV1", "GTV"), (LOOK_ALIKES[0], "ORGAN"))).doubts
    assert "CYRILLIC CAPITAL LETTER TE" in doubt.why


@pytest.mark.parametrize(
    "name",
    [
        "G\N{CYRILLIC CAPITAL LETTER TE}V_ring",
        "ЛЕГКОЕ",
        "ПЕЧЕНЬ",
        "ΠΝΕΥΜΟΝΑΣ",
        "肝臓",
        "Lunge \N{GREEK SMALL LETTER ALPHA}",
    ],
)
def test_helpers_and_words_of_another_script_are_no_look_alikes(name):
    assert state(name, "ORGAN") == "left out"
