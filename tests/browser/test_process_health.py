"""Process health in a real browser: on a phone, on a wide screen, in the dark, and on one sheet of paper."""

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from escalation.people.models import Membership, User
from escalation.policies.models import Policy, PolicyStep
from incidents.models import DrillRun, Incident, Problem, Service, Summary, TrainingGoal
from tests.drill_kit import plan
from tests.escalation.test_schedules import make_schedule
from tests.organisation import person
from tests.parts import share

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]
LONG = "of the second data centre in the north of the country and of all that hangs on it there, day and night"


@pytest.fixture
def too_much(cast, clock, open_incident):
    """More of everything than fits, all of it with names as long as they may be."""
    team = cast.teams["Service desk"]
    team.name = f"Service desk {LONG}"[:80]
    team.save()
    now = clock.now()
    crew = [
        person(f"Maximiliane{n} von Hohenlohe-Langenburg-Schillingsfürst", email=f"m{n}@example.com") for n in range(12)
    ]
    Membership.objects.bulk_create(Membership(team=team, user=one, role="agent", joined_at=now) for one in crew)
    for n in range(9):
        rota = make_schedule(f"Nights {n} {LONG}"[:80], team=team, people=[crew[n]], hours="Mon-Fri 09:00-17:00")
        rota.tiers.add(cast.tiers["l1"])
    TrainingGoal.objects.create(team=team, days=30)
    cast.service.team = team
    cast.service.save()
    for n in range(3):
        policy = Policy.objects.create(name=f"Path {n} {LONG}"[:80])
        Service.objects.create(name=f"Part {n} {LONG}"[:80], team=team, policy=policy)
        for position in range(n):
            PolicyStep.objects.create(policy=policy, position=position, tier=cast.tiers["l1"]).people.set([crew[n]])
    for n in range(9):
        one = open_incident(f"Trouble number {n} " + " ".join(f"{word}{n}" for word in LONG.split())[:180])
        one.resolve(by=cast.ana, cause="software", text="Restarted it")
        about = {"title": f"Problem {n} {LONG} {LONG}"[:200], "owner": crew[n], "team": team}
        problem = Problem.begin(Incident.objects.get(pk=one.pk), by=cast.ana, **about)
        problem.add_action(by=cast.ana, what=f"{n} {LONG} {LONG}", owner=crew[n], due=now.date() + timedelta(days=1))
        problem.fix(by=cast.ana, at=clock.now())
        open_incident(one.title)
        open_incident(one.title)
    clock.jump(days=40)
    for n in range(5):
        drill = plan(cast, by=cast.ada, title=f"{n} {LONG}"[:150], day=clock.now().date() + timedelta(days=3))
        DrillRun.objects.create(drill=drill, occurrence=clock.now() - timedelta(days=n), why_not="maintenance")
    Summary.objects.update(warned_s=60, hesitated=True, resolved_on=clock.now().date())
    User.objects.update(time_zone="Australia/Lord_Howe")
    return team


def pages(pdf: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page[^s]", pdf))


@pytest.mark.parametrize("kind", share(["too much", "little"], 2))
def test_it_prints_on_one_sheet_of_paper(kind, at, cast, clock, request):
    if kind == "too much":
        request.getfixturevalue("too_much")
    page = at(cast.sam, "/process/?weeks=4")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Process health: Service desk")
    if kind == "too much":
        expect(page.locator(".part")).to_have_count(7)
        expect(page.get_by_text(re.compile(r"^and \d+ more")).first).to_be_visible()
    pdf = page.pdf(prefer_css_page_size=True)
    assert pages(pdf) == 1
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf)
    assert box is not None
    assert [round(float(side)) for side in box.groups()] == [595, 842]  # points: A4, upright


@pytest.mark.parametrize(("width", "scheme"), share([(390, "dark"), (1360, "light"), (1920, "dark")], 3))
def test_anybody_can_read_it_wherever_they_are(width, scheme, at, cast, too_much):
    page = at(cast.sam, "/process/", width=width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it is wider than the window"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_by_keyboard_from_the_menu_to_a_part_and_to_the_week_before(at, cast, clock):
    page = at(cast.sam, "/")
    page.locator("#menu > summary").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Process health").press("Enter")
    page.get_by_role("link", name="Readiness act").press("Enter")
    expect(page).to_have_url(re.compile(r"#readiness$"))
    page.get_by_role("link", name="Earlier").press("Enter")
    expect(page.get_by_text("17 – 23 February 2026, compared with the week before.")).to_be_visible()
    expect(page.get_by_role("link", name="Later")).to_be_visible()
