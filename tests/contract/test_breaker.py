# License AGPL-3.0 or later (https://www.gnu.org/licenses/agpl).
"""Who is asked, who waits and who is put off."""

import itertools
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ponto_api.breaker import LONGEST_PASS_S, Admission, Breaker

GO, WAIT, PUT_OFF = Admission.GO, Admission.WAIT, Admission.PUT_OFF


class Clock:
    def __init__(self):
        self.now_s = 5.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


def ask(breaker, integration, outcome, address="ponto"):
    """Send a request if that is allowed, and tell what came of it."""
    admission = breaker.admit(address, integration)
    if admission is GO:
        getattr(breaker, f"note_{outcome}")(address, integration)
    return admission


def test_nothing_wrong_puts_nobody_off(breaker):
    assert {ask(breaker, name, "answer") for name in "aabbccaa"} == {GO}


def test_the_other_feeds_of_an_integration_that_failed_are_put_off(breaker):
    assert ask(breaker, "a", "failure") is GO
    assert ask(breaker, "a", "answer") is PUT_OFF
    assert ask(breaker, "b", "answer") is GO
    assert ask(breaker, "a", "answer") is PUT_OFF


def test_after_two_integrations_the_address_is_put_off(breaker):
    ask(breaker, "a", "failure")
    ask(breaker, "b", "failure")
    assert ask(breaker, "c", "answer") is PUT_OFF
    assert ask(breaker, "c", "answer", address="another") is GO


def test_an_answer_in_between_saves_the_address(breaker):
    for outcome in ("failure", "answer", "failure", "answer", "failure"):
        assert ask(breaker, object(), outcome) is GO


def test_one_integration_that_fails_in_each_pass_does_not_put_off_its_address(breaker):
    for _pass in range(5):
        assert ask(breaker, "a", "failure") is GO
        assert ask(breaker, "a", "failure") is PUT_OFF
        breaker.end_pass()
    assert ask(breaker, "b", "answer") is GO


def test_the_next_pass_tries_one_feed_and_then_all(breaker):
    for name in "ab":
        ask(breaker, name, "failure")
    breaker.end_pass()
    assert ask(breaker, "c", "answer") is GO
    assert [ask(breaker, name, "answer") for name in "aabb"] == [GO] * 4


def test_the_next_pass_tries_one_feed_and_then_none(breaker):
    for name in "ab":
        ask(breaker, name, "failure")
    breaker.end_pass()
    assert ask(breaker, "c", "failure") is GO
    assert [ask(breaker, name, "answer") for name in "abcd"] == [PUT_OFF] * 4


def test_the_first_request_to_an_address_goes_alone(breaker):
    assert breaker.admit("ponto", "a") is GO
    assert [breaker.admit("ponto", name) for name in "ab"] == [WAIT, WAIT]
    assert breaker.admit("another", "c") is GO
    breaker.note_answer("ponto", "a")
    assert [breaker.admit("ponto", name) for name in "abab"] == [GO] * 4


def test_the_first_request_of_each_pass_goes_alone(breaker):
    ask(breaker, "a", "answer")
    breaker.end_pass()
    assert breaker.admit("ponto", "a") is GO
    assert breaker.admit("ponto", "b") is WAIT


def test_an_integration_that_failed_before_is_tried_by_one_request(breaker):
    ask(breaker, "a", "failure")
    breaker.end_pass()
    ask(breaker, "b", "answer")
    assert breaker.admit("ponto", "a") is GO
    assert breaker.admit("ponto", "a") is WAIT
    assert breaker.admit("ponto", "b") is GO
    breaker.note_answer("ponto", "a")
    assert [breaker.admit("ponto", "a")] * 2 == [GO] * 2


def test_a_request_that_was_not_sent_lets_the_next_one_go(breaker):
    assert ask(breaker, "a", "nothing") is GO
    assert breaker.admit("ponto", "b") is GO


def test_fewer_requests_are_asked_of_one_integration_for_a_time(breaker, clock):
    assert breaker.admit("ponto", "a") is GO
    breaker.note_slow_down("ponto", "a", 30)
    assert ask(breaker, "b", "answer") is GO
    assert ask(breaker, "a", "answer") is PUT_OFF
    clock.now_s += 20
    assert (breaker.get_wait_s("a"), breaker.get_wait_s("b")) == (10, 0)
    clock.now_s += 20
    breaker.end_pass()
    assert (ask(breaker, "a", "answer"), breaker.get_wait_s("a")) == (GO, 0)


def test_fewer_requests_without_a_time_means_none_more_in_this_pass(breaker):
    assert breaker.admit("ponto", "a") is GO
    breaker.note_slow_down("ponto", "a", None)
    assert (ask(breaker, "a", "answer"), ask(breaker, "b", "answer")) == (PUT_OFF, GO)
    breaker.end_pass()
    assert ask(breaker, "a", "answer") is GO


