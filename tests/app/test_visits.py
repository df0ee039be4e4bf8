"""Who is here: what a look-up does not do, what a desk weighs, who gives way."""

import threading

import numpy as np
import pytest
import torch
from PIL import Image

from demos.desks import visits
from demos.desks.visits import Room, Turns, Visits, machine_memory, weigh

HEAVY = 1000


def settled(tab: Visits[object], page: str, weight: int = HEAVY) -> visits.Visit[object]:
    """A page with a desk of some weight, after its work."""
    visit = tab.arrive(page)
    visit.put(torch.zeros(weight, dtype=torch.uint8))
    with tab.room.at_work(visit):
        pass
    return visit


def test_to_look_somebody_up_changes_nothing_for_anybody() -> None:
    tab: Visits[object] = Visits(Room(3 * HEAVY))
    mine = settled(tab, "mine")
    for i in range(10_000):
        assert tab.find(f"made up {i}") is None
    assert len(tab.room) == 1
    assert tab.find("mine") is mine
    assert mine.desk is not None
    assert tab.leave("never seen") is None


def test_desks_of_all_tabs_share_one_budget_and_the_longest_unused_gives_way() -> None:
    room = Room(2 * HEAVY)
    hints, words = Visits[object](room), Visits[object](room)
    first, second = settled(hints, "a"), settled(words, "a")
    turn = second.turn
    assert hints.find("a") is first  # seen again, so the other one is to go
    settled(hints, "b")
    assert room.held() == 2 * HEAVY
    assert first.desk is not None
    assert (second.desk, second.gone) == (None, True)
    assert second.turn != turn, "what still ran for it is out of date"
    assert words.find("a") is second, "the page is still known, so that it can be told"


def test_whoever_is_at_work_does_not_give_way() -> None:
    tab: Visits[object] = Visits(Room(HEAVY))
    busy = settled(tab, "busy")
    with tab.room.at_work(busy):
        settled(tab, "other")
        assert busy.desk is not None
    assert busy.desk is not None, "nor at the end of the work, which is the last that was done"
    assert tab.find("other").gone  # type: ignore[union-attr]


def test_one_that_is_too_heavy_alone_stays_alone() -> None:
    tab: Visits[object] = Visits(Room(HEAVY))
    small, huge = settled(tab, "small", 10), settled(tab, "huge", 5 * HEAVY)
    assert huge.desk is not None
    assert small.gone


def test_what_a_visitor_cleared_is_not_gone() -> None:
    tab: Visits[object] = Visits(Room(HEAVY))
    visit = settled(tab, "a")
    visit.put(None)
    settled(tab, "b")
    assert not visit.gone


def test_pages_without_a_desk_are_forgotten_when_they_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits, "MOST", 3)
    tab: Visits[object] = Visits(Room(HEAVY))
    kept = settled(tab, "kept")
    for i in range(10):
        tab.arrive(f"{i}")
    assert len(tab.room) <= 4
    assert tab.find("kept") is kept


def test_what_hangs_on_a_desk_is_weighed_once_and_models_not_at_all() -> None:
    class Desk:
        def __init__(self) -> None:
            self.photo = torch.zeros(3, 10, 10, dtype=torch.uint8)
            self.part = self.photo[:, :5]  # the same memory
            self.array = np.zeros((4, 4), np.float32)
            self.picture = Image.new("RGB", (7, 3))
            self.found = {"text": ["x" * 50, None]}
            self.again = self
            self.network = torch.nn.Linear(100, 100)
            self.lock = threading.Lock()

    assert weigh(Desk()) == 300 + 64 + 63 + 50 + len("text")
    assert weigh(None) == 0


def test_the_budget_is_a_part_of_the_machine() -> None:
    assert Room().budget == machine_memory() // visits.SHARE
    assert machine_memory() > 1e8


def test_turns_come_in_the_order_in_which_they_were_asked_for_and_between_two_of_one_is_anothers() -> None:
    turns, order, begun = Turns(), [], threading.Event()

    def much() -> None:
        for i in range(3):
            with turns.mine():
                order.append(f"much {i}")
                begun.set()
                if i == 0:
                    waiting.wait(10)

    waiting = threading.Event()
    first = threading.Thread(target=much)
    first.start()
    begun.wait(10)

    def little() -> None:
        with turns.mine():
            order.append("little")

    second = threading.Thread(target=little)
    second.start()
    while len(turns) < 2:
        pass
    waiting.set()
    first.join(10)
    second.join(10)
    assert order == ["much 0", "little", "much 1", "much 2"]
