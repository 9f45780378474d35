"""The people of the sample day: all made up. Numbers are Ofcom's drama ranges, domains are reserved ones.

Postcodes have a real area and a district that does not exist, so no letter box has one.
"""

from __future__ import annotations

import unicodedata
from typing import Any

FORCE = "Northmoor Police"


def ascii_name(name: str) -> str:
    """Return ``name`` as it stands in an email address: small ASCII letters, words joined by dots."""
    plain = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l"))
    words = plain.encode("ascii", "ignore").decode().lower().replace("'", "").replace("-", "").split()
    return ".".join(words)


_NUMBER_STYLES = (
    "07700 900{:03}",
    "07700 900 {:03}",
    "+44 7700 900{:03}",
    "+44 (0)7700 900{:03}",
    "0044 7700 900{:03}",
    "07700-900-{:03}",
)


def mobile(number: int) -> str:
    """Return drama number 07700 900``number`` in one of the ways people write it."""
    return _NUMBER_STYLES[number % len(_NUMBER_STYLES)].format(number)


def landline(number: int) -> str:
    """Return drama number 01632 960``number``."""
    return f"01632 960{number:03}"


def _staff(staff_id: str, name: str, number: int, *shifts: str, rank: str = "") -> dict[str, Any]:
    return {
        "id": staff_id,
        "name": f"{rank} {name}".strip(),
        "email": f"{ascii_name(name)}@police.example",
        "phone": landline(number),
        "next_shifts": list(shifts),
    }


_EARLY = ("Tue 07:00-15:00", "Wed 07:00-15:00", "Thu 07:00-15:00")
_DAY = ("Tue 09:00-17:00", "Wed 09:00-17:00", "Fri 09:00-17:00")
_LATE = ("Tue 14:00-22:00", "Wed 14:00-22:00", "Thu 14:00-22:00")
_NIGHT = ("Tue 22:00-06:00", "Wed 22:00-06:00")

NEIGHBOURHOOD = {
    "supervisor": _staff("sup-1", "Hannah Okafor", 11, *_DAY, rank="Sgt"),
    "unit": _staff("unit-1", "Neighbourhood Investigation", 10),
}
SAFEGUARDING = {
    "supervisor": _staff("sup-2", "Rhiannon Vaughan", 21, *_DAY, rank="DS"),
    "unit": _staff("unit-2", "Safeguarding", 20),
}
SERIOUS_CRIME = {
    "supervisor": _staff("sup-3", "Marcus Adeyemi", 31, *_DAY, rank="DI"),
    "unit": _staff("unit-3", "Serious Crime", 30),
}

SHAH = _staff("off-01", "Priya Shah", 101, *_EARLY, rank="PC")
HARGREAVES = _staff("off-02", "Tom Hargreaves", 102, *_DAY, rank="PC")
BRENNAN = _staff("off-03", "Aoife Brennan", 103, *_LATE, rank="PC")
KOWALCZYK = _staff("off-04", "Ewa Kowalczyk", 104, *_EARLY, rank="DC")
MALIK = _staff("off-05", "Imran Malik", 105, *_DAY, rank="DC")
PUGH = _staff("off-06", "Carys Pugh", 106, *_NIGHT, rank="PC")
MENSAH = _staff("off-07", "Daniel Mensah", 107, *_DAY, rank="DC")
FENWICK = _staff("off-08", "Lucy Fenwick", 108, *_LATE, rank="DC")

TEAM_OF = {
    **{officer["id"]: NEIGHBOURHOOD for officer in (SHAH, HARGREAVES, BRENNAN)},
    **{officer["id"]: SAFEGUARDING for officer in (KOWALCZYK, MALIK, PUGH)},
    **{officer["id"]: SERIOUS_CRIME for officer in (MENSAH, FENWICK)},
}

# Given and family name, and the title; the order decides each person's number and street.
VICTIMS = {
    "Siân Prydderch": "Ms",
    "Chidi Okonkwo": "Mr",
    "Åsa Lindqvist": "Mrs",
    "Dorothy Featherstone": "Mrs",
    "Harish Desai": "Mr",
    "Tereza Novák": "Ms",
    "Blessing Abara": "Mrs",
    "Samuel Abara": "Mr",
    "Zoë Hartley-Quinn": "Ms",
    "Amara Nwosu": "Ms",
    "Yusuf Demir": "Mr",
    "Katarzyna Wójcik": "Mrs",
    "Rhodri Llywelyn": "Mr",
    "Femi Adebayo": "Mr",
    "Mei-Ling Cho": "Ms",
    "Jakub Černý": "Mr",
    "Derek Thistlethwaite": "Mr",
    "Parveen Akhtar": "Mrs",
    "Łukasz Zieliński": "Mr",
    "Magda Zielińska": "Ms",
    "Irena Zielińska": "Mrs",
    "Bronwen Tudur": "Mrs",
    "Björn Halvorsen": "Mr",
    "Nadia Benali": "Ms",
    "Callum Ferguson": "Mr",
    "Thi Mai Tran": "Mrs",
    "Gareth Pritchard": "Mr",
    "Sofia Papadopoulou": "Ms",
    "Ernest Whitcombe": "Mr",
    "Shanthi Fernando": "Mrs",
    "Oluwaseun Bakare": "Mr",
    "Margaret Illingworth": "Miss",
    "Viktor Petrenko": "Mr",
    "Leila Haddad": "Ms",
    "Niamh O'Rourke": "Ms",
    "Tobias Wrenfield": "Mr",
    "Olwen Gethin": "Mrs",
    "Ravi Subramanian": "Dr",
    "Joseph Mbeki": "Mr",
    "Charlotte Beaumont": "Ms",
    "Andrzej Nowak": "Mr",
    "Inês Carvalho": "Mrs",
    "Paulo Carvalho": "Mr",
    "Marta Carvalho": "Ms",
    "Kwame Boateng": "Mr",
    "Delyth Rowlands": "Ms",
    "Soraya Rahimi": "Mrs",
    "Jerome Baptiste": "Mr",
    "Fatou Diallo": "Ms",
    "Henrik Sørensen": "Mr",
    "Emyr Bowen": "Mr",
    "Alice Nakamura": "Ms",
    "Gurpreet Sandhu": "Mr",
    "Rosalind Achterberg": "Mrs",
    "Dimitri Ivanov": "Mr",
    "Hye-jin Park": "Ms",
    "Moses Kiprop": "Mr",
    "Catrin Ellis-Vaughan": "Ms",
    "Ifeoma Chukwu": "Mrs",
    "Halima Rahman": "Mrs",
    "Aleksandra Petrova": "Ms",
    "Kofi Asante-Reid": "Mr",
}

STREETS = (
    ("Tannery Lane", "Rivermouth", "SY98 3QT"),
    ("Quillmaker Street", "Rivermouth", "SY98 1DA"),
    ("Old Ropewalk", "Northmoor", "HR97 2BW"),
    ("Larkpit Close", "Northmoor", "HR97 4NS"),
    ("Stryd y Felin Goch", "Llanfair Bryn", "LD92 4HN"),
    ("Beacon Terrace", "Llanfair Bryn", "LD92 1TX"),
    ("Harbour Row", "Rivermouth", "SY98 7PE"),
)