def test_who_is_due_in_the_next_pass_may_ask_though_the_time_is_known(breaker, clock):
    """The schedule keeps the time that was asked for, and people may change that."""
    ask(breaker, "a", "answer")
    breaker.note_slow_down("ponto", "a", 7200)
    breaker.end_pass()
    clock.now_s += 200
    assert breaker.is_slowed_down("a")
    assert breaker.get_wait_s("a") == 7000
    assert ask(breaker, "a", "answer") is GO


@pytest.mark.parametrize("seconds", [30, None])
def test_no_answer_ends_the_time_that_was_asked_for(breaker, seconds):
    """What was asked before may be answered after."""
    ask(breaker, "a", "answer")
    breaker.note_slow_down("ponto", "a", seconds)
    breaker.note_answer("ponto", "a")
    assert ask(breaker, "a", "answer") is PUT_OFF
    assert breaker.is_slowed_down("a")
    assert not breaker.is_slowed_down("b")


def test_a_pass_ends_with_the_last_one_who_works(breaker):
    with breaker.working():
        ask(breaker, "a", "failure")
        with breaker.working():
            breaker.end_pass()
        assert ask(breaker, "a", "answer") is PUT_OFF
        breaker.end_pass()
        assert ask(breaker, "a", "answer") is GO


def test_a_pass_that_nobody_ends_is_over_some_day(breaker, clock):
    ask(breaker, "a", "failure")
    clock.now_s += LONGEST_PASS_S - 1
    assert ask(breaker, "a", "answer") is PUT_OFF
    clock.now_s += 2
    assert ask(breaker, "a", "answer") is GO


def test_what_is_forgotten_is_as_if_it_had_never_been(breaker):
    breaker.admit("ponto", "a")
    breaker.note_slow_down("ponto", "a", 30)
    ask(breaker, "b", "failure")
    ask(breaker, "c", "failure")
    breaker.forget()
    assert [ask(breaker, name, "answer") for name in "abc"] == [GO] * 3


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abcde"),
            st.sampled_from(["answer", "failure", "end"]),
        )
    )
)
def test_a_pass_of_an_outage_costs_two_requests_whatever_was_before(history):
    breaker = Breaker(Clock())
    for integration, outcome in history:
        if outcome == "end":
            breaker.end_pass()
        else:
            ask(breaker, integration, outcome)
    breaker.end_pass()
    names = [f"{name}{number}" for number in range(9) for name in "abcde"]
    sent = [ask(breaker, name[0], "failure") for name in names].count(GO)
    assert 1 <= sent <= 2


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["answer", "failure"])))
)
def test_an_address_that_answers_again_keeps_nobody_waiting(history):
    breaker = Breaker(Clock())
    for integration, outcome in history:
        ask(breaker, integration, outcome)
    breaker.end_pass()
    assert [ask(breaker, name, "answer") for name in "abcabc"] == [GO] * 6


# === WHO STOPS WHOM === #


def run_pass(breaker, integrations, broken):
    """Ask for all integrations, in the order of a pass; return those that answered."""
    answered = set()
    for name in sorted(integrations, key=breaker.get_rank):
        outcome = "failure" if name in broken else "answer"
        if ask(breaker, name, outcome) is GO and outcome == "answer":
            answered.add(name)
    breaker.end_pass()
    return answered


ALL = range(8)
SETS = st.sets(st.sampled_from(ALL))


@pytest.mark.parametrize("broken", list(itertools.combinations(ALL, 2)))
def test_two_that_are_broken_stop_no_other_for_longer_than_a_pass(breaker, broken):
    run_pass(breaker, ALL, broken)
    for _pass in range(3):
        assert run_pass(breaker, ALL, broken) == set(ALL) - set(broken)


@given(SETS)
def test_a_pass_that_leaves_out_a_healthy_one_finds_another_broken_one(broken):
    """So after as many passes as are broken, all healthy ones are asked in each.

    Sooner would not do: before anybody answers, this is an outage of the address,
    which costs two requests, and one in each further pass.
    """
    breaker = Breaker(Clock())
    for _pass in broken:
        known = set(filter(breaker.get_rank, ALL))
        if run_pass(breaker, ALL, broken) != set(ALL) - broken:
            assert set(filter(breaker.get_rank, ALL)) > known
    assert run_pass(breaker, ALL, broken) == set(ALL) - broken


@given(SETS, SETS)
def test_the_healthy_are_asked_whoever_was_broken_before(before, broken):
    breaker = Breaker(Clock())
    for _pass in ALL:
        run_pass(breaker, ALL, before)
    for _pass in ALL:
        run_pass(breaker, ALL, broken)
    assert run_pass(breaker, ALL, broken) == set(ALL) - broken


def test_threads_find_one_request_alone(breaker):
    barrier = threading.Barrier(16)
    admissions = []

    def run():
        barrier.wait()
        admissions.append(breaker.admit("ponto", object()))

    threads = [threading.Thread(target=run) for _number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (admissions.count(GO), admissions.count(WAIT)) == (1, 15)
