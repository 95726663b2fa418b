"""Who works in the sample organisation, and which accounts a visitor may step into. Names only."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

DOMAIN = "example.com"

PEOPLE = {  # first name: full name, time zone
    "ana": ("Ana Ruiz", "Europe/Madrid"),
    "jo": ("Jo Okafor", "Europe/London"),
    "lena": ("Lena Fischer", "Europe/Berlin"),
    "sam": ("Sam Reyes", "Europe/Madrid"),
    "mei": ("Mei Tanaka", "Asia/Tokyo"),
    "idris": ("Idris Haddad", "Europe/Paris"),
    "kim": ("Kim Berg", "Europe/Oslo"),
    "tom": ("Tom Adeyemi", "Africa/Lagos"),
    "priya": ("Priya Nair", "Asia/Kolkata"),
    "noor": ("Noor Jansen", "Europe/Amsterdam"),
    "ines": ("Ines Moreau", "Europe/Paris"),
    "rita": ("Rita Sol", "Europe/Lisbon"),
    "ada": ("Ada Lund", "Europe/Stockholm"),
}
TEAMS = {  # team: its agents, its supervisors
    "Service desk": (["ana", "jo", "lena"], ["sam"]),
    "Applications": (["mei", "idris"], ["kim"]),
    "Platform": (["tom", "priya"], []),
    "Engineering": (["noor"], []),
    "Managers": (["ines"], []),
    "Facilities": (["rita"], []),
}
SKILLS = {  # skill: kind, who holds it
    "PCI access": ("access", ["mei", "kim"]),
    "Production database": ("access", ["tom", "priya"]),
    "Network": ("ability", ["priya", "tom"]),
    "Java": ("ability", ["idris", "noor"]),
    "May stop a release": ("authority", ["kim", "ines"]),
}


NEEDS = {  # service: what it needs of whoever works on it
    "Payments": ["PCI access"],
    "Identity": ["Production database"],
    "Network": ["Network"],
    "Orders": ["Java"],
}


def email(first: str) -> str:
    return f"{first}@{DOMAIN}"


class Login(NamedTuple):
    """An account that the sign-in page offers."""

    label: str
    email: str
    password: str
    what: object


LOGINS = [
    Login("Ana Ruiz", email("ana"), "ana-has-the-baton", _("agent on the service desk: is called, works, hands over")),
    Login("Sam Reyes", email("sam"), "sam-keeps-the-pace", _("supervisor of the service desk: watches, reassigns")),
    Login("Ada Lund", email("ada"), "ada-sets-the-table", _("admin: people, teams, tiers, policies, sources")),
]
VISITORS = frozenset(login.email for login in LOGINS)  # the colleagues' life never acts for these
