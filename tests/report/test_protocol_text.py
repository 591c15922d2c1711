"""`protocols show`: every fact of a protocol that decides about a plan is printed."""

from support.cases import protocol_of

from rtcheck.report.pages.protocols import protocol_text

EVERYTHING = """
name: shown
site: brain
if_drawn: true
required_structures: [SpinalCord]
applies_to: {site: [SRS], label: [BRE*], dose: 20-30 Gy}
prescription: {targets: {PTV_High: 25 Gy, PTV_Low: 20 Gy}, fractions: 5}
structures: {Brain-GTV: {derive: Brain - all GTV, alpha_beta: 2, note: healthy brain}}
models: {tumour: {type: Poisson, alpha: 0.3, alpha_beta: 10, clonogens_per_cc: 1e7, source: "A source"}}
constraints:
  - {structure: each PTV, goal: CI_Paddick >= 0.7, region: 20 mm}
  - {structure: Brain-GTV, goal: V12Gy < 10 cc, if_drawn: false, score: [10 at 5 cc, 0 at 12 cc]}
  - {structure: PTV_Low, target: PTV_Low, goal: D95% >= 95 %}
  - {structure: Liver, goal: "NTCP[liver_primary_dawson] < 5 %"}
  - {structure: SpinalCord, goal: Dmax < 20 Gy, surrogates: [SpinalCanal]}
"""


def test_what_decides_about_a_plan_is_printed(tmp_path):
    lines = [line.strip() for line in protocol_text(protocol_of(tmp_path, EVERYTHING)).splitlines()]
    for expected in (
        "site: brain",
        "applies to plans that name: SRS",
        "applies to plan labels: BRE*",
        "applies to dose: 20 to 30 Gy",
        "dose level of PTV_High: 25 Gy",
        "dose level of PTV_Low: 20 Gy",
        "limits on organs that are not contoured do not apply; targets are always required",
        "must be contoured: SpinalCord",
        "each PTV: CI_Paddick >= 0.7  (isodoses within 20 mm alone)",
        "Brain-GTV: V12Gy < 10 cc  (must be contoured)",
        "score: 10 at 5, 0 at 12 cc",
        "PTV_Low: D95% >= 95 %  (% of the prescription to PTV_Low)",
        "SpinalCord: Dmax < 20 Gy  (surrogates SpinalCanal)",
        "Brain-GTV: derived: Brain - all GTV; alpha/beta 2 Gy; healthy brain",
        "tumour: Poisson, alpha 0.3/Gy, 10000000 clonogens/cc, alpha/beta 10 Gy (A source)",
    ):
        assert expected in lines
    assert any(line.startswith("liver_primary_dawson: LKB, n 0.97, m 0.12, TD50 39.8 Gy") for line in lines)
