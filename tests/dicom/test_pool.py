"""What is looked up in a pool is what a search through all headers finds, in their order; for any references at all."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from rtcheck.dicom.finding.headers import Header
from rtcheck.dicom.finding.pool import Pool
from rtcheck.dicom.finding.sources import Location

UIDS = st.sampled_from(["", "1", "2", "3"])
HEADERS = st.lists(
    st.builds(
        Header,
        location=st.integers(0, 40).map(lambda number: Location(Path(f"{number}.dcm"))),
        role=st.sampled_from(["plan", "dose", "structures", "image", None]),
        modality=st.sampled_from(["", "REG"]),
        sop_instance_uid=UIDS,
        frame_of_reference_uid=UIDS,
        plan_uids=st.lists(st.sampled_from(["1", "2", "3"]), max_size=3).map(tuple),
        structure_set_uid=UIDS,
    ),
    max_size=12,
    unique_by=lambda header: header.location,
)


@given(HEADERS, UIDS, st.lists(st.sampled_from(["1", "2", "3"]), max_size=3))
def test_every_look_up_finds_what_a_search_finds(headers, uid, wanted):
    pool = Pool(headers)
    distinct = [
        one for n, one in enumerate(headers)
        if not one.sop_instance_uid
        or (one.role, one.sop_instance_uid) not in [(each.role, each.sop_instance_uid) for each in headers[:n]]
    ]  # fmt: skip
    plans, doses = ([each for each in distinct if each.role == role] for role in ("plan", "dose"))
    assert sorted(pool.headers, key=headers.index) == distinct
    assert pool.plans_named(wanted) == [each for each in plans if each.sop_instance_uid in wanted]
    assert pool.plans_on(uid) == [each for each in plans if each.structure_set_uid == uid]
    assert pool.doses_for(wanted) == [each for each in doses if set(each.plan_uids) & set(wanted)]
    assert list(pool.doses_of_no_plan) == [
        each for each in doses if not {plan.sop_instance_uid for plan in plans} & set(each.plan_uids)
    ]
    sets = [each for each in distinct if each.role == "structures" and each.sop_instance_uid == uid != ""]
    assert pool.structure_set(uid) == (sets[0] if sets else None)
    assert list(pool.images_in(uid)) == [
        each for each in distinct if each.role == "image" and each.frame_of_reference_uid == uid
    ]
    assert list(pool.registrations) == [each.location for each in distinct if each.modality == "REG"]
    for chosen in distinct:
        assert list(pool.copies_of([chosen])) == [
            each for each in headers
            if each is not chosen and each.sop_instance_uid and each.role == chosen.role
            and each.sop_instance_uid == chosen.sop_instance_uid
        ]  # fmt: skip
