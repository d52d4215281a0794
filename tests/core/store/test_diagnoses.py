"""Diagnoses are kept as they were, the newest of each profile only."""

from datetime import timedelta

from offhook.model.diagnoses import Check, Diagnosis
from offhook.model.findings import Finding
from offhook.store.diagnoses import KEPT


def diagnosis(now, profile="staff", host="phones.example.org"):
    finding = Finding(level="failure", code="c", summary="S", meaning="M", action="A")
    checks = (
        Check(name="download", label="D", verdict="failed", findings=(finding,), seconds=0.5),
        Check(name="profile", label="P", verdict="passed"),
    )
    return Diagnosis(profile=profile, host=host, at=now, checks=checks, remarks=("r",))


def add(store, *made):
    with store.write() as tx:
        for each in made:
            tx.diagnoses.add(each)


def of(store, profile="staff"):
    with store.read() as tx:
        return tx.diagnoses.of(profile)


def test_a_diagnosis_comes_back_as_it_was(store, now):
    add(store, diagnosis(now))

    assert of(store) == [diagnosis(now)]
    assert of(store)[0].failed
    assert of(store, "others") == []


def test_the_newest_is_first_and_the_oldest_are_forgotten(store, now):
    add(store, diagnosis(now, profile="others"))
    for number in range(KEPT + 3):
        add(store, diagnosis(now + timedelta(minutes=number)))

    found = of(store)

    assert [found[0].at, found[-1].at] == [
        now + timedelta(minutes=KEPT + 2),
        now + timedelta(minutes=3),
    ]
    assert len(found) == KEPT
    assert len(of(store, "others")) == 1
