"""Guests: an address, compared without case, is one guest; addresses never stand in a refusal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.model import Guest
from syncd.rules import guests
from syncd.rules.refusal import Refused

GOOD = [
    "gus@example.com",
    "Gus.Tav+tag@sub.example.co.uk",
    "a@b",
    "o'brien@example.com",
    "zoë@bücher.example",
    "x" * 242 + "@example.com",
]
BAD = [
    "",
    "gus",
    "@example.com",
    "gus@",
    "a@b@c",
    "gus tav@example.com",
    "gus@exam\nple.com",
    "gus@example.com\r\nBcc: x@y",
    "gus@example.com,other",
    "Gus <gus",
    "gus\u202e@example.com",
    "gus\u00a0@example.com",
    "gus\x00@example.com",
    "x" * 243 + "@example.com",
]


@pytest.mark.parametrize("address", GOOD)
def test_addresses_that_can_be_one(address: str) -> None:
    assert guests.checked(Guest("Gus", f" {address} ")).email == address


@pytest.mark.parametrize("address", BAD)
def test_addresses_that_can_not(address: str) -> None:
    with pytest.raises(Refused) as refusal:
        guests.checked(Guest("Gus", address))
    assert "not a mail address" in refusal.value.message
    assert len(address) < 2 or address not in refusal.value.message + refusal.value.hint


def test_names_and_tags_are_cleaned_and_bounded() -> None:
    guest = guests.checked(Guest("Gus\r\nBcc: x\u202e", "gus@example.com", " nl ", "\x00"))
    assert guest == Guest("Gus Bcc: x", "gus@example.com", "nl", None)
    assert len(guests.checked(Guest("x" * 120, "gus@example.com")).name) == 120
    with pytest.raises(Refused, match="name is longer than 120"):
        guests.checked(Guest("x" * 121, "gus@example.com"))


def test_a_further_guest_comes_last() -> None:
    anna, bert = Guest("Anna", "anna@example.com"), Guest("Bert", "bert@example.com")
    assert guests.invited((anna,), bert) == (anna, bert)


@pytest.mark.parametrize(
    ("told", "stands"),
    [
        (Guest("Anna", "ANNA@Example.com"), Guest("Anna", "anna@example.com", "nl", "Europe/Amsterdam")),
        (Guest("Anne", "anna@example.com"), Guest("Anne", "anna@example.com", "nl", "Europe/Amsterdam")),
        (Guest("", "anna@example.com", "de"), Guest("Anna", "anna@example.com", "de", "Europe/Amsterdam")),
        (Guest("", "anna@example.com", None, "UTC"), Guest("Anna", "anna@example.com", "nl", "UTC")),
    ],
)
def test_the_same_address_is_the_same_guest_with_details_corrected(told: Guest, stands: Guest) -> None:
    anna, bert = (
        Guest("Anna", "anna@example.com", "nl", "Europe/Amsterdam"),
        Guest("Bert", "bert@example.com"),
    )
    assert guests.invited((anna, bert), told) == (stands, bert)


def test_too_many_guests_are_refused_but_a_known_one_is_still_corrected() -> None:
    many = tuple(Guest("G", f"g{number}@example.com") for number in range(guests.MOST_GUESTS))
    with pytest.raises(Refused, match="guests already"):
        guests.invited(many, Guest("One more", "more@example.com"))
    assert guests.invited(many, Guest("H", "G0@example.com"))[0] == Guest("H", "g0@example.com")


def test_same_guests_whatever_the_order_and_case() -> None:
    anna, bert = Guest("Anna", "anna@example.com"), Guest("Bert", "bert@example.com")
    assert guests.same_guests([anna, bert], [bert, Guest("Anna", "Anna@Example.com")])
    assert not guests.same_guests([anna], [anna, bert])
    assert not guests.same_guests([anna], [Guest("Anne", "anna@example.com")])


people = st.lists(
    st.builds(
        Guest, st.sampled_from(["", "Anna", "Anne"]), st.sampled_from(["a@x", "A@X", "b@x", "B@x", "c@x"])
    ),
    max_size=12,
)


@given(people)
def test_each_address_once_in_the_order_of_first_mention(invited: list[Guest]) -> None:
    gathered = guests.gathered(invited)
    assert [guests.identity(one) for one in gathered] == list(dict.fromkeys(map(guests.identity, invited)))
    for one in gathered:
        told = [
            name
            for guest in invited
            if guests.identity(guest) == guests.identity(one) and (name := guest.name)
        ]
        assert one.name == (told[-1] if told else "")


@given(people, people)
def test_inviting_again_what_is_there_changes_nothing(first: list[Guest], second: list[Guest]) -> None:
    gathered = guests.gathered([*first, *second])
    again = gathered
    for guest in gathered:
        again = guests.invited(again, guest)
    assert again == gathered


def test_a_misspelt_address_is_replaced_and_what_is_known_of_the_person_stays():
    wrong, other = Guest("Gus", "gsu@example.com", "nl", "Europe/Paris"), Guest("Zoe", "zoe@example.com")
    right = guests.replaced((wrong, other), "GSU@example.com ", Guest("", "gus@example.com"))
    assert right == (Guest("Gus", "gus@example.com", "nl", "Europe/Paris"), other)
    assert guests.replaced(right, "gsu@example.com", Guest("", "gus@example.com")) == right, "once is enough"
    assert guests.replaced((wrong, other), "gsu@example.com", Guest("Z", "zoe@example.com")) == (
        Guest("Z", "zoe@example.com"),
    )
    with pytest.raises(Refused, match="no guest has the address") as refused:
        guests.replaced((wrong,), "nobody@example.com", Guest("", "gus@example.com"))
    assert "@" not in refused.value.message
